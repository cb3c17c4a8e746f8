/**
 * What is known of a batch's rows beside their fields; arrays are indexed by row and hold something
 * for the folded rows alone. Reused: valid until the next batch is judged.
 */
export type RowFacts = {
  /** The rows to fold, rising: `rows[0 … count)`. No heartbeat, repeat or unreadable row. */
  readonly rows: Int32Array
  readonly count: number
  /** Its source's watermark when the row was reached, itself included (W7). */
  readonly watermarks: Float64Array
  /** Number of its site. */
  readonly sites: Int32Array
  /** What it stands for (S2), or undefined where each row of the batch stands for itself. */
  readonly weights: Float64Array | undefined
  /** Its cluster (Z18), where its weight is not 1. */
  readonly clusters: Int32Array
  /** Whether any row is marked `spread` (C2). */
  readonly hasSpread: boolean
  /** When the log took it, epoch ms. */
  readonly times: Float64Array
  /** Grows by one a batch. */
  readonly serial: number
  /** When the batch was read, epoch ms. */
  readonly readAt: number
  /** Where each site's source stands behind the batch, by number of the site. */
  readonly sources: readonly { readonly watermark: number }[]
}
