// The rules that every reading is held to (formats.md 1.3), one row and one value at a time.
import {
  readingFields,
  readingLimits,
  type FaultKind,
  type FieldKind,
  type RejectReason,
} from '../model/reading.ts'
import { utf8, utf8Text } from '../std/bytes.ts'

/** A parsed row before its fields were checked: any JSON object. */
export type RawRow = Readonly<Record<string, unknown>>

/** Known fields by name: what kind a value has to be, and where it ranks. */
export const fieldByName: ReadonlyMap<string, { readonly kind: FieldKind; readonly rank: number }> =
  new Map(readingFields.map((field) => [field.name, field]))

/**
 * The object that a row's bytes or text hold; nothing beyond 16 KiB is decoded or parsed. A key
 * `__proto__` is an own property like any other, as JSON.parse makes it.
 */
export function parseRow(
  source: Uint8Array | string,
):
  | { readonly ok: true; readonly row: RawRow }
  | { readonly ok: false; readonly reason: RejectReason } {
  if (source.length > readingLimits.rowBytesMax) return { ok: false, reason: 'bytes' }
  if (typeof source === 'string' && isLongText(source, readingLimits.rowBytesMax)) {
    return { ok: false, reason: 'bytes' }
  }
  let reason: RejectReason = 'bytes'
  try {
    const text = typeof source === 'string' ? source : utf8Text(source)
    if (text.includes('\0')) return { ok: false, reason }
    reason = 'json'
    const row: unknown = JSON.parse(text)
    return isRow(row) ? { ok: true, row } : { ok: false, reason: 'shape' }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return { ok: false, reason }
    throw error
  }
}

/** Whether a value is an object that may be a row: not null, no list. */
export const isRow = (value: unknown): value is RawRow =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Why a whole row is refused by its `ts`, `stream` or `p`; undefined where it stays. */
export function rowFault(ts: unknown, stream: unknown, p: unknown): RejectReason | undefined {
  if (typeof ts !== 'number' || !Number.isInteger(ts)) return 'ts'
  const { tsUnitMin, tsUnitMax, tsMin, tsMax, rateMin } = readingLimits
  if (Math.abs(ts) < tsUnitMin || Math.abs(ts) > tsUnitMax) return 'ts_unit'
  if (ts < tsMin || ts > tsMax) return 'ts_range'
  if (typeof stream !== 'string' || stream === '' || textFault(stream) !== undefined) {
    return 'stream'
  }
  if (p === undefined || p === null) return undefined
  return typeof p === 'number' && p >= rateMin && p <= 1 ? undefined : 'p'
}

/** What is wrong with a text: more than 128 bytes of UTF-8, or a byte below 0x20. */
export function textFault(text: string): FaultKind | undefined {
  if (isLongText(text, readingLimits.textBytesMax)) return 'long'
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x20) return 'control'
  return undefined
}

function isLongText(text: string, bytesMax: number): boolean {
  if (text.length * 3 <= bytesMax) return false
  return text.length > bytesMax || utf8(text).length > bytesMax
}
