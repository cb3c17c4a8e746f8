// A reading (formats.md 1): one JSON object per row, from anybody in any order, from our collectors
// as {"v":1, known fields in canonical order, unknown top-level scalars}.
import {
  readingLimits,
  type FaultKind,
  type FieldFault,
  type FieldKind,
  type Reading,
  type RejectReason,
  type Scalar,
} from '../model/reading.ts'
import { isUnsigned } from './fields/field-plan.ts'
import { layoutOf } from './reading-layout.ts'
import { isRow, parseRow, rowFault, textFault, type RawRow } from './reading-rules.ts'

/** A row that stays, with each field that became absent, or the reason why it is refused. */
export type ReadingResult =
  | { readonly ok: true; readonly reading: Reading; readonly faults: readonly FieldFault[] }
  | { readonly ok: false; readonly reason: RejectReason }

/** Reads one row and checks all of it; beyond 16 KiB it is refused without being parsed. */
export function parseReading(source: Uint8Array | string): ReadingResult {
  const parsed = parseRow(source)
  return parsed.ok ? checkReading(parsed.row) : parsed
}

/**
 * Checks all fields of an object by formats.md 1.3. Unknown top-level scalars stay; null, empty
 * text and nested values are absent. The reading is the object itself where nothing had to go.
 */
export function checkReading(value: unknown): ReadingResult {
  if (!isRow(value)) return { ok: false, reason: 'shape' }
  const reason = rowFault(value['ts'], value['stream'], value['p'])
  if (reason !== undefined) return { ok: false, reason }
  const keys = Object.keys(value)
  const values = Object.values(value)
  const { kinds } = layoutOf(keys)
  let dropped: Set<string> | undefined
  let faults: FieldFault[] | undefined
  for (let i = 0; i < keys.length; i++) {
    const verdict = judge(values[i], kinds[i])
    if (verdict === 'keep') continue
    const name = keys[i]!
    dropped ??= new Set()
    dropped.add(name)
    if (verdict === 'drop') continue
    faults ??= []
    faults.push(`${verdict}:${name.slice(0, NAME_LENGTH_MAX)}`)
  }
  const kept = dropped === undefined ? value : without(value, dropped)
  return isReading(kept) ? { ok: true, reading: kept, faults: faults ?? NONE } : SHAPE
}

const NAME_LENGTH_MAX = 64
const NONE: readonly FieldFault[] = []
const SHAPE = { ok: false, reason: 'shape' } as const

/** What `checkReading` has made sure of, said to the compiler. */
const isReading = (row: RawRow): row is Reading =>
  typeof row['ts'] === 'number' && typeof row['stream'] === 'string'

function judge(value: unknown, kind: FieldKind | undefined): FaultKind | 'keep' | 'drop' {
  if (typeof value === 'number') {
    if (kind === 'X') return 'type'
    if (!(Math.abs(value) <= readingLimits.numberMax)) return 'range'
    return value < 0 && isUnsigned(kind) ? 'negative' : 'keep'
  }
  if (typeof value === 'string') {
    if (kind !== 'X' && kind !== undefined) return 'type'
    return value === '' ? 'drop' : (textFault(value) ?? 'keep')
  }
  if (value === null || value === undefined) return 'drop'
  if (kind !== undefined) return 'type'
  return typeof value === 'boolean' ? 'keep' : 'drop'
}

/** `fromEntries` defines own properties, so that a field named `__proto__` sets no prototype. */
const without = (row: RawRow, dropped: ReadonlySet<string>): RawRow =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !dropped.has(name)))

/** A measure as our collectors write it: at most three fraction digits (P3). */
const rounded = (value: number): number =>
  Number.isInteger(value) ? value : Math.floor(value * 1000 + 0.5) / 1000

/** On a metre of cable the bare ratio says 1,000: so the minimum counts as 5 ms at least. */
const MIN_RTT_MS_FLOOR = 5

/**
 * Fills the derived fields whose inputs are there and that the row does not carry itself, into its
 * argument, and returns it. A bitrate of 0 is unknown; `late` needs an object of media and a 2xx.
 */
export function deriveFields(reading: Reading): Reading {
  const { rtt_ms, min_rtt_ms, object_ms, bitrate_kbps, top_bitrate_kbps } = reading
  if (reading.rtt_ratio === undefined && rtt_ms !== undefined && min_rtt_ms !== undefined) {
    reading.rtt_ratio = rounded(rtt_ms / Math.max(min_rtt_ms, MIN_RTT_MS_FLOOR))
  }
  if (object_ms !== undefined) {
    const { transfer_ms } = reading
    if (reading.late === undefined && transfer_ms !== undefined && canBeLate(reading)) {
      reading.late = transfer_ms > object_ms ? 1 : 0
    }
    if (reading.media_kbit === undefined && bitrate_kbps !== undefined && bitrate_kbps > 0) {
      reading.media_kbit = rounded((bitrate_kbps * object_ms) / 1000)
    }
    if (reading.top_kbit === undefined && top_bitrate_kbps !== undefined && top_bitrate_kbps > 0) {
      reading.top_kbit = rounded((top_bitrate_kbps * object_ms) / 1000)
    }
  }
  const { throughput_kbps } = reading
  if (reading.headroom === undefined && throughput_kbps !== undefined) {
    if (bitrate_kbps !== undefined && bitrate_kbps > 0) {
      reading.headroom = rounded(throughput_kbps / bitrate_kbps)
    }
  }
  return reading
}

function canBeLate({ object, status }: Reading): boolean {
  if (status === undefined || status < 200 || status > 299) return false
  return object === 'v' || object === 'a' || object === 'av'
}

/**
 * The row as our collectors append it: `"v":1` first, which promises canonical order and checked
 * fields; known measures as plain decimals of at most three fraction digits. No line break.
 */
export function encodeReading(reading: Reading): string {
  const { order } = layoutOf(Object.keys(reading))
  // Values in key order: one pass over the object instead of a look-up per name.
  const values = Object.values(reading)
  let text = '{"v":1'
  for (let i = 0; i < order.length; i++) {
    const { index, kind, label } = order[i]!
    const value = values[index]
    if (value === undefined) continue
    text += label + jsonOf(value, kind)
  }
  return `${text}}`
}

function jsonOf(value: Scalar, kind: FieldKind | undefined): string {
  if (typeof value === 'string') return ESCAPED.test(value) ? JSON.stringify(value) : `"${value}"`
  if (typeof value === 'boolean') return `${value}`
  return kind === undefined || kind === 'I' ? `${value}` : `${rounded(value)}`
}

/** Text that JSON writes with escapes: quotes, backslashes, control characters, lone surrogates. */
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/
