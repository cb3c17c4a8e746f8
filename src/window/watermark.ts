/** The watermark of a source after an accepted event time: the greatest so far (W5). */
export const advance = (watermark: number, ts: number): number => (ts > watermark ? ts : watermark)

/**
 * Whether a row claims to come from the future: its event time is more than `skewMs` ahead of the
 * record's own time in the log, so that it moves no watermark (W9).
 */
export const isSkewed = (ts: number, appendedAt: number, skewMs: number): boolean =>
  ts > appendedAt + skewMs

/** Before the first row of a source. */
export const WATERMARK_NONE = -Infinity

/** How far all of some sources have come: the least watermark, or none where there are none. */
export function leastOf(watermarks: Iterable<number>): number {
  let least = Infinity
  for (const each of watermarks) least = Math.min(least, each)
  return least === Infinity ? WATERMARK_NONE : least
}
