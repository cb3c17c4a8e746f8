import { assert } from '../../std/assert.ts'
import { BATCH_HEADER_BYTES, i32 } from './batch-header.ts'
import { putI32, putI64 } from './big-endian.ts'
import { plainCodecs, type Codecs } from './codecs.ts'

/** What a record batch carries of one record; absent and empty are kept apart. */
export type BatchRecord = { readonly key?: Uint8Array; readonly value?: Uint8Array }

/** Where a batch stands, and when; `time` is that of all its records, epoch ms. */
export type BatchStamp = {
  readonly base: number
  readonly time: number
  /** Marks `time` as the log's own (W9) and not the producer's. */
  readonly logAppendTime: boolean
}

/**
 * Writes record batches (magic 2, no codec, no producer id) one behind another into one buffer that
 * it owns and reuses: `open`, any number of `add`, `close`, then again, or `bytes` and `reset`.
 */
export class BatchEncoder {
  readonly #codecs: Codecs
  #buffer: Uint8Array<ArrayBuffer>
  #at = 0
  #start = -1
  #count = 0
  #lastDelta = -1

  constructor(capacity = 4096, codecs: Codecs = plainCodecs) {
    this.#codecs = codecs
    this.#buffer = new Uint8Array(capacity)
  }

  /** Bytes written, those of the open batch included. */
  get length(): number {
    return this.#at
  }

  get capacity(): number {
    return this.#buffer.length
  }

  /** Bytes of the open batch so far, its header included; 0 when none is open. */
  get openBytes(): number {
    return this.#start < 0 ? 0 : this.#at - this.#start
  }

  /** What was written, a view: valid until the next `open`, `add` or `reset`. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#at)
  }

  /** What was written, without a copy; the encoder begins anew with another buffer. */
  takeBytes(): Uint8Array<ArrayBuffer> {
    const bytes = this.#buffer.subarray(0, this.#at)
    this.#buffer = new Uint8Array(0)
    this.reset()
    return bytes
  }

  reset(): void {
    this.#at = 0
    this.#start = -1
  }

  open(): void {
    assert(this.#start < 0, 'one batch is open at a time')
    this.#room(BATCH_HEADER_BYTES)
    this.#start = this.#at
    this.#at += BATCH_HEADER_BYTES
    this.#count = 0
    this.#lastDelta = -1
  }

  /** Adds a record; `delta` is its offset less the base, greater than that of the one before. */
  add(record: BatchRecord, delta = this.#lastDelta + 1): void {
    const { key, value } = record
    // Three single bytes: attributes, time delta, header count.
    const body = 3 + zigzagBytes(delta) + bytesOf(key) + bytesOf(value)
    this.#room(body + 5)
    const buffer = this.#buffer
    let at = putZigzag(buffer, this.#at, body)
    buffer[at++] = 0
    buffer[at++] = 0
    at = putZigzag(buffer, at, delta)
    at = putBytes(buffer, at, key)
    at = putBytes(buffer, at, value)
    buffer[at++] = 0
    this.#at = at
    this.#count++
    this.#lastDelta = delta
  }

  /**
   * Writes the header of the open batch. `lastDelta` is that of the last record unless a compacted
   * batch keeps the one it had.
   */
  close(stamp: BatchStamp, lastDelta = this.#lastDelta): void {
    const start = this.#start
    this.closeUnstamped(lastDelta)
    this.#stamp(start, stamp)
  }

  /** Writes all of the header but offset, time and CRC: those come when it is copied stamped. */
  closeUnstamped(lastDelta = this.#lastDelta): void {
    const start = this.#start
    assert(start >= 0 && lastDelta >= 0, 'a batch that is closed is open and has a record')
    const bytes = this.#buffer
    putI32(bytes, start + 8, this.#at - start - 12)
    putI32(bytes, start + 12, -1)
    bytes[start + 16] = 2
    bytes[start + 21] = 0
    putI32(bytes, start + 23, lastDelta)
    bytes.fill(0xff, start + 43, start + BATCH_HEADER_BYTES - 4)
    putI32(bytes, start + 57, this.#count)
    this.#start = -1
  }

  /** Takes over a whole batch as it is. */
  copy(batch: Uint8Array): void {
    assert(this.#start < 0, 'a batch is copied between batches')
    this.#room(batch.length)
    this.#buffer.set(batch, this.#at)
    this.#at += batch.length
  }

  /** Takes over a batch that was closed unstamped; answers how many offsets it spans. */
  copyStamped(batch: Uint8Array, stamp: BatchStamp): number {
    const start = this.#at
    this.copy(batch)
    this.#stamp(start, stamp)
    return i32(batch, 23) + 1
  }

  /** Puts a batch into its place and time; the CRC covers the time. */
  #stamp(start: number, { base, time, logAppendTime }: BatchStamp): void {
    const bytes = this.#buffer
    putI64(bytes, start, base)
    bytes[start + 22] = logAppendTime ? 8 : 0
    putI64(bytes, start + 27, time)
    putI64(bytes, start + 35, time)
    const end = start + 12 + i32(bytes, start + 8)
    putI32(bytes, start + 17, this.#codecs.crc32c(bytes, start + 21, end))
  }

  #room(more: number): void {
    if (this.#at + more <= this.#buffer.length) return
    const grown = new Uint8Array(Math.max(this.#buffer.length * 2, this.#at + more))
    grown.set(this.#buffer.subarray(0, this.#at))
    this.#buffer = grown
  }
}

/** Bytes of a zigzag varint of a value ≥ 0. */
function zigzagBytes(value: number): number {
  return value < 64 ? 1 : value < 8192 ? 2 : value < 1_048_576 ? 3 : value < 134_217_728 ? 4 : 5
}

const bytesOf = (field: Uint8Array | undefined): number =>
  field === undefined ? 1 : zigzagBytes(field.length) + field.length

function putZigzag(bytes: Uint8Array, from: number, value: number): number {
  let at = from
  let rest = (value << 1) >>> 0
  while (rest >= 128) {
    bytes[at++] = (rest & 127) | 128
    rest >>>= 7
  }
  bytes[at++] = rest
  return at
}

function putBytes(bytes: Uint8Array, from: number, field: Uint8Array | undefined): number {
  if (field === undefined) {
    bytes[from] = 1 // Zigzag of −1: absent.
    return from + 1
  }
  const at = putZigzag(bytes, from, field.length)
  bytes.set(field, at)
  return at + field.length
}
