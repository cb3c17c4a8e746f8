import { NocturneError } from '../../../model/nocturne-error.ts'
import { Bell } from '../../../std/bell.ts'
import type { Codecs } from '../../../wire/record-batch/codecs.ts'
import type { LogRecord } from '../../log.ts'
import type { Cluster } from '../cluster.ts'
import { requests } from '../driver.ts'
import { kafkaCode, kafkaError, mayPass } from '../kafka-error.ts'
import { isPassing, type Waiting } from '../patience.ts'
import { BrokerLane, type Sent, type Verdict } from './broker-lane.ts'
import { PartitionQueue } from './partition-queue.ts'
import type { Part } from './waiting-batch.ts'

/** What is counted of appends. */
export type ProducerCounts = {
  /** Batches that brokers were asked to take once more, by why. */
  readonly again: (reason: string) => void
  /** Batches that may stand twice, because brokers had lost what they knew of us. */
  readonly uncertain: () => void
}

export type ProducerDeps = Waiting & {
  readonly cluster: Cluster
  readonly codecs: Codecs
  readonly counts: ProducerCounts
}

/** Rows of one append for one partition, with the bytes that each is counted by. */
export type PartitionRows = {
  readonly partition: number
  readonly rows: readonly { readonly record: LogRecord; readonly bytes: number }[]
}

/**
 * Appends for all partitions: an idempotent producer with `acks=all` and no linger. What waits
 * while requests are under way forms the next batches.
 */
export class BatchProducer {
  readonly #deps: ProducerDeps
  readonly #queues = new Map<string, PartitionQueue>()
  readonly #lanes = new Map<number, BrokerLane>()
  readonly #bell = new Bell()
  readonly #identifying = new Set<PartitionQueue>()
  readonly #ended = new AbortController()
  #heldBytes = 0
  #turns = 0
  #isLooking = false
  #isTimed = false

  constructor(deps: ProducerDeps) {
    this.#deps = deps
  }

