import { NocturneError } from '../../../model/nocturne-error.ts'
import { orAborted } from '../../../std/or-aborted.ts'
import { decodeFetch, encodeFetch, withOffset } from '../../../wire/kafka/fetch-codec.ts'
import type { FetchAnswer } from '../../../wire/kafka/fetch-codec.ts'
import { BATCH_HEADER_BYTES, i32 } from '../../../wire/record-batch/batch-header.ts'
import { findBatch, scanBatches } from '../../../wire/record-batch/batch-scanner.ts'
import type { Codecs } from '../../../wire/record-batch/codecs.ts'
import { CommittedFilter } from '../../../wire/record-batch/committed-filter.ts'
import { ScannedColumns, type RejectedBatch } from '../../../wire/record-batch/scanned-columns.ts'
import type { LogBatch } from '../../log.ts'
import type { Cluster } from '../cluster.ts'
import type { BrokerConnection } from '../driver.ts'
import { kafkaCode, kafkaError, mayPass } from '../kafka-error.ts'
import { isPassing, Pauses, type Waiting } from '../patience.ts'

/** Bytes asked for where a batch cannot be read, to find the one behind it. */
const SALVAGE_BYTES = 8 * 1_048_576
const SAMPLE_BYTES = 256
/** A leader that is throttled or has just become one may say once that it has nothing. */
const EMPTY_MAX = 3

export type ReadingDeps = Waiting & { readonly cluster: Cluster; readonly codecs: Codecs }

/** Which partition, and the topic's id once it is known. */
type Place = { readonly topic: string; readonly partition: number }

/** One fetch that is under way, and the offset that it asks for. */
type Asked = { readonly offset: number; readonly answer: Promise<Uint8Array> }

/** Batches behind damage, from the first good one on, and how the damage begins. */
type Salvaged = {
  readonly bytes: Uint8Array
  readonly answer: FetchAnswer
  readonly next: number
  readonly sample: Uint8Array
}

/**
 * Reads one partition over a connection of its own: while one answer is scanned the next is on its
 * way, so two are held at most. Follows the leader wherever it goes.
 */
export class PartitionReading {
  readonly #deps: ReadingDeps
  readonly #place: Place
  readonly #bytesMax: number
  readonly #columns: ScannedColumns
  readonly #pauses: Pauses
  readonly #filter = new CommittedFilter()
  #offset: number
  #topicId = ''
  #request: Uint8Array = new Uint8Array(0)
  #connection: BrokerConnection | undefined
  #asked: Asked | undefined
  #isClosed = false
  /** Where a batch could not be read at the first try. */
  #suspect = -1
  /** Answers in a row without a batch though the partition goes on behind our offset. */
  #emptyCount = 0

  constructor(deps: ReadingDeps, place: Place, from: { offset: number; bytesMax: number }) {
    this.#deps = deps
    this.#place = place
    this.#offset = from.offset
    this.#bytesMax = Math.max(1, Math.min(from.bytesMax, deps.limits.fetchBytesMax))
    this.#columns = new ScannedColumns(undefined, deps.codecs)
    this.#pauses = new Pauses(deps)
  }

  /**
   * The next run of batches; undefined where there was none yet, or once the signal aborts.
   * @throws LOG_OFFSET_OUT_OF_RANGE, LOG_TOPIC_UNKNOWN, LOG_TOPIC_DIFFERS, LOG_CORRUPT, and what
   * keeps us from the brokers unless it may pass.
   */
  async next(): Promise<LogBatch | undefined> {
    const { signal, cluster } = this.#deps
    try {
      const bytes = await orAborted(this.#ask(this.#offset), signal)
      this.#asked = undefined
      if (bytes === undefined) return undefined
      const answer = decodeFetch(bytes)
      if (answer === undefined) throw new NocturneError('LOG_UNAVAILABLE', `${this.#at}: no answer`)
      if (answer.error !== 0) return await this.#refused(answer)
      this.#pauses.reset()
      return await this.#take(bytes, answer)
    } catch (error) {
      this.#asked = undefined
      this.#disconnect()
      cluster.stale()
      if (signal.aborted) return undefined
      if (!isPassing(error)) throw error
      await this.#pauses.pause()
      return undefined
    }
  }

  close(): void {
    this.#isClosed = true
    this.#disconnect()
  }

  get #at(): string {
    return `${this.#place.topic}/${this.#place.partition}`
  }

  #ask(offset: number): Promise<Uint8Array> {
    if (this.#asked?.offset === offset) return this.#asked.answer
    const answer = this.#fetch(offset)
    // Whoever takes it hears of it; one that nobody takes any more is no crash.
    answer.catch(() => undefined)
    this.#asked = { offset, answer }
    return answer
  }

