import { BatchEncoder } from '../../../wire/record-batch/batch-encoder.ts'
import { compressBatch, stampProducer } from '../../../wire/record-batch/sealed-batch.ts'
import type { Codecs } from '../../../wire/record-batch/codecs.ts'
import type { LogRecord } from '../../log.ts'

const CODECS = { none: 0, lz4: 3, zstd: 4 } as const

const ROOM_BYTES_MIN = 4096

/** How batches are made. */
export type BatchMaking = { readonly codecs: Codecs; readonly codec: keyof typeof CODECS }

/** One append, or the part of it that went into one batch. */
export type Part = { readonly resolve: () => void; readonly reject: (error: Error) => void }

/** Records of one partition that travel together, and whoever waits for them. */
export class WaitingBatch {
  readonly parts: Part[] = []
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

  /** Copies the record. */
  add(record: LogRecord, bytes: number): void {
    this.#encoder.add(record)
    this.count++
    this.recordBytes += bytes
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
    for (const { resolve, reject } of this.parts) {
      if (error === undefined) resolve()
      else reject(error)
    }
  }
}
