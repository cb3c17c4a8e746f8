type Entry = {
  readonly endByPartition: ReadonlyMap<number, number>
  readonly watermarkByPartition: ReadonlyMap<number, number>
}

/** So many batches are remembered; where there are more, every second of the older ones goes. */
const ENTRIES_MAX = 2_048

/**
 * Where every row that can still change a pane can be had again, from what committed batches said:
 * behind an entry's offsets lies no row older than the entry's watermark.
 */
export class PositionRing {
  readonly #reachMs: number
  #entries: Entry[] = []

  /** `reachMs`: how far behind the watermark of its source a slice can still change (D + E). */
  constructor(reachMs: number) {
    this.#reachMs = reachMs
  }

  get size(): number {
    return this.#entries.length
  }

  /** A batch was committed; the watermarks are those of all rows before its end. */
  add(ends: ReadonlyMap<number, number>, watermarks: ReadonlyMap<number, number>): void {
    this.#entries.push({
      endByPartition: new Map(ends),
      watermarkByPartition: new Map(watermarks),
    })
    if (this.#entries.length <= ENTRIES_MAX) return
    const half = this.#entries.length >> 1
    this.#entries = this.#entries.filter((_, i) => i >= half || i % 2 === 0)
  }

  /** By partition: the newest offset that is safe now; a partition without one is left out. */
  positions(watermarks: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
    const found = new Map<number, number>()
    let oldestNeeded = this.#entries.length - 1
    for (const [partition, watermark] of watermarks) {
      const at = this.#newest(partition, watermark - this.#reachMs)
      oldestNeeded = Math.min(oldestNeeded, Math.max(0, at))
      const end = this.#entries[at]?.endByPartition.get(partition)
      if (end !== undefined) found.set(partition, end)
    }
    this.#entries.splice(0, Math.max(0, oldestNeeded))
    return found
  }

  /** The newest entry whose watermark is at most `bound`; −1 where there is none. */
  #newest(partition: number, bound: number): number {
    return this.#entries.findLastIndex(({ watermarkByPartition, endByPartition }) => {
      const watermark = watermarkByPartition.get(partition)
      return watermark !== undefined && watermark <= bound && endByPartition.has(partition)
    })
  }
}
