import { plainCodecs, type Codecs } from './codecs.ts'

// A record batch, magic 2, big-endian (KIP-98); the CRC-32C covers byte 21 to the end, so that
// base offset and leader epoch can be patched in place:
//
//    0 i64 baseOffset · 8 i32 length (of what follows) · 12 i32 leaderEpoch · 16 i8 magic = 2
//   17 u32 crc · 21 i16 attributes · 23 i32 lastOffsetDelta · 27 i64 baseTimestamp
//   35 i64 maxTimestamp · 43 i64 producerId · 51 i16 producerEpoch · 53 i32 baseSequence
//   57 i32 count · 61 records

/** Bytes before the first record. */
export const BATCH_HEADER_BYTES = 61

/** Longest record batch that is believed, twice what any writer may send: longer is damage. */
export const BATCH_BYTES_MAX = 16 * 1_048_576

/** Why bytes could not be read as records. */
export type RejectReason =
  'length' | 'magic' | 'crc' | 'codec' | 'inflate' | 'count' | 'record' | 'range' | 'offsets'

/** The fields of a header that a reader needs; one object is reused for all batches of a run. */
export type BatchHeader = {
  base: number
  /** Last offset of the batch: base + lastOffsetDelta. The next batch begins after it. */
  last: number
  /** Bytes of the whole batch, header included. */
  size: number
  crc: number
  leaderEpoch: number
  codec: number
  isLogAppendTime: boolean
  isTransactional: boolean
  isControl: boolean
  baseTimeAt: number
  newestAt: number
  /** −1 of a producer that asked for no id; beyond 2^53 it is rounded. */
  producerId: number
  producerEpoch: number
  /** Number of the first record in the producer's own count; −1 without an id. */
  baseSequence: number
  count: number
}

/** A header to be filled by `checkBatch`. */
export const emptyHeader = (): BatchHeader => ({
  base: 0,
  last: 0,
  size: 0,
  crc: 0,
  leaderEpoch: 0,
  codec: 0,
  isLogAppendTime: false,
  isTransactional: false,
  isControl: false,
  baseTimeAt: 0,
  newestAt: 0,
  producerId: -1,
  producerEpoch: -1,
  baseSequence: -1,
  count: 0,
})

/** Where a batch begins, and the first byte that is not to be looked at. */
export type BatchPlace = { readonly at: number; readonly to: number; readonly codecs?: Codecs }

/**
 * Reads and checks the batch at `at`, looking at no byte from `to` on. `ok`: length, magic and CRC
 * hold and the numbers are in range; `partial`: more bytes are needed, nothing speaks against it.
 * After `length`, `magic` and `crc` no field can be trusted; after the others the header can, but
 * for the one that is out of range.
 */
export function checkBatch(
  bytes: Uint8Array,
  { at, to, codecs = plainCodecs }: BatchPlace,
  into: BatchHeader,
): 'ok' | 'partial' | RejectReason {
  if (to - at < 17) return to - at < 12 || isPlausible(i32(bytes, at + 8)) ? 'partial' : 'length'
  const length = i32(bytes, at + 8)
  if (!isPlausible(length)) return 'length'
  if (bytes[at + 16] !== 2) return 'magic'
  if (to - at < length + 12) return 'partial'
  into.size = length + 12
  into.crc = i32(bytes, at + 17) >>> 0
  if (codecs.crc32c(bytes, at + 21, at + into.size) !== into.crc) return 'crc'
  into.leaderEpoch = i32(bytes, at + 12)
  const attributes = (bytes[at + 21]! << 8) | bytes[at + 22]!
  into.codec = attributes & 7
  into.isLogAppendTime = (attributes & 8) !== 0
  into.isTransactional = (attributes & 16) !== 0
  into.isControl = (attributes & 32) !== 0
  into.base = i64(bytes, at)
  const lastDelta = i32(bytes, at + 23)
  into.last = into.base + lastDelta
  into.baseTimeAt = i64(bytes, at + 27)
  into.newestAt = i64(bytes, at + 35)
  into.producerId = i64(bytes, at + 43)
  into.producerEpoch = ((bytes[at + 51]! << 24) >> 16) | bytes[at + 52]!
  into.baseSequence = i32(bytes, at + 53)
  into.count = i32(bytes, at + 57)
  // Base and lastOffsetDelta decide where the next batch begins: without them nothing is known.
  if (into.base < 0 || lastDelta < 0 || into.last > Number.MAX_SAFE_INTEGER) return 'offsets'
  const isTimeSafe = Number.isSafeInteger(into.baseTimeAt) && Number.isSafeInteger(into.newestAt)
  return isTimeSafe ? 'ok' : 'range'
}

/** Signed int32 at `at`. */
export const i32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!

/** Signed int64: the high half keeps its sign, else −2 would read as 2^64 − 2. */
const i64 = (bytes: Uint8Array, at: number): number =>
  i32(bytes, at) * 2 ** 32 + (i32(bytes, at + 4) >>> 0)

const isPlausible = (length: number): boolean =>
  length >= BATCH_HEADER_BYTES - 12 && length <= BATCH_BYTES_MAX
