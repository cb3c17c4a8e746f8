import { sliceVerdict, type SliceVerdict } from '../../window/slice-verdict.ts'
import type { Slice } from './slice.ts'

type Horizon = Parameters<typeof sliceVerdict>[2]

/** The slices of one site that still take rows, in order of their start. */
export class SiteSlices {
  /** Oldest first. */
  readonly all: Slice[] = []
  /** Those with slots that changed since they left, in order of their first change. */
  changed: Slice[] = []
  /** How many at the front are known to be closed; the next ones may be, if they came late. */
  closedCount = 0
  readonly #horizon: Horizon

  constructor(horizon: Horizon) {
    this.#horizon = horizon
  }

  /** The slice that starts here, or undefined. */
  at(start: number): Slice | undefined {
    const found = this.all[this.#behind(start) - 1]
    return found?.start === start ? found : undefined
  }

  insert(slice: Slice): void {
    this.all.splice(this.#behind(slice.start), 0, slice)
  }

  /** Whether a watermark closes a slice or has passed the correction of one. */
  isMovedBy(watermark: number): boolean {
    const next = this.all[this.closedCount]
    if (next !== undefined && this.verdict(next, watermark) !== 'open') return true
    const oldest = this.all[0]
    return oldest !== undefined && this.verdict(oldest, watermark) === 'lost'
  }

  verdict({ end }: Slice, watermark: number): SliceVerdict {
    return sliceVerdict(end, watermark, this.#horizon)
  }

  /** The next slice that this watermark closes, now counted as closed; undefined without any. */
  takeClosing(watermark: number): Slice | undefined {
    const next = this.all[this.closedCount]
    if (next === undefined || this.verdict(next, watermark) === 'open') return undefined
    this.closedCount++
    return next
  }

  /** Removes the oldest slice if the watermark has passed its correction. */
  takeGone(watermark: number): Slice | undefined {
    const oldest = this.all[0]
    if (oldest === undefined || this.verdict(oldest, watermark) !== 'lost') return undefined
    this.all.shift()
    this.closedCount--
    return oldest
  }

  /** How many start at or before an instant. */
  #behind(start: number): number {
    const all = this.all
    let high = all.length
    if (high > 0 && all[high - 1]!.start <= start) return high
    let low = 0
    while (low < high) {
      const middle = (low + high) >>> 1
      if (all[middle]!.start <= start) low = middle + 1
      else high = middle
    }
    return low
  }
}
