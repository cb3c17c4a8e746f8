import { utf8 } from '../../src/std/bytes.ts'
import type { RecordColumns } from '../../src/model/record-columns.ts'

/** Rows as the log would hand them out: one run of columns beginning at `base`. */
export function rowColumns(
  rows: readonly (object | string)[],
  at: { readonly base: number; readonly appendedAt: number },
): RecordColumns & { readonly base: number; readonly next: number } {
  const values = rows.map((row) => utf8(typeof row === 'string' ? row : JSON.stringify(row)))
  return valueColumns(values, {
    base: at.base,
    times: new Float64Array(rows.length).fill(at.appendedAt),
  })
}

/** The same of values as they are, each with the time at which it was appended; without keys. */
export function valueColumns(
  values: readonly Uint8Array[],
  at: { readonly base: number; readonly times: Float64Array },
): RecordColumns & { readonly base: number; readonly next: number } {
  const { length: count } = values
  const starts = new Int32Array(count)
  const lengths = new Int32Array(count)
  const bytes = new Uint8Array(values.reduce((sum, value) => sum + value.length, 0))
  let end = 0
  values.forEach((value, i) => {
    bytes.set(value, end)
    starts[i] = end
    lengths[i] = value.length
    end += value.length
  })
  const none = {
    bytes: new Uint8Array(0),
    starts: new Int32Array(count),
    lengths: new Int32Array(count).fill(-1),
  }
  return {
    base: at.base,
    next: at.base + count,
    count,
    offsets: Float64Array.from(values, (_, i) => at.base + i),
    times: at.times,
    keys: none,
    values: { bytes, starts, lengths },
  }
}
