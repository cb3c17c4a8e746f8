import { readingLimits } from '../model/reading.ts'
import { utf8 } from '../std/bytes.ts'
import { JsonCursor } from './fields/json-cursor.ts'
import { encodeReading, parseReading } from './reading-codec.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const CLOSE = 0x7d
const LETTER_N = 0x6e

const COLLECTOR = utf8(',"collector":"')

/** Fields that rank before `n` in canonical order. */
const BEFORE: ReadonlySet<string> = new Set(['v', 'ts', 'site', 'stream', 'session', 'p'])

/**
 * A reading in canonical order with a collector and its row number beside it, so that a repeat is
 * known as one (D7); in bytes that are the caller's own. Absent where the row is not to be touched:
 * it has a number of its own, is a heartbeat or none of ours, or would become too long for readers.
 */
export function numberedRow(
  row: Uint8Array,
  { n, collector }: { readonly n: number; readonly collector: string },
): Uint8Array | undefined {
  const at = placeOfNumber(row)
  if (at === undefined) return rebuilt(row, n, collector)
  if (at === 'numbered') return undefined
  const added = utf8(`,"n":${n},"collector":${JSON.stringify(collector)}`)
  const length = row.length + added.length
  if (length > readingLimits.rowBytesMax) return undefined
  const out = new Uint8Array(length)
  out.set(row.subarray(0, at))
  out.set(added, at)
  out.set(row.subarray(at), at + added.length)
  return out
}

/** Where `,"n":` belongs; `numbered` where it stands; undefined where only a parser can say. */
function placeOfNumber(row: Uint8Array): number | 'numbered' | undefined {
  const cursor = new JsonCursor(row)
  cursor.end = row.length
  let at = 1
  for (;;) {
    if (row[at] !== QUOTE) return undefined
    const keyEnd = cursor.textEnd(at + 1, false)
    if (keyEnd < 0) return undefined
    const key = String.fromCharCode(...row.subarray(at + 1, Math.min(keyEnd, at + 10)))
    if (key === 'n') return isCollectorNext(cursor, keyEnd + 2) ? 'numbered' : undefined
    // A collector without numbers, as heartbeats have it.
    if (key === 'collector') return undefined
    if (!BEFORE.has(key)) return at - 1
    const end = valueEnd(cursor, keyEnd + 2)
    if (end < 0) return undefined
    if (row[end] === CLOSE) return end
    at = end + 1
  }
}

/** Behind the number comes whose it is, if anybody's. */
function isCollectorNext(cursor: JsonCursor, start: number): boolean {
  const end = valueEnd(cursor, start)
  return end >= 0 && COLLECTOR.every((byte, i) => cursor.bytes[end + i] === byte)
}

function valueEnd(cursor: JsonCursor, start: number): number {
  const { bytes, end } = cursor
  if (bytes[start] === QUOTE) {
    const close = cursor.textEnd(start + 1, true)
    return close < 0 ? close : close + 1
  }
  let at = start
  while (at < end && bytes[at] !== COMMA && bytes[at] !== CLOSE) at++
  return at < end && bytes[start] !== LETTER_N ? at : -1
}

/** A row whose collector counts nothing: it is numbered as ours, unless it is a heartbeat. */
function rebuilt(row: Uint8Array, n: number, collector: string): Uint8Array | undefined {
  const result = parseReading(row)
  if (!result.ok || result.reading.src === 'beat') return undefined
  const out = utf8(encodeReading({ ...result.reading, n, collector }))
  return out.length > readingLimits.rowBytesMax ? undefined : out
}
