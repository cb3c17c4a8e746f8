import type { Watermark } from '../model/pane.ts'
import { leastOf, WATERMARK_NONE } from '../window/watermark.ts'

/** How far each way of one source has come; null: nothing came by it yet. */
export type LaneDump = readonly (number | null)[]

/** As many partitions as a log may have, on both sides of one crossing. */
const LANES_MAX = 4096

/**
 * Panes of one source that came by several ways, since logs have different numbers of partitions:
 * a window may close only when the slowest way has passed it (P6).
 */
export class LaneTable {
  /** Which lanes spoke since the source was last heard; lost with the process, which harms not. */
  readonly #fresh = new WeakMap<object, Set<number>>()

  /** How far the way of this record had come before it. */
  known(
    source: { readonly watermark: number; readonly lanes?: LaneDump },
    { lane = 0, lanes = 1 }: Watermark,
  ): number {
    if (lanes === 1) return source.watermark
    return source.lanes?.length === lanes ? (source.lanes[lane] ?? WATERMARK_NONE) : WATERMARK_NONE
  }

  /**
   * The watermark of the whole source after this record; undefined where that says nothing new: it
   * counts as heard once it moves, or once every lane has spoken again.
   */
  reached(source: { lanes?: LaneDump }, record: Watermark): number | undefined {
    const { lane = 0, lanes = 1, watermark } = record
    if (lanes === 1 || lanes > LANES_MAX || lane >= lanes) return watermark
    const known = source.lanes?.length === lanes ? source.lanes : Array(lanes).fill(null)
    const before = least(known)
    const after = known.map((at: number | null, i) =>
      i === lane ? Math.max(at ?? WATERMARK_NONE, watermark) : at,
    )
    source.lanes = after
    let fresh = this.#fresh.get(source)
    if (fresh === undefined) this.#fresh.set(source, (fresh = new Set()))
    fresh.add(lane)
    const reached = least(after)
    if (reached === WATERMARK_NONE || (reached <= before && fresh.size < lanes)) return undefined
    fresh.clear()
    return reached
  }
}

const least = (lanes: LaneDump): number => leastOf(lanes.map((at) => at ?? WATERMARK_NONE))
