import { crc32c } from '../../src/wire/record-batch/crc32c.ts'

/** A record as it was written; −1 as the length of what is absent. */
export type DecodedRecord = {
  readonly offset: number
  readonly time: number
  readonly key: readonly [start: number, length: number]
  readonly value: readonly [start: number, length: number]
}

/** What record batches hold: how far they go, their records, and the ranges that are rejected. */
export type DecodedRun = {
  readonly consumed: number
  readonly next: number
  readonly isStuck: boolean
  readonly records: readonly DecodedRecord[]
  readonly rejected: readonly (readonly [from: number, next: number])[]
}

const HEADER_BYTES = 61
const BATCH_BYTES_MAX = 2n ** 24n
const SAFE = 2n ** 53n - 1n
const isSafe = (value: bigint): boolean => value >= -SAFE && value <= SAFE

/** Decodes record batches as their layout says, with BigInt for every number: for tests alone. */
export function decodeRun(bytes: Uint8Array): DecodedRun {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const records: DecodedRecord[] = []
  const rejected: (readonly [number, number])[] = []
  let [at, next] = [0, 0n]
  const ended = (isStuck: boolean): DecodedRun => {
    return { consumed: at, next: Number(next), isStuck, records, rejected }
  }
  while (at + 12 <= bytes.length) {
    const length = BigInt(view.getInt32(at + 8))
    if (length < HEADER_BYTES - 12 || length > BATCH_BYTES_MAX) return ended(true)
    if (at + 17 > bytes.length) return ended(false)
    if (bytes[at + 16] !== 2) return ended(true)
    const end = at + 12 + Number(length)
    if (end > bytes.length) return ended(false)
    if (view.getUint32(at + 17) !== crc32c(bytes, at + 21, end)) return ended(true)
    const base = view.getBigInt64(at)
    const last = base + BigInt(view.getInt32(at + 23))
    if (base < 0 || last < base || last >= SAFE || base < next) return ended(true)
    const found = recordsOf({ bytes, view, at, end, base, last })
    if (found === undefined) rejected.push([Number(base), Number(last) + 1])
    else records.push(...found)
    next = last + 1n
    at = end
  }
  return ended(false)
}

type Batch = {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly at: number
  readonly end: number
  readonly base: bigint
  readonly last: bigint
}

/** Undefined where the content of a batch does not hold. */
function recordsOf(batch: Batch): readonly DecodedRecord[] | undefined {
  const { view, at, end, base, last } = batch
  const attributes = view.getInt16(at + 21)
  const [baseTime, newest] = [view.getBigInt64(at + 27), view.getBigInt64(at + 35)]
  const count = view.getInt32(at + 57)
  const codec = attributes & 7
  if (!isSafe(baseTime) || !isSafe(newest) || codec > 4) return undefined
  if (count < 0 || BigInt(count) > last - base + 1n) return undefined
  if (codec === 0 && count * 7 > end - at - HEADER_BYTES) return undefined
  if ((attributes & 32) !== 0) return []
  // Whoever asks has no codecs: test/fuzz/codecs.test.ts is about those.
  if (codec !== 0) return undefined
  const records: DecodedRecord[] = []
  let place = at + HEADER_BYTES
  let before = -1n
  for (let i = 0; i < count; i++) {
    const length = varint(batch.bytes, { from: place, to: end })
    if (length === undefined) return undefined
    const recordEnd = length.next + Number(length.value)
    if (length.value < 6n || recordEnd > end) return undefined
    const record = recordOf(batch, { from: length.next + 1, to: recordEnd })
    if (record === undefined) return undefined
    const { delta, timeDelta, key, value } = record
    const time = (attributes & 8) !== 0 ? newest : baseTime + timeDelta
    if (delta <= before || base + delta > last || !isSafe(time)) return undefined
    if ((attributes & 8) === 0 && !isSafe(timeDelta)) return undefined
    records.push({ offset: Number(base + delta), time: Number(time), key, value })
    before = delta
    place = recordEnd
  }
  return place === end ? records : undefined
}

type ByteRange = { readonly from: number; readonly to: number }

function recordOf({ bytes }: Batch, { from, to }: ByteRange) {
  const time = varint(bytes, { from, to }, 10)
  const delta = time && varint(bytes, { from: time.next, to })
  const key = delta && field(bytes, { from: delta.next, to })
  const value = key && field(bytes, { from: key.next, to })
  // At least one byte follows: the number of headers, which nobody reads here.
  if (value === undefined || value.next >= to) return undefined
  return { timeDelta: time!.value, delta: delta!.value, key: key!.span, value: value.span }
}

function field(bytes: Uint8Array, { from, to }: ByteRange) {
  const length = varint(bytes, { from, to })
  if (length === undefined || length.value < -1n) return undefined
  const span = [length.next, Number(length.value)] as const
  const next = length.next + Math.max(0, span[1])
  return next > to ? undefined : { span, next }
}

/** A zigzag varint; of five bytes as 32 bits, of ten as it is. */
function varint(bytes: Uint8Array, { from, to }: ByteRange, most = 5) {
  let raw = 0n
  for (let i = 0; i < most && from + i < to; i++) {
    const byte = BigInt(bytes[from + i]!)
    raw |= (byte & 127n) << BigInt(7 * i)
    if (byte >= 128n) continue
    if (most === 5) raw = BigInt.asUintN(32, raw)
    return { value: raw % 2n === 0n ? raw / 2n : -(raw + 1n) / 2n, next: from + i + 1 }
  }
  return undefined
}
