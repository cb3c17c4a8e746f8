import type { LogRecord } from '../../../src/log/log.ts'
import type { HandlingCommand } from '../../../src/model/command.ts'
import type { Step } from '../../../src/model/step.ts'
import type { Prng } from '../../../src/std/prng.ts'
import { commandKey, encodeCommand } from '../../../src/wire/command-codec.ts'
import type { Acked, LedgerReader } from '../check/ledger.ts'
import { WORLD_BEGAN_AT } from '../core/process-clock.ts'
import { between } from '../core/seed.ts'
import type { Outside } from './outside.ts'

const RETRY_MS = 700
const TWICE_SHARE = 0.1

/** Somebody on duty: sees alerts fire, takes some of them on, and now and then lets go again. */
export class Person implements LedgerReader {
  readonly #outside: Outside
  readonly #random: Prng
  readonly #beside: (work: Promise<void>) => void
  #commandCount = 0

  /** `beside` runs what a person does next to all else. */
  constructor(outside: Outside, random: Prng, beside: (work: Promise<void>) => void) {
    this.#outside = outside
    this.#random = random
    this.#beside = beside
  }

  acked({ topic, rows }: Acked): void {
    if (topic !== 'transitions') return
    for (const { value } of rows) {
      const { step, episode, at } = JSON.parse(new TextDecoder().decode(value)) as Step
      if (step !== 'firing' || this.#random.next() < 0.4) continue
      this.#beside(this.#handle(episode, at))
    }
  }

  async #handle(target: string, seenAt: number): Promise<void> {
    const random = this.#random
    await this.#outside.wait(between(random, 300, 6_000))
    const isBrief = random.next() < 0.4
    const until = isBrief ? seenAt + between(random, 3_000, 20_000) : null
    await this.#ask({ kind: 'ack', target, until })
    if (random.next() < 0.6) return
    await this.#outside.wait(between(random, 500, 5_000))
    await this.#ask({ kind: 'unack', target, until: null })
  }

  /** Until the log has it; one that was taken twice has one id (A50). */
  async #ask(asked: Pick<HandlingCommand, 'kind' | 'target' | 'until'>): Promise<void> {
    const id = `command-${++this.#commandCount}`
    const command: HandlingCommand = {
      v: 1,
      id,
      at: WORLD_BEGAN_AT,
      by: 'noc',
      comment: '',
      ...asked,
    }
    const record = { key: commandKey(command), value: encodeCommand(command) }
    while (!(await this.#append(record))) await this.#outside.wait(RETRY_MS)
    this.#outside.tally.add(`command ${command.kind}`)
    if (this.#random.next() < TWICE_SHARE && (await this.#append(record))) {
      this.#outside.tally.add('command sent twice')
    }
  }

  async #append(record: LogRecord): Promise<boolean> {
    const { process } = this.#outside
    if (process?.log === undefined) return false
    const appended = process.log.append('commands', [record]).then(
      () => true,
      () => false,
    )
    return (await Promise.race([appended, process.ended])) ?? false
  }
}
