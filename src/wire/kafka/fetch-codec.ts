import { i32 } from '../record-batch/batch-header.ts'

// Fetch, version 13, of one partition (KIP-516: topics by id, so that one made anew is noticed).
//
//   request:  i32 replica · i32 maxWaitMs · i32 minBytes · i32 maxBytes · i8 isolation
//             i32 session · i32 sessionEpoch · [16 topicId · [i32 partition · i32 leaderEpoch
//             i64 offset · i32 lastFetchedEpoch · i64 logStart · i32 maxBytes · tags] · tags]
//             [] · "" · tags
//   response: i32 throttleMs · i16 error · i32 session · [16 topicId · [i32 partition · i16 error
//             i64 highWatermark · i64 lastStable · i64 logStart · [i64 producerId · i64 firstOffset
//             tags] · i32 preferredReplica · records · tags] · tags] · tags
//
// Arrays and records have their length + 1 before them, as an unsigned varint.

const OFFSET_AT = 51
const REQUEST_BYTES = 80

/** What stays the same of all fetches of one reading. */
export type FetchPlace = {
  /** As Metadata writes it: 8-4-4-4-12 hex digits. */
  readonly topicId: string
  readonly partition: number
  readonly bytesMax: number
  readonly waitMs: number
}

/** The request body for committed records; `withOffset` says from where. */
export function encodeFetch({ topicId, partition, bytesMax, waitMs }: FetchPlace): Uint8Array {
  const bytes = new Uint8Array(REQUEST_BYTES)
  const view = new DataView(bytes.buffer)
  view.setInt32(0, -1)
  view.setInt32(4, waitMs)
  view.setInt32(8, 1)
  view.setInt32(12, bytesMax)
  view.setInt8(16, 1)
  view.setInt32(21, -1)
  bytes[25] = 2
  bytes.set(idBytes(topicId), 26)
  bytes[42] = 2
  view.setInt32(43, partition)
  view.setInt32(47, -1)
  view.setInt32(OFFSET_AT + 8, -1)
  view.setInt32(OFFSET_AT + 12, -1)
  view.setInt32(OFFSET_AT + 16, -1)
  view.setInt32(OFFSET_AT + 20, bytesMax)
  bytes[OFFSET_AT + 26] = 1
  bytes[OFFSET_AT + 27] = 1
  return bytes
}

/** A copy of a request body that begins at another offset. */
export function withOffset(request: Uint8Array, offset: number): Uint8Array {
  const bytes = request.slice()
  const view = new DataView(bytes.buffer)
  view.setInt32(OFFSET_AT, Math.floor(offset / 2 ** 32))
  view.setInt32(OFFSET_AT + 4, offset >>> 0)
  return bytes
}

/** What a broker answered for the one partition. */
export type FetchAnswer = {
  /** Kafka's code; 0 is none. */
  readonly error: number
  readonly highWatermark: number
  /** Up to here transactions are decided. */
  readonly lastStable: number
  readonly logStart: number
  readonly aborted: readonly { readonly producerId: number; readonly firstOffset: number }[]
  /** Where the record batches lie in the answer. */
  readonly from: number
  readonly to: number
}

/** Reads a response body; undefined where it is not one. */
export function decodeFetch(bytes: Uint8Array): FetchAnswer | undefined {
  const cursor = { at: 10, bytes, ok: true }
  const error = i16(bytes, 4)
  if (bytes.length < 11) return undefined
  if (arrayLength(cursor) < 1) return error === 0 ? undefined : failed(error)
  cursor.at += 16
  if (arrayLength(cursor) !== 1) return undefined
  const at = cursor.at + 4
  cursor.at += 30
  const aborted: { producerId: number; firstOffset: number }[] = []
  for (let left = arrayLength(cursor); left > 0 && cursor.ok; left--) {
    const { at: entry } = cursor
    if (entry + 17 > bytes.length) return undefined
    aborted.push({ producerId: i64(bytes, entry), firstOffset: i64(bytes, entry + 8) })
    cursor.at += 16
    skipTags(cursor)
  }
  cursor.at += 4
  const size = Math.max(0, arrayLength(cursor))
  const from = cursor.at
  if (!cursor.ok || from + size > bytes.length) return undefined
  return {
    error: error === 0 ? i16(bytes, at) : error,
    highWatermark: i64(bytes, at + 2),
    lastStable: i64(bytes, at + 10),
    logStart: i64(bytes, at + 18),
    aborted,
    from,
    to: from + size,
  }
}

type Cursor = { at: number; ok: boolean; readonly bytes: Uint8Array }

const failed = (error: number): FetchAnswer => ({
  error,
  highWatermark: -1,
  lastStable: -1,
  logStart: -1,
  aborted: [],
  from: 0,
  to: 0,
})

/** Length of a compact array or string; −1 where it is absent. */
const arrayLength = (cursor: Cursor): number => varint(cursor) - 1

function varint(cursor: Cursor): number {
  let value = 0
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = cursor.bytes[cursor.at++]
    if (byte === undefined) break
    value |= (byte & 127) << shift
    if (byte < 128) return value
  }
  cursor.ok = false
  return 0
}

function skipTags(cursor: Cursor): void {
  for (let left = varint(cursor); left > 0 && cursor.ok; left--) {
    varint(cursor)
    // Apart: the left side of += is read before the length itself is passed over.
    const size = varint(cursor)
    cursor.at += size
  }
}

const i16 = (bytes: Uint8Array, at: number): number => ((bytes[at]! << 24) >> 16) | bytes[at + 1]!

const i64 = (bytes: Uint8Array, at: number): number =>
  i32(bytes, at) * 2 ** 32 + (i32(bytes, at + 4) >>> 0)

function idBytes(text: string): Uint8Array {
  const digits = text.replaceAll('-', '')
  return Uint8Array.from({ length: 16 }, (_, i) =>
    Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16),
  )
}
