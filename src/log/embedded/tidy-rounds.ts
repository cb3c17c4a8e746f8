import { compact } from './compaction.ts'
import type { LogHouse, PartitionLog } from './partition-log.ts'
import { applyRetention } from './retention.ts'

/** Every so often seals old segments, drops what retention says, and compacts. */
export class TidyRounds {
  readonly #house: LogHouse
  readonly #partitions: () => readonly PartitionLog[]
  /** Why the last round that failed did; the counter says how many. */
  failure: unknown

  constructor(house: LogHouse, partitions: () => readonly PartitionLog[]) {
    this.#house = house
    this.#partitions = partitions
  }

  /** Until the signal aborts and the partition in hand is done. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, limits } = this.#house
    while (!signal.aborted) {
      await clock.sleep(limits.maintainMs, signal)
      for (const partition of this.#partitions()) {
        if (!signal.aborted) await this.#tidy(partition)
      }
    }
  }

  async #tidy(partition: PartitionLog): Promise<void> {
    try {
      await partition.rollIfOlder(this.#house.limits.segmentMs)
      await applyRetention(this.#house, partition)
      await compact(this.#house, partition)
    } catch (error) {
      // Nothing is lost by trying again later: the next round begins with what is there.
      this.#house.counters.maintenanceFailures++
      this.failure = error
      return
    }
  }
}
