import { BATCH_HEADER_BYTES, checkBatch, emptyHeader } from './batch-header.ts'
import type { BatchHeader, RejectReason } from './batch-header.ts'
import { plainCodecs, type Codecs } from './codecs.ts'
import type { ScannedColumns } from './scanned-columns.ts'

// A record, all varints zigzag:
//   varint length · i8 attributes · varlong timestampDelta · varint offsetDelta
//   varint keyLength (−1 absent) · key · varint valueLength · value
//   varint headers · (varint, key, varint, value)*

/** Least bytes of a record: seven fields of one byte. It bounds `count` before memory is taken. */
const RECORD_BYTES_MIN = 7

/** A varint that ran out of bytes, or out of ± 2^53. */
const NONE = Number.MAX_VALUE

/** Where the next varint is read, and the end that it must not pass. */
type Cursor = { at: number; end: number }

/**
 * Scans the whole record batches in `bytes[from, to)` into the columns, at most 2^20 rows unless
 * one batch has more. Never throws: a batch whose header holds but whose content does not becomes
 * a rejected range; where the boundary is lost (`length`, `magic`, `crc`) the scan ends with
 * `into.stuck`. A partial last batch stays unconsumed. Linear in the bytes.
 */
export function scanBatches(
  bytes: Uint8Array,
  { from, to }: { readonly from: number; readonly to: number },
  into: ScannedColumns,
): void {
  const header = emptyHeader()
  into.keys.bytes = bytes
  into.values.bytes = bytes
  into.consumed = from
  while (into.consumed < to) {
    const at = into.consumed
    let verdict = checkBatch(bytes, { at, to, codecs: into.codecs }, header)
    if (verdict === 'partial') return
    if (verdict === 'length' || verdict === 'magic' || verdict === 'crc') {
      into.stuck = verdict
      return
    }
    if (header.base < into.next || header.last >= into.limit) verdict = 'offsets'
    if (verdict === 'offsets') {
      into.stuck = verdict
      return
    }
    if (verdict === 'ok') verdict = contentFault(header) ?? 'ok'
    if (verdict === 'ok' && !header.isControl) {
      if (!into.reserve(header.count)) return
      verdict = scanRecords(bytes, at, { header, into }) ?? 'ok'
    }
    if (verdict !== 'ok') {
      const sample = bytes.slice(at, Math.min(at + 256, at + header.size))
      into.rejected.push({ from: header.base, next: header.last + 1, reason: verdict, sample })
    }
    into.next = header.last + 1
    into.consumed = at + header.size
  }
}

/** Where a batch is looked for, and by what it is checked. */
type SearchRange = { readonly from: number; readonly to: number; readonly codecs?: Codecs }

/**
 * The next index in [from, to) at which a record batch with offsets in [next, limit) stands whole,
 * or `to`: how a reader gets past lost bytes. The CRCs it tries cover at most four times the bytes,
 * so that hostile bytes cost no more than linear time.
 */
export function findBatch(
  bytes: Uint8Array,
  { from, to, codecs = plainCodecs }: SearchRange,
  { next, limit }: { readonly next: number; readonly limit: number },
): { readonly at: number; readonly base: number } {
  const header = emptyHeader()
  let budget = 4 * (to - from)
  for (let at = from; at + BATCH_HEADER_BYTES <= to && budget > 0; at++) {
    if (bytes[at + 16] !== 2 || bytes[at]! > 31) continue
    header.size = 0
    const verdict = checkBatch(bytes, { at, to, codecs }, header)
    budget -= header.size
    if (verdict === 'ok' && header.base >= next && header.last < limit) {
      return { at, base: header.base }
    }
  }
  return { at: to, base: limit }
}

function contentFault({ codec, count, size, last, base }: BatchHeader): RejectReason | undefined {
  if (codec !== 0) return 'codec'
  if (count < 0 || count * RECORD_BYTES_MIN > size - BATCH_HEADER_BYTES) return 'count'
  return count > last - base + 1 ? 'count' : undefined
}

/** One pass over the records of a batch; on a fault the rows of this batch are taken back. */
function scanRecords(
  bytes: Uint8Array,
  at: number,
  { header, into }: { readonly header: BatchHeader; readonly into: ScannedColumns },
): RejectReason | undefined {
  const { offsets, times, keys, values, first } = into
  const end = at + header.size
  const cursor: Cursor = { at: at + BATCH_HEADER_BYTES, end }
  const before = into.count
  let row = before
  let fault: RejectReason | undefined
  let deltaBefore = -1
  for (let left = header.count; left > 0; left--) {
    const length = varint(bytes, cursor)
    const recordEnd = cursor.at + length
    if (!(length >= RECORD_BYTES_MIN - 1) || recordEnd > end) fault = 'record'
    if (fault !== undefined) break
    cursor.end = recordEnd
    cursor.at++ // Attributes of a record are unused.
    const timeDelta = varlong(bytes, cursor)
    const delta = varint(bytes, cursor)
    const keyLength = varint(bytes, cursor)
    const keyStart = cursor.at
    if (keyLength > 0) cursor.at += keyLength
    const valueLength = cursor.at > recordEnd ? NONE : varint(bytes, cursor)
    const valueStart = cursor.at
    const valueEnd = valueLength > 0 ? valueStart + valueLength : valueStart
    // A delta beyond ± 2^53 was rounded as it was read, though the sum may look whole.
    const isAnyDelta = header.isLogAppendTime && timeDelta !== NONE
    const time = header.isLogAppendTime ? header.newestAt : header.baseTimeAt + timeDelta
    if (keyLength < -1 || valueLength < -1 || !(valueEnd < recordEnd)) fault = 'record'
    else if (delta <= deltaBefore || header.base + delta > header.last) fault = 'offsets'
    else if (!isAnyDelta && !Number.isSafeInteger(timeDelta)) fault = 'range'
    else if (!Number.isSafeInteger(time)) fault = 'range'
    if (fault !== undefined) break
    cursor.at = recordEnd
    cursor.end = end
    deltaBefore = delta
    if (header.base + delta < first) continue
    offsets[row] = header.base + delta
    times[row] = time
    keys.starts[row] = keyStart
    keys.lengths[row] = keyLength
    values.starts[row] = valueStart
    values.lengths[row] = valueLength
    row++
  }
  if (fault === undefined && cursor.at !== end) fault = 'count'
  into.count = fault === undefined ? row : before
  return fault
}

/** A zigzag varint of at most 5 bytes; `NONE` past its end. */
function varint(bytes: Uint8Array, cursor: Cursor): number {
  let raw = 0
  for (let shift = 0; shift < 35 && cursor.at < cursor.end; shift += 7) {
    const byte = bytes[cursor.at++]!
    raw |= (byte & 127) << shift
    if (byte < 128) return (raw >>> 1) ^ -(raw & 1)
  }
  return NONE
}

/** A zigzag varlong of at most 10 bytes, by multiplication: shifts end at 32 bits. */
function varlong(bytes: Uint8Array, cursor: Cursor): number {
  let raw = 0
  let scale = 1
  let isOdd = false
  for (let i = 0; i < 10 && cursor.at < cursor.end; i++, scale *= 128) {
    const byte = bytes[cursor.at++]!
    if (i === 0) isOdd = (byte & 1) === 1
    raw += (i === 0 ? byte & 126 : byte & 127) * scale
    if (byte < 128) return isOdd ? -raw / 2 - 1 : raw / 2
  }
  return NONE
}
