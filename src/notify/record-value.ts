import type { RecordColumns } from '../model/record-columns.ts'

/** A copy of row `row`'s value, which outlives its batch; empty where the record has none. */
export function recordValue({ values }: RecordColumns, row: number): Uint8Array {
  const start = values.starts[row] ?? 0
  return values.bytes.slice(start, start + Math.max(values.lengths[row] ?? 0, 0))
}
