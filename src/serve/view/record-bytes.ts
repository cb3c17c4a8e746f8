import type { ByteColumn } from '../../model/record-columns.ts'

/** A view of one row's bytes, valid as long as its column; undefined where the row has none. */
export function columnBytes(column: ByteColumn, row: number): Uint8Array | undefined {
  const start = column.starts[row] ?? 0
  const length = column.lengths[row] ?? -1
  return length < 0 ? undefined : column.bytes.subarray(start, start + length)
}
