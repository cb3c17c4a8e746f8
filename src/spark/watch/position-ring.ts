type Entry = {
  readonly endByPartition: ReadonlyMap<number, number>
  readonly watermarkByPartition: ReadonlyMap<number, number>
}

/** A committed batch, as far as it says from where on its rows can be had again. */
type Batch = {
  /** By partition; of the first batch of a folder nothing. */
  readonly starts: ReadonlyMap<number, number>
  readonly ends: ReadonlyMap<number, number>
  /** The watermarks of its rows, and of all before them that were told. */
  readonly watermarks: ReadonlyMap<number, number>
  /** As new as any row of the batches before it can be, told of or not; absent: unknown. */
  readonly newestBeforeMs: number | undefined
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
  /** How far the batches reach that were added, without a gap from a known one on. */
  #told: ReadonlyMap<number, number> = new Map()
  /** As new as rows can be that lie in batches of which nobody told. */
  #untoldMs = -Infinity

  /** `reachMs`: how far behind the watermark of its source a slice can still change (D + E). */
  constructor(reachMs: number) {
    this.#reachMs = reachMs
  }

  get size(): number {
    return this.#entries.length
  }

  /**
   * A batch was committed. Where batches before it were missed, the watermarks know nothing of
   * their rows: what Spark itself has seen by then stands for them.
   */
  add({ starts, ends, watermarks, newestBeforeMs }: Batch): void {
    if (this.#isAfterGap(starts)) {
      if (newestBeforeMs === undefined) return
      this.#untoldMs = Math.max(this.#untoldMs, newestBeforeMs)
    }
    this.#told = new Map(ends)
    const untoldMs = this.#untoldMs
    this.#entries.push({
      endByPartition: this.#told,
      watermarkByPartition: new Map(
        Array.from(watermarks, ([partition, at]) => [partition, Math.max(at, untoldMs)]),
      ),
    })
    if (this.#entries.length <= ENTRIES_MAX) return
    const half = this.#entries.length >> 1
    this.#entries = this.#entries.filter((_, i) => i >= half || i % 2 === 0)
  }

  #isAfterGap(starts: ReadonlyMap<number, number>): boolean {
    return [...starts].some(([partition, start]) => start > (this.#told.get(partition) ?? -1))
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
