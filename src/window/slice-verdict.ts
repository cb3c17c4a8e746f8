import type { WindowSpec } from '../model/monitor.ts'

/** Where a slice stands: takes rows, closed but still corrected, or beyond correction (W6–W8). */
export type SliceVerdict = 'open' | 'late' | 'lost'

/**
 * What becomes of a row of the slice that ends here, reached at this watermark (W7). A slice is
 * closed once watermark ≥ end + lateness, and beyond correction once it is ≥ end + lateness +
 * correction; at those very instants already.
 */
export function sliceVerdict(
  end: number,
  watermark: number,
  spec: Pick<WindowSpec, 'latenessMs' | 'correctionMs'>,
): SliceVerdict {
  const behindMs = watermark - end - spec.latenessMs
  if (behindMs < 0) return 'open'
  return behindMs < spec.correctionMs ? 'late' : 'lost'
}
