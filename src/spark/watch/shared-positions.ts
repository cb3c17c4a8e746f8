import type { Log, LogGroups } from '../../log/log.ts'
import { NocturneError } from '../../model/nocturne-error.ts'

/** The group and the topic whose positions both engines keep. */
const GROUP = 'aggregate'
const TOPIC = 'readings'

type Groups = Log & LogGroups

/**
 * Where either engine can begin so that every slice that can still change is had again (Z17): the
 * group `aggregate` of `readings`, moved while no member of our own engine is there. With several
 * sites in one topic the slowest decides.
 */
export class SharedPositions {
  readonly #log: Groups
  readonly #bySite = new Map<string, ReadonlyMap<number, number>>()
  readonly #sites: readonly string[]
  #moved = ''

  constructor(log: Groups, sites: readonly string[]) {
    this.#log = log
    this.#sites = sites
  }

  /**
   * One offset a partition, within what the log has now; where nothing is known, its start. What a
   * source of Spark is given when it begins in a new folder.
   */
  async startingOffsets(): Promise<readonly number[]> {
    const [positions, ends] = await Promise.all([
      this.#log.positions(GROUP, TOPIC),
      this.#log.ends(TOPIC),
    ])
    return ends.map((bounds, partition) => within(bounds, positions[partition]?.offset))
  }

  /** @throws AGGREGATE_ENGINE_DIFFERS while our own engine reads. */
  async assertAlone(): Promise<void> {
    await this.#moveTo(await this.startingOffsets())
  }

  /** A site needs nothing before these any more; moves the group where that changes something. */
  async advance(site: string, safe: ReadonlyMap<number, number>): Promise<void> {
    this.#bySite.set(site, safe)
    if (this.#bySite.size < this.#sites.length) return
    const before = await this.#log.positions(GROUP, TOPIC)
    const ends = await this.#log.ends(TOPIC)
    const offsets = ends.map((bounds, partition) => {
      const there = within(bounds, before[partition]?.offset)
      const all = [...this.#bySite.values()].map((each) => each.get(partition) ?? there)
      return Math.max(there, Math.min(...all))
    })
    const text = offsets.join()
    if (text === this.#moved || text === before.map((at) => at?.offset).join()) return
    await this.#moveTo(offsets)
    this.#moved = text
  }

  async #moveTo(offsets: readonly number[]): Promise<void> {
    try {
      await this.#log.moveTo(GROUP, TOPIC, offsets)
    } catch (error) {
      const isActive = error instanceof NocturneError && error.code === 'LOG_GROUP_ACTIVE'
      if (!isActive) throw error
      const detail = 'our own engine reads this topic as well'
      throw new NocturneError('AGGREGATE_ENGINE_DIFFERS', detail, { cause: error })
    }
  }
}

/** Above the end lie rows of another log of this name: all there is now is new. */
function within(
  { start, end }: { readonly start: number; readonly end: number },
  offset = start,
): number {
  return offset < start || offset > end ? start : offset
}
