import { bytesOf } from '../../../model/record-columns.ts'
import { BatchEncoder } from '../../../wire/record-batch/batch-encoder.ts'
import { compressBatch, stampProducer } from '../../../wire/record-batch/sealed-batch.ts'
import { scanBatches } from '../../../wire/record-batch/batch-scanner.ts'
import type { Codecs } from '../../../wire/record-batch/codecs.ts'
import { ScannedColumns } from '../../../wire/record-batch/scanned-columns.ts'
import type { LogRecord } from '../../log.ts'

const SEQUENCE_END = 2 ** 31
const CODECS = { none: 0, lz4: 3, zstd: 4 } as const

const ROOM_BYTES_MIN = 4096

/** How batches are made. */
export type BatchMaking = { readonly codecs: Codecs; readonly codec: keyof typeof CODECS }

/** One append, or the part of it that went into one batch. */
export type Part = { readonly resolve: () => void; readonly reject: (error: Error) => void }

/** Records of one partition that travel together, and whoever waits for them. */
export class WaitingBatch {
  readonly #parts: { readonly part: Part; rowCount: number }[] = []
  /** Bytes of its records as they were given: what the bound of the log counts. */
  recordBytes = 0
  count = 0
  /** −1 until it was sent for the first time; a repeat carries the same number. */
  sequence = -1
  /** Its place among all batches of its partition that were sent, by their first time. */
  ordinal = -1
  /** When its first record came, by the clock. */
  readonly since: number
  readonly #encoder: BatchEncoder
  #bytes: Uint8Array | undefined

  /** `roomBytes` is a guess of what it will take: room that grows is copied each time. */
  constructor(since: number, codecs: Codecs, roomBytes = ROOM_BYTES_MIN) {
    this.since = since
    this.#encoder = new BatchEncoder(Math.max(ROOM_BYTES_MIN, roomBytes), codecs)
    this.#encoder.open()
  }

  /** Bytes before compression, its header included. */
  get size(): number {
    return this.#encoder.length
  }

  get isSealed(): boolean {
    return this.#bytes !== undefined
  }

  /** The records that follow are this append's. */
  begin(part: Part): void {
    this.#parts.push({ part, rowCount: 0 })
  }

  /** Copies the record. */
  add(record: LogRecord, bytes: number): void {
    this.#encoder.add(record)
    const last = this.#parts.at(-1)
    if (last !== undefined) last.rowCount++
    this.count++
    this.recordBytes += bytes
  }

  /**
   * Two batches for a sealed one that its topic finds too large, in order and under the sequence
   * numbers that its rows have.
   */
  halves(codecs: Codecs): readonly WaitingBatch[] {
    const columns = new ScannedColumns(undefined, codecs)
    const bytes = this.#bytes ?? new Uint8Array(0)
    columns.reset({ next: 0 })
    scanBatches(bytes, { from: 0, to: bytes.length }, columns)
    const first = new WaitingBatch(this.since, codecs)
    const second = new WaitingBatch(this.since, codecs)
    const middle = Math.ceil(this.count / 2)
    let row = 0
    for (const { part, rowCount } of this.#parts) {
      const parts = row < middle && row + rowCount > middle ? inTwo(part) : [part, part]
      for (const end = row + rowCount; row < end; row++) {
        const half = row < middle ? first : second
        if (row === end - rowCount || row === middle) half.begin(parts[half === first ? 0 : 1]!)
        half.add(recordAt(columns, row), 0)
      }
    }
    first.recordBytes = Math.floor(this.recordBytes / 2)
    second.recordBytes = this.recordBytes - first.recordBytes
    first.ordinal = this.ordinal
    second.ordinal = this.ordinal
    first.sequence = this.sequence
    second.sequence = sequenceAfter(this.sequence, middle)
    return [first, second]
  }

  /** No more records: from here on its bytes are fixed but for the producer's stamp. */
  seal({ codecs, codec }: BatchMaking, now: number): void {
    if (this.#bytes !== undefined) return
    this.#encoder.close({ base: 0, time: now, logAppendTime: false })
    const batch = this.#encoder.takeBytes()
    this.#bytes = CODECS[codec] === 0 ? batch : compressBatch(batch, CODECS[codec], codecs)
  }

  /** The bytes to send, under this producer and the batch's own sequence. */
  stamped(producer: { readonly id: number; readonly epoch: number }, codecs: Codecs): Uint8Array {
    const bytes = this.#bytes ?? new Uint8Array(0)
    const { id: producerId, epoch: producerEpoch } = producer
    stampProducer(bytes, { producerId, producerEpoch, baseSequence: this.sequence }, codecs)
    return bytes
  }

  settle(error?: Error): void {
    for (const { part } of this.#parts) {
      if (error === undefined) part.resolve()
      else part.reject(error)
    }
  }
}

/** A row as it was given; what it has no key or value of stays absent. */
function recordAt({ keys, values }: ScannedColumns, row: number): LogRecord {
  return {
    ...(keys.lengths[row]! >= 0 && { key: bytesOf(keys, row) }),
    ...(values.lengths[row]! >= 0 && { value: bytesOf(values, row) }),
  }
}

/** One append in two batches: it is done when both are, and has failed when either has. */
function inTwo({ resolve, reject }: Part): readonly Part[] {
  let left = 2
  const half = {
    resolve: (): void => {
      if (--left === 0) resolve()
    },
    reject,
  }
  return [half, half]
}

/** The number of the next record: they begin at 0 again behind 2^31 − 1. */
export const sequenceAfter = (sequence: number, count: number): number =>
  (sequence + count) % SEQUENCE_END
