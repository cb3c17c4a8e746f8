// Records of `rejected` and `late` (formats.md 2): one JSON object each. What lies there was not
// counted, and says why (W8).
import { utf8 } from '../std/bytes.ts'
import { decodeJson, shape, type JsonFault } from './json-shape.ts'

/** Bytes that could not be read, from the outside or from the log. */
export type RejectedRecord = {
  readonly v: 1
  readonly at: number
  /** As `file:access.ndjson`, and where in it, as `line 812`. */
  readonly source: string
  readonly position: string
  readonly reason: string
  /** How many bytes were refused; the first 256 of them are the sample, in base64. */
  readonly bytes: number
  readonly sample: string
}

/** One row that came after every correction horizon of the monitors named (W8). */
export type LateRecord = {
  readonly v: 1
  readonly at: number
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly ts: number
  readonly watermark: number
  readonly monitors: readonly string[]
  /** The row's JSON text as it was read. */
  readonly row: string
}

/** The value of a record of `rejected`. */
export const encodeRejected = (record: RejectedRecord): Uint8Array => utf8(JSON.stringify(record))

/** The value of a record of `late`: the row stands in it as an object, as text where it is none. */
export function encodeLate(record: LateRecord): Uint8Array {
  const { row, ...rest } = record
  return utf8(JSON.stringify({ ...rest, row: parsedOr(row) }))
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}

const isLate = shape.object<Omit<LateRecord, 'row'>>({
  v: shape.one(1),
  at: shape.integer,
  topic: shape.text,
  partition: shape.count,
  offset: shape.count,
  ts: shape.integer,
  watermark: shape.integer,
  monitors: shape.list(shape.text),
})

/** Reads a record of `late`, its row as JSON text again, or says why it is none. */
export function decodeLate(
  bytes: Uint8Array,
):
  | { readonly ok: true; readonly late: LateRecord }
  | { readonly ok: false; readonly reason: JsonFault } {
  const parsed = decodeJson(bytes, isLate)
  if (!parsed.ok) return parsed
  const row: unknown = 'row' in parsed.value ? parsed.value.row : undefined
  if (row === undefined) return { ok: false, reason: 'shape' }
  const text = typeof row === 'string' ? row : JSON.stringify(row)
  return { ok: true, late: { ...parsed.value, row: text } }
}
