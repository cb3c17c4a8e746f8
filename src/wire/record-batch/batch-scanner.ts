import { BATCH_HEADER_BYTES, checkBatch, emptyHeader } from './batch-header.ts'
import type { BatchHeader, RejectReason } from './batch-header.ts'
import { plainCodecs, type Codecs } from './codecs.ts'
import type { RejectedBatch, ScannedColumns } from './scanned-columns.ts'
import { NO_VARINT, varint, varlong, type Cursor } from './varint.ts'

// A record, all varints zigzag:
//   varint length · i8 attributes · varlong timestampDelta · varint offsetDelta
//   varint keyLength (−1 absent) · key · varint valueLength · value
//   varint headers · (varint, key, varint, value)*

/** Least bytes of a record: seven fields of one byte. It bounds `count` before memory is taken. */
const RECORD_BYTES_MIN = 7

/** Records of one batch take no more than this once they are inflated, whatever they say. */
const INFLATED_BYTES_MAX = 64 * 1_048_576

/**
 * Scans the whole record batches in `bytes[from, to)` into columns that were reset, at most 2^20
 * rows unless one batch has more. Never throws: a batch whose header holds but whose content does
 * not becomes a rejected range; where the boundary is lost (`length`, `magic`, `crc`) the scan ends
 * with `into.stuck`. A partial last batch stays unconsumed. The columns stand in the bytes as they
 * are or, where any batch of the run is compressed, all in one arena. Linear in the bytes and in
 * what they inflate to.
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
    if (into.filter?.isDropped(header, bytes, at) !== true) {
      const outcome =
        verdict === 'ok' ? scanContent(bytes, { from, at }, { header, into }) : verdict
      if (outcome === 'full') return
      if (outcome !== undefined)
        into.rejected.push(rejection(header, bytes, { at, reason: outcome }))
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

type Scan = { readonly header: BatchHeader; readonly into: ScannedColumns }

/** Reads what a good header stands before; `full`: this run has no more room for it. */
function scanContent(
  bytes: Uint8Array,
  { from, at }: { readonly from: number; readonly at: number },
  { header, into }: Scan,
): RejectReason | 'full' | undefined {
  const { codec, count, size, base, last, isControl } = header
  const content = { from: at + BATCH_HEADER_BYTES, to: at + size }
  if (codec > 4) return 'codec'
  if (count < 0 || count > last - base + 1) return 'count'
  if (codec === 0 && count * RECORD_BYTES_MIN > content.to - content.from) return 'count'
  if (isControl) return undefined
  if (codec === 0 && into.keys.bytes === bytes) {
    return into.reserve(count) ? scanRecords(bytes, content, { header, into }) : 'full'
  }
  const sealed = bytes.subarray(content.from, content.to)
  const records = into.codecs.inflate(codec, sealed, INFLATED_BYTES_MAX)
  if (records === undefined) return 'inflate'
  if (count * RECORD_BYTES_MIN > records.length) return 'count'
  const laid = into.keys.bytes === bytes && into.count > 0 ? bytes.subarray(from, at) : undefined
  if (into.arena.isFull(records.length, laid?.length) || !into.reserve(count)) return 'full'
  if (into.keys.bytes === bytes) into.moveToArena(laid, from)
  return scanLaid(records, { header, into })
}

/** Scans records that are laid into the arena, from where on they are the columns'. */
function scanLaid(records: Uint8Array, { header, into }: Scan): RejectReason | undefined {
  const { arena } = into
  const from = arena.used
  arena.lay(records)
  into.keys.bytes = arena.bytes
  into.values.bytes = arena.bytes
  const to = from + records.length
  const fault = scanRecords(arena.bytes, { from, to }, { header, into })
  if (fault === undefined) arena.used = to
  return fault
}

/** One pass over the records of a batch; on a fault the rows of this batch are taken back. */
function scanRecords(
  bytes: Uint8Array,
  { from, to: end }: { readonly from: number; readonly to: number },
  { header, into }: Scan,
): RejectReason | undefined {
  const { offsets, times, keys, values, first } = into
  const cursor: Cursor = { at: from, end }
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
    const valueLength = cursor.at > recordEnd ? NO_VARINT : varint(bytes, cursor)
    const valueStart = cursor.at
    const valueEnd = valueLength > 0 ? valueStart + valueLength : valueStart
    // A delta beyond ± 2^53 was rounded as it was read, though the sum may look whole.
    const isAnyDelta = header.isLogAppendTime && timeDelta !== NO_VARINT
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

function rejection(
  { base, last, size }: BatchHeader,
  bytes: Uint8Array,
  { at, reason }: { readonly at: number; readonly reason: RejectReason },
): RejectedBatch {
  const sample = bytes.slice(at, Math.min(at + 256, at + size))
  return { from: base, next: last + 1, reason, sample }
}