  async #fetch(offset: number): Promise<Uint8Array> {
    const connection = await this.#connected()
    return connection.fetch(withOffset(this.#request, offset))
  }

  async #connected(): Promise<BrokerConnection> {
    const there = this.#connection
    if (there?.isOpen === true) return there
    const { cluster, limits } = this.#deps
    const { topic, partition } = this.#place
    const leader = await cluster.leaderOf(topic, partition)
    const { id } = await cluster.topic(topic)
    if (this.#topicId === '') this.#topicId = id
    if (id !== this.#topicId) throw madeAnew(this.#at)
    const place = { topicId: id, partition, bytesMax: this.#bytesMax, waitMs: limits.fetchWaitMs }
    this.#request = encodeFetch(place)
    const connection = await cluster.connect(leader, limits.fetchWaitMs + limits.connectMs)
    this.#connection = connection
    if (this.#isClosed) connection.close()
    return connection
  }

  #disconnect(): void {
    this.#connection?.close()
    this.#connection = undefined
  }

  async #refused({ error }: FetchAnswer): Promise<undefined> {
    const { cluster } = this.#deps
    if (error === kafkaCode.offsetOutOfRange) {
      throw new NocturneError('LOG_OFFSET_OUT_OF_RANGE', `${this.#offset} in ${this.#at}`)
    }
    const isUnknown =
      error === kafkaCode.unknownTopic ||
      error === kafkaCode.unknownTopicId ||
      error === kafkaCode.inconsistentTopicId
    if (isUnknown) {
      // A broker that has just begun may not have heard of the topic yet.
      cluster.stale()
      const { id } = await cluster.topic(this.#place.topic)
      if (id !== this.#topicId) throw madeAnew(this.#at)
      throw new NocturneError('LOG_UNAVAILABLE', `${this.#at} is not known to its leader yet`)
    }
    const told = kafkaError(error, this.#at)
    throw mayPass(error) ? new NocturneError('LOG_UNAVAILABLE', told.detail) : told
  }

  async #take(bytes: Uint8Array, answer: FetchAnswer): Promise<LogBatch | undefined> {
    const { from, to, aborted, lastStable } = answer
    if (from === to && lastStable <= this.#offset) return undefined
    if (from === to) return await this.#goAround(lastStable)
    this.#emptyCount = 0
    const columns = this.#columns
    const guess = offsetAfter(bytes, from, to)
    if (guess > this.#offset) void this.#ask(guess)
    this.#filter.reset(aborted)
    columns.reset({ next: 0, first: this.#offset, filter: this.#filter })
    scanBatches(bytes, { from, to }, columns)
    if (columns.consumed === from) return this.#salvage(bytes, answer)
    this.#suspect = -1
    return this.#deliver(bytes, answer)
  }

  #deliver(bytes: Uint8Array, { from, lastStable }: FetchAnswer): LogBatch | undefined {
    const { count, offsets, times, keys, values, consumed, next } = this.#columns
    const base = this.#offset
    const rejected = this.#columns.rejected.filter((range) => range.next > base)
    this.#offset = Math.max(base, next)
    if (count === 0 && rejected.length === 0) return undefined
    const raw = bytes.subarray(from, consumed)
    const place = { ...this.#place, base, next: this.#offset, end: lastStable }
    return { ...place, raw, rejected, count, offsets, times, keys, values }
  }

  /**
   * The first batch cannot be read. It is fetched once more, since a fault on the way looks the
   * same; then it is passed over, up to the batch that follows it.
   */
  async #salvage(bytes: Uint8Array, answer: FetchAnswer): Promise<LogBatch | undefined> {
    const { from, to, lastStable } = answer
    const reason = this.#columns.stuck ?? 'length'
    if (this.#suspect !== this.#offset) {
      this.#suspect = this.#offset
      this.#asked = undefined
      this.#disconnect()
      return undefined
    }
    const begins = Math.min(this.#offset, baseAt(bytes, from))
    const behind = { next: this.#offset + 1, limit: Number.MAX_SAFE_INTEGER }
    const { codecs } = this.#deps
    const found = findBatch(bytes, { from: from + 1, to, codecs }, behind)
    const next = found.at < to ? found.base : await this.#probe(offsetAfter(bytes, from, to))
    if (next === undefined) throw new NocturneError('LOG_CORRUPT', `${this.#at} at ${begins}`)
    const sample = bytes.slice(from, Math.min(to, from + SAMPLE_BYTES))
    return this.#reject({ from: this.#offset, next, reason, sample }, lastStable)
  }

  /** Nothing is delivered of a range, and its reader is told so. */
  #reject(range: RejectedBatch, end: number): LogBatch {
    const { next } = range
    const place = { ...this.#place, base: this.#offset, next, end }
    this.#offset = next
    this.#emptyCount = 0
    this.#suspect = -1
    this.#columns.reset({ next })
    const { offsets, times, keys, values } = this.#columns
    const raw = new Uint8Array(0)
    return { ...place, raw, rejected: [range], count: 0, offsets, times, keys, values }
  }

  /**
   * The leader itself cannot find a batch at our offset, though there are later ones: a length on
   * its disk is damaged. What it sends from the batch before on holds the next good one; where
   * nothing is before, the nearest offset that it does find is where reading goes on.
   */
  async #goAround(end: number): Promise<LogBatch | undefined> {
    if (++this.#emptyCount < EMPTY_MAX) return undefined
    const from = this.#offset
    const found =
      (from > 0 ? await this.#salvageAt(from - 1) : undefined) ?? (await this.#nearest(end))
    if (found === undefined) throw new NocturneError('LOG_CORRUPT', `${this.#at} at ${from}`)
    const { bytes, answer, next, sample } = found
    const told = this.#reject({ from, next, reason: 'length', sample }, end)
    // What was sent behind the damage is kept: the leader may not find it again.
    const rest = await this.#take(bytes, answer)
    if (rest === undefined) return told
    return { ...rest, base: from, rejected: [...told.rejected, ...rest.rejected] }
  }

  /** The first good batch behind ours in what the leader sends from `offset` on. */
  async #salvageAt(offset: number): Promise<Salvaged | undefined> {
    const { bytes, answer } = await this.#probeAt(offset)
    if (answer === undefined || answer.from === answer.to) return undefined
    const { from, to } = answer
    const behind = { next: this.#offset + 1, limit: Number.MAX_SAFE_INTEGER }
    const found = findBatch(bytes, { from, to, codecs: this.#deps.codecs }, behind)
    if (found.at >= to) return undefined
    const damaged = wholeUpTo(bytes, { from, to, offset: this.#offset })
    const sample = bytes.slice(damaged, Math.min(to, damaged + SAMPLE_BYTES))
    return { bytes, answer: { ...answer, from: found.at }, next: found.base, sample }
  }

  /** The least offset behind ours at which the leader finds a batch: by doubling, then halving. */
  async #nearest(end: number): Promise<Salvaged | undefined> {
    let none = this.#offset
    let step = 1
    let there: number | undefined
    while (there === undefined && none + step < end) {
      const found = await this.#salvageAt(none + step)
      if (found === undefined) none += step
      else there = none + step
      step *= 2
    }
    if (there === undefined) return undefined
    while (there - none > 1) {
      const middle = Math.floor((none + there) / 2)
      if ((await this.#salvageAt(middle)) === undefined) none = middle
      else there = middle
    }
    return this.#salvageAt(there)
  }

  /** Whether a batch that can be read stands at `offset`, of which a damaged header speaks. */
  async #probe(offset: number): Promise<number | undefined> {
    if (!(offset > this.#offset)) return undefined
    const { bytes, answer } = await this.#probeAt(offset)
    if (answer === undefined) return undefined
    if (answer.from === answer.to) return answer.highWatermark === offset ? offset : undefined
    const base = baseAt(bytes, answer.from)
    return base > this.#offset ? base : undefined
  }

  /** What the leader has at `offset`, at once; no answer where it refuses. */
  async #probeAt(
    offset: number,
  ): Promise<{ readonly bytes: Uint8Array; readonly answer: FetchAnswer | undefined }> {
    const { partition } = this.#place
    const connection = await this.#connected()
    const place = { topicId: this.#topicId, partition, bytesMax: SALVAGE_BYTES, waitMs: 0 }
    const bytes = await connection.fetch(withOffset(encodeFetch(place), offset))
    const answer = decodeFetch(bytes)
    return { bytes, answer: answer?.error === 0 ? answer : undefined }
  }
}

const madeAnew = (at: string): NocturneError =>
  new NocturneError('LOG_TOPIC_DIFFERS', `${at} was deleted and made anew`)

const baseAt = (bytes: Uint8Array, at: number): number =>
  i32(bytes, at) * 2 ** 32 + (i32(bytes, at + 4) >>> 0)

/** Where the batches that come before `offset` end. */
function wholeUpTo(
  bytes: Uint8Array,
  { from, to, offset }: { readonly from: number; readonly to: number; readonly offset: number },
): number {
  let at = from
  while (at + BATCH_HEADER_BYTES <= to && baseAt(bytes, at) < offset) {
    const size = i32(bytes, at + 8) + 12
    if (size < BATCH_HEADER_BYTES || at + size > to) break
    at += size
  }
  return at
}

/** The offset behind the last whole batch, by headers that nobody has checked yet. */
function offsetAfter(bytes: Uint8Array, from: number, to: number): number {
  let next = -1
  let at = from
  while (at + BATCH_HEADER_BYTES <= to) {
    const size = i32(bytes, at + 8) + 12
    if (size < BATCH_HEADER_BYTES || at + size > to) break
    next = baseAt(bytes, at) + i32(bytes, at + 23) + 1
    at += size
  }
  return next
}