  /** Bytes of records that wait or are under way. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /**
   * Copies the rows and resolves once all are durable. @throws LOG_FULL at once; LOG_UNAVAILABLE
   * when no broker took them in time; LOG_RECORD_TOO_LARGE, LOG_ACL_DENIED, LOG_TOPIC_UNKNOWN.
   */
  append(topic: string, routed: readonly PartitionRows[]): Promise<void> {
    const { limits, clock } = this.#deps
    const sum = routed.reduce((total, { rows }) => total + bytesOf(rows), 0)
    if (this.#heldBytes + sum > limits.appendBytesMax) {
      const detail = `${this.#heldBytes} bytes wait for Kafka to take them`
      return Promise.reject(new NocturneError('LOG_FULL', detail))
    }
    this.#heldBytes += sum
    const parts: Promise<void>[] = []
    const part = (): Part => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      parts.push(promise)
      return { resolve, reject }
    }
    for (const { partition, rows } of routed) {
      this.#queue(topic, partition).add(rows, clock.now(), part)
    }
    this.#bell.ring()
    return allOf(parts)
  }

  /** Sends until the log closes; then what is left for a while, and fails the rest. */
  async run(): Promise<void> {
    const { clock, limits, signal } = this.#deps
    while (!signal.aborted) await this.#turn(signal)
    const until = clock.now() + limits.closeMs
    while (this.#busy().length > 0 && clock.now() < until) await this.#turn(this.#ended.signal)
    this.#ended.abort()
    for (const queue of this.#busy()) this.#fail(queue, new NocturneError('LOG_CLOSED', 'Kafka'))
  }

  #busy(): PartitionQueue[] {
    return [...this.#queues.values()].filter((queue) => !queue.isIdle)
  }

  /** Sends what can be sent, and waits until more can be. */
  async #turn(signal: AbortSignal): Promise<void> {
    const busy = this.#busy()
    this.#expire(busy)
    this.#send(busy)
    if (busy.length > 0) void this.#ringLater()
    await this.#bell.wait(signal)
    // Appends of one pass of the event loop travel together.
    await Promise.resolve()
  }

  /** While anything waits: a look at what is due, one timer at a time. */
  async #ringLater(): Promise<void> {
    if (this.#isTimed) return
    this.#isTimed = true
    await this.#deps.clock.sleep(this.#deps.limits.backoffMs, this.#ended.signal)
    this.#isTimed = false
    this.#bell.ring()
  }

  #expire(busy: readonly PartitionQueue[]): void {
    const now = this.#deps.clock.now()
    for (const queue of busy) {
      if (queue.oldestMs(now) <= this.#deps.limits.deliveryMs) continue
      const seconds = Math.round(queue.oldestMs(now) / 1000)
      const { trouble } = queue
      const isTold = trouble instanceof NocturneError && !isPassing(trouble)
      const code = isTold ? trouble.code : 'LOG_UNAVAILABLE'
      const why = isTold ? `: ${trouble.detail}` : ''
      const detail = `${queue.topic}/${queue.partition} took nothing for ${seconds} s${why}`
      this.#fail(queue, new NocturneError(code, detail, { cause: trouble }))
    }
  }

  #send(busy: readonly PartitionQueue[]): void {
    const now = this.#deps.clock.now()
    const ready = busy.filter((queue) => queue.isReady(now))
    const byNode = new Map<number, PartitionQueue[]>()
    for (const queue of ready) {
      const { cluster } = this.#deps
      const leader = cluster.seen(queue.topic)?.partitions[queue.partition]?.leader ?? -1
      if (leader < 0 || cluster.isStale) void this.#lookAnew(queue)
      else if (queue.producer === undefined) void this.#identify(queue)
      else byNode.set(leader, [...(byNode.get(leader) ?? []), queue])
    }
    this.#turns++
    for (const [node, queues] of byNode) this.#sendTo(node, queues)
  }

  #sendTo(node: number, queues: readonly PartitionQueue[]): void {
    const { limits, clock, cluster } = this.#deps
    const lane = this.#lanes.get(node) ?? new BrokerLane(cluster, node)
    this.#lanes.set(node, lane)
    const first = this.#turns % queues.length
    let left = [...queues.slice(first), ...queues.slice(0, first)]
    while (lane.underWay < limits.requestsMax && left.length > 0) {
      const sent: Sent[] = []
      let bytes = 0
      const now = clock.now()
      for (const queue of left) {
        if (bytes >= limits.requestBytesMax || !queue.isReady(now)) continue
        const taken = queue.take(now)
        if (taken === undefined) continue
        sent.push({ queue, ...taken })
        bytes += taken.bytes.length
      }
      left = left.filter((queue) => queue.isReady(now))
      if (sent.length === 0) return
      void this.#deliver(lane, sent)
    }
  }

  async #deliver(lane: BrokerLane, sent: readonly Sent[]): Promise<void> {
    const verdicts = await lane.send(sent, this.#deps.limits.requestMs)
    for (const [one, verdict] of verdicts) this.#judge(one, verdict)
    this.#bell.ring()
  }

  #judge({ queue, batch }: Sent, verdict: Verdict): void {
    const { code, said } = verdict
    // It was failed with others before its answer came.
    if (!queue.isUnderWay(batch)) return
    if (code === 0 || code === kafkaCode.duplicateSequence) {
      this.#heldBytes -= batch.recordBytes
      return queue.done(batch)
    }
    const { clock, limits, cluster, counts } = this.#deps
    const at = `${queue.topic}/${queue.partition}`
    const isYoung = clock.now() - batch.since < limits.topicWaitMs
    const isUnknown = code === kafkaCode.unknownTopic && isYoung
    if (code === kafkaCode.tooLarge) return this.#tooLarge({ queue, batch }, said)
    if (code !== -1 && !isUnknown && !mayPass(code)) {
      return this.#fail(queue, kafkaError(code, said === undefined ? at : `${at}: ${said}`))
    }
    cluster.stale()
    counts.again(code === -1 ? 'connection' : String(code))
    queue.trouble = verdict.error ?? kafkaError(code, at)
    queue.notBefore = clock.now() + queue.nextPause(limits)
    if (queue.again(batch, code)) counts.uncertain()
  }

  /** The topic may take less than it did: batches shrink, and a row alone is refused alone. */
  #tooLarge({ queue, batch }: Pick<Sent, 'queue' | 'batch'>, said: string | undefined): void {
    if (queue.split(batch)) return this.#deps.counts.again('too_large')
    this.#heldBytes -= batch.recordBytes
    const at = `${queue.topic}/${queue.partition}`
    queue.refuse(batch, kafkaError(kafkaCode.tooLarge, said === undefined ? at : `${at}: ${said}`))
  }

  #fail(queue: PartitionQueue, error: Error): void {
    for (const batch of queue.fail(error)) this.#heldBytes -= batch.recordBytes
  }

  /** Looks who leads; a failure waits, and what cannot pass fails what waits for it. */
  async #lookAnew(queue: PartitionQueue): Promise<void> {
    const { cluster } = this.#deps
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      await cluster.refresh(queue.topic)
      await cluster.leaderOf(queue.topic, queue.partition)
    } catch (error) {
      this.#pause(queue, error)
      return
    } finally {
      this.#isLooking = false
      this.#bell.ring()
    }
  }

  async #identify(queue: PartitionQueue): Promise<void> {
    if (this.#identifying.has(queue)) return
    this.#identifying.add(queue)
    const { cluster } = this.#deps
    try {
      const node = await cluster.leaderOf(queue.topic, queue.partition)
      const connection = await cluster.shared(node)
      const answer = await connection.ask(requests.initProducerId, null, 0)
      if (answer.errorCode !== 0) {
        throw kafkaError(answer.errorCode, `a producer id for ${queue.topic}`)
      }
      queue.producer = { id: Number(answer.producerId), epoch: answer.producerEpoch }
    } catch (error) {
      this.#pause(queue, error)
      return
    } finally {
      this.#identifying.delete(queue)
      this.#bell.ring()
    }
  }

  #pause(queue: PartitionQueue, error: unknown): void {
    const { clock, limits, cluster } = this.#deps
    cluster.stale()
    // Who has no right hears it now; a broken login may be cured while the rows wait.
    if (error instanceof NocturneError && error.code === 'LOG_ACL_DENIED') {
      return this.#fail(queue, error)
    }
    queue.trouble = error
    queue.notBefore = clock.now() + queue.nextPause(limits)
  }

  #queue(topic: string, partition: number): PartitionQueue {
    const at = `${topic}/${partition}`
    const there = this.#queues.get(at)
    if (there !== undefined) return there
    const { codecs, limits, cluster } = this.#deps
    const { codec } = cluster.options
    const { batchBytes, requestsMax: inFlightMax } = limits
    const queue = new PartitionQueue(
      { topic, partition },
      { codecs, codec, batchBytes, inFlightMax },
    )
    this.#queues.set(at, queue)
    return queue
  }
}

const bytesOf = (rows: PartitionRows['rows']): number =>
  rows.reduce((total, { bytes }) => total + bytes, 0)

/** Settles when all have, and only then: the first failure is told. */
async function allOf(parts: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(parts)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}
