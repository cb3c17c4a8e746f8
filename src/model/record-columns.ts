/** Byte strings laid end to end in one buffer; a length of −1 means absent. */
export type ByteColumn = {
  readonly bytes: Uint8Array
  readonly starts: Int32Array
  readonly lengths: Int32Array
}

/** A view of one row's bytes, valid as long as its column; empty where the row has none. */
export const bytesOf = ({ bytes, starts, lengths }: ByteColumn, row: number): Uint8Array =>
  bytes.subarray(starts[row], starts[row]! + Math.max(0, lengths[row]!))

/**
 * Records of one partition as columns, each indexed by row, 0 ≤ row < `count`; the arrays may be
 * longer than `count`. They are pooled: valid until their owner is asked for the next run.
 */
export type RecordColumns = {
  readonly count: number
  /** Offset of each record in its partition. */
  readonly offsets: Float64Array
  /** Append time of each record, epoch ms (W9). */
  readonly times: Float64Array
  readonly keys: ByteColumn
  readonly values: ByteColumn
}
