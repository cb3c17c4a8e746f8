import { kafkaCode } from '../kafka-error.ts'
import { sequenceAfter, WaitingBatch, type BatchMaking, type Part } from './waiting-batch.ts'
import type { LogRecord } from '../../log.ts'

/** A producer id of the brokers: what they know repeats by. */
export type Producer = { readonly id: number; readonly epoch: number }

/**
 * What waits for one partition and what is under way to it, in order. Nothing new is sent that is
 * more than `inFlightMax` behind a batch without its acknowledgement, since brokers know repeats
 * among the last five; and behind the first batch of a producer nothing is, since brokers take any
 * number of a producer that they do not know (KIP-360). After a failure nothing more is sent until
 * all that was under way has its answer; then what failed goes again, in order and under the same
 * sequence numbers.
 */
export class PartitionQueue {
  readonly topic: string
  readonly partition: number
  /** Its own producer id: renewing it touches no other partition. */
  producer: Producer | undefined
  readonly #making: BatchMaking & { readonly batchBytes: number; readonly inFlightMax: number }
  #waiting: WaitingBatch[] = []
  #inFlight: WaitingBatch[] = []
  #failed: WaitingBatch[] = []
  #sequence = 0
  /** Bytes of the batch before, which the next one will have too, about. */
  #lastBytes = 0
  /** How many batches were sent for the first time. */
  #sentCount = 0
  /** Whether brokers know the producer: a batch of it was acknowledged. */
  #isKnown = false
  #isLost = false
  #pauseMs = 0
  /** A clock's instant before which nothing is sent: failures wait. */
  notBefore = 0
  /** Why the last try failed. */
  trouble: unknown

  constructor(
    at: { readonly topic: string; readonly partition: number },
    making: BatchMaking & { readonly batchBytes: number; readonly inFlightMax: number },
  ) {
    this.topic = at.topic
    this.partition = at.partition
    this.#making = making
  }

  /** Takes the rows of one append; `part` is settled once for each batch that they went into. */
  add(rows: readonly { record: LogRecord; bytes: number }[], now: number, part: () => Part): void {
    let last: WaitingBatch | undefined
    for (const { record, bytes } of rows) {
      const batch = this.#openBatch(bytes, now)
      if (batch !== last) batch.begin(part())
      last = batch
      batch.add(record, bytes)
    }
  }

  get isIdle(): boolean {
    return this.#waiting.length + this.#inFlight.length + this.#failed.length === 0
  }

  /** Whether a batch may be sent now. */
  isReady(now: number): boolean {
    const [next] = this.#waiting
    if (next === undefined || this.#isLost || now < this.notBefore) return false
    if (this.#failed.length > 0) return false
    const [oldest] = this.#inFlight
    const most = this.#isKnown ? this.#making.inFlightMax : 1
    const ordinal = next.sequence < 0 ? this.#sentCount : next.ordinal
    return oldest === undefined || ordinal - oldest.ordinal < most
  }

  /** Age of the oldest record that is not yet acknowledged; 0 where there is none. */
  oldestMs(now: number): number {
    const [oldest] = [...this.#failed, ...this.#inFlight, ...this.#waiting]
    return oldest === undefined ? 0 : now - oldest.since
  }

  /** The next batch, on its way from now on; its queue is ready and has a producer. */
  take(now: number): { readonly batch: WaitingBatch; readonly bytes: Uint8Array } | undefined {
    if (this.producer === undefined) return undefined
    const [batch] = this.#waiting.splice(0, 1)
    if (batch === undefined) return undefined
    if (!batch.isSealed) this.#lastBytes = batch.size
    batch.seal(this.#making, now)
    if (batch.sequence < 0) {
      batch.ordinal = this.#sentCount++
      batch.sequence = this.#sequence
      this.#sequence = sequenceAfter(this.#sequence, batch.count)
    }
    this.#inFlight.push(batch)
    return { batch, bytes: batch.stamped(this.producer, this.#making.codecs) }
  }

  /** Acknowledged by all that are in sync, now or when it was sent before. */
  done(batch: WaitingBatch): void {
    this.#land(batch)
    this.#isKnown = true
    this.#pauseMs = 0
    batch.settle()
    this.#resend()
  }

  /**
   * Not taken, or nobody knows: it goes again. Answers true where the brokers have lost what they
   * knew of this producer: then what goes again may stand there twice, under a new one.
   */
  again(batch: WaitingBatch, code: number): boolean {
    const isFirst = this.#inFlight[0] === batch && this.#failed.length === 0
    const isLost =
      code === kafkaCode.invalidProducerEpoch ||
      code === kafkaCode.unknownProducer ||
      code === kafkaCode.producerFenced ||
      (code === kafkaCode.outOfOrderSequence && isFirst && !this.#isLost)
    this.#land(batch)
    this.#failed.push(batch)
    if (isLost) this.#isLost = true
    this.#resend()
    return isLost
  }

  /** Its topic finds it too large: its halves go in its place. False where it has one row. */
  split(batch: WaitingBatch): boolean {
    if (batch.count < 2) return false
    this.#land(batch)
    this.#failed.push(...batch.halves(this.#making.codecs))
    this.#resend()
    return true
  }

  /**
   * No broker will ever take it, and what waits behind it is not to blame: that goes on, but under
   * another producer id, since a number of this one's is missing now.
   */
  refuse(batch: WaitingBatch, error: Error): void {
    this.#land(batch)
    this.#isLost = true
    batch.settle(error)
    this.#resend()
  }

  /** Whether its answer is still waited for. */
  isUnderWay(batch: WaitingBatch): boolean {
    return this.#inFlight.includes(batch)
  }

  /** How long to wait now that a try has failed: longer each time, until one succeeds. */
  nextPause(limits: { readonly backoffMs: number; readonly backoffMsMax: number }): number {
    this.#pauseMs = Math.min(limits.backoffMsMax, Math.max(limits.backoffMs, this.#pauseMs * 2))
    return this.#pauseMs
  }

  /** Fails the batch and all that waits behind it, so that nothing overtakes it (L11). */
  fail(error: Error): readonly WaitingBatch[] {
    const lost = [...this.#failed, ...this.#inFlight, ...this.#waiting]
    this.#failed = []
    this.#waiting = []
    this.#inFlight = []
    // The brokers may have any of them, so later ones count from the start under another id.
    this.#renew()
    for (const batch of lost) batch.settle(error)
    return lost
  }

  #land(batch: WaitingBatch): void {
    const at = this.#inFlight.indexOf(batch)
    if (at >= 0) this.#inFlight.splice(at, 1)
  }

  #resend(): void {
    if (this.#inFlight.length > 0 || (this.#failed.length === 0 && !this.#isLost)) return
    this.#failed.sort((a, b) => a.ordinal - b.ordinal)
    this.#waiting = [...this.#failed, ...this.#waiting]
    this.#failed = []
    if (this.#isLost) this.#renew()
  }

  #renew(): void {
    this.#isLost = false
    this.#isKnown = false
    this.producer = undefined
    this.#sequence = 0
    for (const batch of this.#waiting) batch.sequence = -1
  }

  #openBatch(bytes: number, now: number): WaitingBatch {
    const last = this.#waiting.at(-1)
    const isOpen = last !== undefined && !last.isSealed && last.sequence < 0
    if (isOpen && last.size + bytes <= this.#making.batchBytes) return last
    const batch = new WaitingBatch(now, this.#making.codecs, this.#lastBytes)
    this.#waiting.push(batch)
    return batch
  }
}
