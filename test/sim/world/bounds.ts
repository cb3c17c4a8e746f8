import { embeddedLimits } from '../../../src/log/embedded/embedded-limits.ts'
import { Violation } from '../check/ledger.ts'
import { LIMITS, type SimProcess } from './sim-process.ts'
import type { Stage } from './stage.ts'

const EVERY_MS = 500
/** Nobody opens more than each partition's active segment, and a few for reading. */
const OPEN_FILES_MAX = 120
const SLEEPERS_MAX = 100
const CALLS_MAX = 200
/** A poisoned partition takes nothing more until somebody starts the process again (L35). */
const POISON_SEEN_MS = 4_000
const DOWN_MS = 500

/**
 * Looks at the running process every so often: whatever waits in it has a bound (D5), and where it
 * says that a partition is poisoned, an operator starts it again.
 */
export class Bounds {
  readonly #world: Stage
  #poisonedSince: { readonly process: SimProcess; readonly atUs: number } | undefined

  constructor(world: Stage) {
    this.#world = world
  }

  async watch(): Promise<void> {
    for (;;) {
      await this.#world.wait(EVERY_MS)
      const { process } = this.#world
      if (process?.embedded === undefined) continue
      this.#assertBounds(process)
      await this.#operate(process)
    }
  }

  #assertBounds({ embedded, disk, clock, progress }: SimProcess): void {
    const { queueBytesTotalMax } = { ...embeddedLimits, ...LIMITS }
    const { queueBytes = 0, quarantinedRanges = 0 } = embedded?.stats() ?? {}
    const groups = [...progress.evaluate.groups.values()].reduce((sum, count) => sum + count, 0)
    const figures = [
      ['bytes that wait to be written', queueBytes, queueBytesTotalMax],
      ['files open', disk.openCount, OPEN_FILES_MAX],
      ['disk calls under way', disk.underWayCount, CALLS_MAX],
      ['sleeps', clock.sleeperCount, SLEEPERS_MAX],
      ['groups in memory', groups, this.#world.scenario.groupsMax],
      // Nobody damages what was synced, so nothing may be found damaged.
      ['ranges of damaged bytes', quarantinedRanges, 0],
    ] as const
    for (const [what, figure, max] of figures) {
      if (figure > max) throw new Violation(`${what}: ${figure} of at most ${max}`)
    }
  }

  async #operate(process: SimProcess): Promise<void> {
    const { scheduler, tally } = this.#world
    if ((process.embedded?.stats().poisonedPartitions ?? 0) === 0) return
    if (this.#poisonedSince?.process !== process) {
      this.#poisonedSince = { process, atUs: scheduler.nowUs }
    }
    if (scheduler.nowUs - this.#poisonedSince.atUs < POISON_SEEN_MS * 1000) return
    tally.add('started again for poison')
    await this.#world.restart(DOWN_MS)
  }
}
