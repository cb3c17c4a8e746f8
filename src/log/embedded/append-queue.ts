import { BatchEncoder, type BatchStamp } from '../../wire/record-batch/batch-encoder.ts'
import { i32 } from '../../wire/record-batch/batch-header.ts'
import type { Codecs } from '../../wire/record-batch/codecs.ts'
import type { LogRecord } from '../log.ts'
import type { AppendTicket } from './append-ticket.ts'
import type { IndexEntry } from './segment/segment-index.ts'

/** A buffer that grew beyond this for one burst is let go after it. */
const KEPT_BYTES_MAX = 1_048_576

/** All that waited when a write began. */
export type WriteTurn = {
  readonly bytes: Uint8Array
  /** Where each batch begins, positions from the turn's first byte. */
  readonly batches: readonly IndexEntry[]
  readonly tickets: readonly AppendTicket[]
  /** Offset after the last row, and the time of the last batch. */
  readonly end: number
  readonly time: number
}

/**
 * Rows of one partition that wait to be written, already as record batches: rows are encoded as
 * they come, so callers keep their buffers, and small calls share a batch. Two buffers take turns.
 */
export class AppendQueue {
  readonly #batchBytes: number
  readonly #codecs: Codecs
  #encoder: BatchEncoder
  #spare: BatchEncoder
  #batches: IndexEntry[] = []
  #tickets: AppendTicket[] = []
  #openBase = 0
  #openPosition = 0
  #end: number
  #time: number

  constructor(
    { batchBytes, codecs }: { readonly batchBytes: number; readonly codecs: Codecs },
    from: { readonly end: number; readonly time: number },
  ) {
    this.#batchBytes = batchBytes
    this.#codecs = codecs
    this.#encoder = this.#freshEncoder()
    this.#spare = this.#freshEncoder()
    this.#end = from.end
    this.#time = from.time
  }

  get bytes(): number {
    return this.#encoder.length
  }

  /** Greatest append time given so far: times never step back (W9). */
  get time(): number {
    return this.#time
  }

  add(rows: readonly LogRecord[], now: number, ticket: AppendTicket): void {
    for (const row of rows) {
      if (this.#encoder.openBytes === 0) {
        this.#openBase = this.#end
        this.#openPosition = this.#encoder.length
        this.#encoder.open()
      }
      this.#encoder.add(row)
      this.#end++
      if (this.#encoder.openBytes >= this.#batchBytes) this.#closeBatch(now)
    }
    this.#tickets.push(ticket)
  }

  /** Takes over whole batches, closed unstamped, one behind another. */
  addBatches(batches: Uint8Array, now: number, ticket: AppendTicket): void {
    if (this.#encoder.openBytes > 0) this.#closeBatch(now)
    for (let at = 0; at < batches.length;) {
      const size = i32(batches, at + 8) + 12
      const stamp = this.#stamp(this.#end, this.#encoder.length, now)
      this.#end += this.#encoder.copyStamped(batches.subarray(at, at + size), stamp)
      at += size
    }
    this.#tickets.push(ticket)
  }

  /** Everything that waits; what comes later goes into the other buffer. */
  take(now: number): WriteTurn {
    if (this.#encoder.openBytes > 0) this.#closeBatch(now)
    const turn = {
      bytes: this.#encoder.bytes,
      batches: this.#batches,
      tickets: this.#tickets,
      end: this.#end,
      time: this.#time,
    }
    const taken = this.#encoder
    this.#encoder = this.#spare
    this.#encoder.reset()
    this.#spare = taken.capacity > KEPT_BYTES_MAX ? this.#freshEncoder() : taken
    this.#batches = []
    this.#tickets = []
    return turn
  }

  /** Drops all that waits and goes on at `end`; answers who waited. */
  clear(end: number): readonly AppendTicket[] {
    const tickets = this.#tickets
    this.#encoder.reset()
    this.#batches = []
    this.#tickets = []
    this.#end = end
    return tickets
  }

  #freshEncoder(): BatchEncoder {
    return new BatchEncoder(undefined, this.#codecs)
  }

  #closeBatch(now: number): void {
    this.#encoder.close(this.#stamp(this.#openBase, this.#openPosition, now))
  }

  /** Notes where a batch begins, and gives it its place and time. */
  #stamp(offset: number, position: number, now: number): BatchStamp {
    this.#batches.push({ offset, position, timeBefore: this.#time })
    this.#time = Math.max(this.#time, now)
    return { base: offset, time: this.#time, logAppendTime: true }
  }
}
