import type { Clock } from '../../std/clock.ts'
import type { BeatInput } from '../heartbeat.ts'
import type { ReadingIntake } from '../reading-intake.ts'
import type { RecordBatch } from '../record-batch.ts'
import { matchNight, type NightOptions, type NightSecond } from './match-night.ts'

export type NightSourceOptions = {
  readonly clock: Clock
  readonly intake: ReadingIntake
  readonly batch: RecordBatch
  readonly night: NightOptions
}

/** Seconds that are made up for after a pause; what is older was never played (D5). */
const CATCH_UP_SECONDS_MAX = 10

/**
 * Plays a match night at the pace of the clock: each second's rows when it is over. `input(site)`
 * is what that site's heartbeat asks; while the site is dead it says nothing, as a stopped
 * collector would.
 */
export class MatchNightSource {
  readonly #options: NightSourceOptions
  readonly #appendedTo = new Map<string, number>()
  readonly #sites: readonly string[]
  #skippedSeconds = 0

  constructor(options: NightSourceOptions, sites: readonly string[]) {
    this.#options = options
    this.#sites = sites
  }

  /** Seconds that were left out because the machine was asleep or too slow. */
  get skippedSeconds(): number {
    return this.#skippedSeconds
  }

  input(site: string): BeatInput {
    return {
      appendedTo: () => this.#appendedTo.get(site),
      backlogBytes: () => this.#options.batch.bytes,
    }
  }

  /** @throws what the log throws; run again, it goes on at the second that it is. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, batch, night } = this.#options
    const generator = matchNight(night)
    // What an earlier run could not append goes first, so that no more waits than one second.
    await batch.flush()
    let number = Math.max(0, Math.floor((clock.now() - night.startAt) / 1000))
    while (!signal.aborted) {
      await clock.sleep(Math.max(0, night.startAt + (number + 1) * 1000 - clock.now()), signal)
      if (signal.aborted) return
      const behind = Math.floor((clock.now() - night.startAt) / 1000) - number - 1
      if (behind > CATCH_UP_SECONDS_MAX) {
        this.#skippedSeconds += behind
        number += behind
      }
      const second = generator.second(number)
      this.#add(second)
      await batch.flush()
      this.#settle(second)
      number++
    }
  }

  #add({ rows, startAt }: NightSecond): void {
    const { intake, batch } = this.#options
    for (const row of rows) {
      const admission = intake.row(row, { position: `second ${startAt}` })
      if (admission.ok && admission.record !== undefined) batch.add(admission.record)
    }
  }

  #settle({ deadSites, endAt }: NightSecond): void {
    for (const site of this.#sites) {
      if (deadSites.includes(site)) this.#appendedTo.delete(site)
      else this.#appendedTo.set(site, endAt)
    }
  }
}
