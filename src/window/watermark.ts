/** What a row did to its source's watermark. */
export type WatermarkStep = {
  /** The watermark now, epoch ms; it never moves back (W5). */
  readonly watermark: number
  /** The row claimed to come from the future, so it moved nothing (W9). */
  readonly isSkewed: boolean
}

/**
 * The watermark of a source after a row or heartbeat (W5): the greatest event time so far, except
 * that a row more than `skewMs` ahead of the record's own time in the log moves nothing (W9).
 */
export function advance(
  watermark: number,
  row: { readonly ts: number; readonly appendedAt: number },
  skewMs: number,
): WatermarkStep {
  if (row.ts > row.appendedAt + skewMs) return { watermark, isSkewed: true }
  return { watermark: Math.max(watermark, row.ts), isSkewed: false }
}

/** Before the first row of a source. */
export const WATERMARK_NONE = -Infinity

/** How far all of some sources have come: the least watermark, or none where there are none. */
export function leastOf(watermarks: Iterable<number>): number {
  let least = Infinity
  for (const each of watermarks) least = Math.min(least, each)
  return least === Infinity ? WATERMARK_NONE : least
}
