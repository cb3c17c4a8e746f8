import type { ErrorCode } from '../../model/error-catalogue.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { assert } from '../../std/assert.ts'
import { utf8 } from '../../std/bytes.ts'
import type { Clock } from '../../std/clock.ts'
import { partitionOf } from '../../std/hash.ts'
import type { Codecs } from '../../wire/record-batch/codecs.ts'
import type {
  Claim,
  GroupSpec,
  Log,
  LogBatch,
  LogGroups,
  LogRecord,
  Position,
  ReadOptions,
  TopicSpec,
} from '../log.ts'
import { Cluster } from './cluster.ts'
import { PartitionReading } from './fetch/partition-reading.ts'
import { CoordinatorLink } from './group/coordinator-link.ts'
import { GroupMember } from './group/group-member.ts'
import { committedOf, groupNames, moveGroup, offsetsAt, offsetsOf } from './group-offsets.ts'
import { KafkaCounters } from './kafka-counters.ts'
import { checksOf, copiesOf, type KafkaCheck, type KafkaCopies } from './kafka-health.ts'
import { kafkaLimits, type KafkaLimits } from './kafka-limits.ts'
import type { KafkaOptions } from './kafka-options.ts'
import { patiently, type Waiting } from './patience.ts'
import { BatchProducer, type PartitionRows } from './produce/batch-producer.ts'
import {
  checkOffsetsTopic,
  createTopic,
  deleteTopic,
  type Doubt,
  type TopicAdmin,
} from './topic-admin.ts'

const NOTE_BYTES_MAX = 4_096
/** A record in its batch: lengths, deltas and counts beside key and value. */
const OVERHEAD_BYTES = 20

export type KafkaLogDeps = {
  readonly clock: Clock
  readonly codecs: Codecs
  readonly limits?: Partial<KafkaLimits>
  /** Told once for each setting of a topic that does not keep what was promised. */
  readonly doubt?: (doubt: Doubt) => void
}

/** A log of real brokers. Nothing is asked of them before the first call. */
export function openKafkaLog(options: KafkaOptions, deps: KafkaLogDeps): KafkaLog {
  return new KafkaLog(options, deps)
}

/** Topic by name: what `createTopic` was told, and how many appends there were. */
type KnownTopic = { readonly spec: TopicSpec | undefined; calls: number }

class KafkaLog implements Log, LogGroups {
  readonly #closing = new AbortController()
  /** Aborts last: what is under way when the log closes still needs connections. */
  readonly #disconnecting = new AbortController()
  readonly #deps: KafkaLogDeps
  readonly #waiting: Waiting
  readonly #cluster: Cluster
  readonly #producer: BatchProducer
  readonly #producing: Promise<void>
  readonly #topics = new Map<string, KnownTopic>()
  readonly #links = new Map<string, CoordinatorLink>()
  readonly #members = new Map<GroupMember, Promise<void>>()
  readonly #starts = new WeakMap<Claim, GroupSpec['start']>()
  readonly #options: KafkaOptions
  readonly #doubts: Doubt[] = []
  readonly #watching: Promise<void>
  #areOffsetsChecked = false
  /** What was counted; only read. */
  readonly counters = new KafkaCounters()
  #closed: Promise<void> | undefined

  constructor(options: KafkaOptions, deps: KafkaLogDeps) {
    const limits = { ...kafkaLimits, ...deps.limits }
    this.#options = options
    this.#deps = deps
    const { clock, codecs } = deps
    const counts = this.counters
    this.#waiting = { clock, limits, signal: this.#closing.signal }
    const closing = this.#disconnecting.signal
    const failed = (reason: ErrorCode): void => counts.failed(reason)
    this.#cluster = new Cluster(options, { clock, limits, closing, failed })
    this.#producer = new BatchProducer({ ...this.#waiting, cluster: this.#cluster, codecs, counts })
    this.#producing = this.#producer.run()
    this.#watching = this.#watch()
  }

  /** What people have to know of the cluster. */
  checks(): readonly KafkaCheck[] {
    return checksOf(this.#cluster, this.#doubts)
  }

  /** Partitions of topics in use, by how many of their copies are up to date. */
  copies(): KafkaCopies {
    return copiesOf(this.#cluster)
  }

  /** Bytes of records that wait for brokers. */
  get heldBytes(): number {
    return this.#producer.heldBytes
  }

  async createTopic(spec: TopicSpec): Promise<void> {
    this.#assertOpen()
    await this.#patiently(() => createTopic(this.#admin, spec))
    this.#topics.set(spec.topic, { spec, calls: 0 })
  }

  /** Beyond the seam: deletes a topic, and all that is in it. */
  async deleteTopic(topic: string): Promise<void> {
    this.#assertOpen()
    await this.#patiently(() => deleteTopic(this.#cluster, topic))
    this.#topics.delete(topic)
  }

  append(topic: string, rows: readonly LogRecord[]): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.reject(closed())
    if (rows.length === 0) return Promise.resolve()
    // A broker that has just begun may not know the topic for a moment: nothing overtakes for that.
    const there = this.#cluster.seen(topic)?.partitions.length
    const count = there ?? this.#topics.get(topic)?.spec?.partitions
    if (count === undefined) return this.#appendLater(topic, rows.map(copied))
    try {
      return this.#producer.append(topic, this.#route(topic, rows, count))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async *claims(spec: GroupSpec, signal: AbortSignal): AsyncGenerator<Claim> {
    this.#assertOpen()
    const ending = AbortSignal.any([signal, this.#closing.signal])
    for (const topic of spec.topics) await this.#patiently(() => this.#cluster.topic(topic))
    const { group } = spec
    const given =
      group === undefined ? this.#allOf(spec, ending) : this.#grantedTo({ ...spec, group }, ending)
    for await (const claim of given) {
      this.#starts.set(claim, spec.start)
      yield claim
    }
  }

  async position(claim: Claim): Promise<Position> {
    this.#assertOpen()
    const { topic, partition, group } = claim
    return this.#patiently(async () => {
      const at = { topic, partitions: [partition] }
      const [committed] = group === undefined ? [] : await this.#committed(group, at)
      if (committed !== undefined) return committed
      const start = this.#starts.get(claim) ?? 'earliest'
      const offsets =
        typeof start === 'object'
          ? await offsetsAt(this.#cluster, topic, start.atMs)
          : await offsetsOf(this.#cluster, topic, start)
      return { offset: offsets[partition] ?? 0, note: '' }
    })
  }

  async *read(claim: Claim, options: ReadOptions): AsyncGenerator<LogBatch> {
    this.#assertOpen()
    const { topic, partition } = claim
    const { position, bytesMax, signal = claim.signal } = options
    const ending = AbortSignal.any([claim.signal, this.#closing.signal, signal])
    const { codecs } = this.#deps
    const deps = { ...this.#waiting, signal: ending, cluster: this.#cluster, codecs }
    const from = { offset: position.offset, bytesMax }
    const reading = new PartitionReading(deps, { topic, partition }, from)
    try {
      while (!ending.aborted) {
        const batch = await reading.next()
        if (batch !== undefined && !ending.aborted) yield batch
      }
    } finally {
      reading.close()
    }
  }

  async commit(claim: Claim, offset: number, note = ''): Promise<void> {
    this.#assertOpen()
    const noteBytes = utf8(note).length
    if (noteBytes > NOTE_BYTES_MAX) throw new NocturneError('LOG_NOTE_TOO_LONG', `${noteBytes}`)
    const member = [...this.#members.keys()].find((one) => one.knows(claim))
    if (member === undefined) {
      throw new NocturneError('LOG_FENCED', `${claim.topic}/${claim.partition}`)
    }
    await member.commit(claim, { offset, note })
  }

  async ends(topic: string): Promise<readonly { readonly start: number; readonly end: number }[]> {
    this.#assertOpen()
    return this.#patiently(async () => {
      const cluster = this.#cluster
      const [starts, ends] = await Promise.all([
        offsetsOf(cluster, topic, 'earliest'),
        offsetsOf(cluster, topic, 'latest'),
      ])
      return starts.map((start, partition) => ({ start, end: ends[partition] ?? start }))
    })
  }

  groups(): Promise<readonly string[]> {
    this.#assertOpen()
    return this.#patiently(() => groupNames(this.#cluster))
  }

  async positions(group: string, topic: string): Promise<readonly (Position | undefined)[]> {
    this.#assertOpen()
    return this.#patiently(async () => {
      const view = await this.#cluster.topic(topic)
      return this.#committed(group, { topic, partitions: [...view.partitions.keys()] })
    })
  }

  async offsetsAt(topic: string, atMs: number): Promise<readonly number[]> {
    this.#assertOpen()
    return this.#patiently(() => offsetsAt(this.#cluster, topic, atMs))
  }

  async moveTo(group: string, topic: string, offsets: readonly number[]): Promise<void> {
    this.#assertOpen()
    await this.#patiently(async () => {
      const link = this.#link(group)
      await moveGroup(await link.open(), group, { topic, offsets })
    })
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  /** Each doubt is told once, however often the topic is looked at. */
  #doubted(found: Doubt): void {
    const { topic, setting } = found
    if (this.#doubts.some((one) => one.topic === topic && one.setting === setting)) return
    this.#doubts.push(found)
    this.#deps.doubt?.(found)
  }

  get #admin(): TopicAdmin {
    const doubt = (found: Doubt): void => this.#doubted(found)
    return { cluster: this.#cluster, batchBytes: this.#waiting.limits.batchBytes, doubt }
  }

  /** Looks now and then, so that a lost copy is noticed though nothing fails. */
  async #watch(): Promise<void> {
    const { clock, limits, signal } = this.#waiting
    while (!signal.aborted) {
      await clock.sleep(limits.watchMs, signal)
      if (!signal.aborted && this.#cluster.isUsed) await this.#look()
    }
  }

  async #look(): Promise<void> {
    try {
      await this.#cluster.look()
      // Kafka makes it when the first group is used.
      const isDue = !this.#areOffsetsChecked && this.#members.size > 0
      if (isDue) this.#areOffsetsChecked = await checkOffsetsTopic(this.#admin)
    } catch (error) {
      // It is kept as the cluster's trouble, and looked at again.
      if (error instanceof NocturneError) return
      throw error
    }
  }

  async #close(): Promise<void> {
    this.#closing.abort('lost')
    for (const member of this.#members.keys()) member.lose()
    await Promise.allSettled([this.#producing, this.#watching, ...this.#members.values()])
    this.#disconnecting.abort()
    for (const link of this.#links.values()) link.drop()
    this.#cluster.close()
  }

  async *#allOf({ topics }: GroupSpec, signal: AbortSignal): AsyncGenerator<Claim> {
    for (const topic of topics) {
      const { partitions } = await this.#cluster.topic(topic)
      for (const [partition] of partitions.entries()) {
        if (signal.aborted) return
        yield { topic, partition, generation: 0, signal, release: () => undefined }
      }
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => resolve(), { once: true })
    if (!signal.aborted) await promise
  }

  async *#grantedTo(
    spec: GroupSpec & { readonly group: string },
    signal: AbortSignal,
  ): AsyncGenerator<Claim> {
    const { instance } = this.#options
    const named = instance === undefined ? {} : { instance: `${instance}-${spec.group}` }
    const member = new GroupMember({ ...this.#waiting, cluster: this.#cluster, ...named }, spec)
    const running = member.run()
    running.catch(() => undefined)
    this.#members.set(member, running)
    let isOver = false
    const over = (): void => {
      isOver = true
      // What the member rang itself may have been heard before this was known.
      member.bell.ring()
    }
    running.then(over, over)
    // At once, and not when the iterator is next asked: its readers have to stop now.
    const leave = (): void => member.leave()
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave, { once: true })
    try {
      while (!isOver && !signal.aborted) {
        const [claim] = member.granted.splice(0, 1)
        if (claim === undefined) await member.bell.wait(signal)
        else yield claim
      }
      if (!signal.aborted) await running
    } finally {
      signal.removeEventListener('abort', leave)
      leave()
      const forget = (): boolean => this.#members.delete(member)
      running.then(forget, forget)
    }
  }

  async #committed(
    group: string,
    at: { readonly topic: string; readonly partitions: readonly number[] },
  ): Promise<readonly (Position | undefined)[]> {
    const link = this.#link(group)
    try {
      return await committedOf(await link.open(), group, at)
    } catch (error) {
      link.drop()
      throw error
    }
  }

  #link(group: string): CoordinatorLink {
    const { requestMs } = this.#waiting.limits
    const link = this.#links.get(group) ?? new CoordinatorLink(this.#cluster, group, requestMs)
    this.#links.set(group, link)
    return link
  }

  /** The first append to a topic that this process has not heard of. */
  async #appendLater(topic: string, rows: readonly LogRecord[]): Promise<void> {
    const { partitions } = await this.#patiently(() => this.#cluster.topic(topic))
    return this.#producer.append(topic, this.#route(topic, rows, partitions.length))
  }

  /** Which rows go where: by their own partition, else by key, else round robin per call. */
  #route(topic: string, rows: readonly LogRecord[], count: number): readonly PartitionRows[] {
    const known = this.#topics.get(topic) ?? { spec: undefined, calls: 0 }
    this.#topics.set(topic, known)
    const sized = rows.map((record) => ({ record, bytes: sizeOf(record, known.spec, topic) }))
    const roundRobin = known.calls++ % count
    const routed = Map.groupBy(sized, ({ record }) => {
      const keyed = record.key === undefined ? roundRobin : partitionOf(record.key, count)
      return record.partition ?? keyed
    })
    return [...routed].map(([partition, there]) => {
      assert(partition < count, 'a record names a partition of its topic')
      return { partition, rows: there }
    })
  }

  #patiently<T>(work: () => Promise<T>): Promise<T> {
    return patiently(this.#waiting, work)
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw closed()
  }
}

export type { KafkaLog }

const closed = (): NocturneError => new NocturneError('LOG_CLOSED', 'Kafka')

function sizeOf({ key, value }: LogRecord, spec: TopicSpec | undefined, topic: string): number {
  const size = (key?.length ?? 0) + (value?.length ?? 0)
  if (spec !== undefined && size > spec.recordBytesMax) {
    throw new NocturneError('LOG_RECORD_TOO_LARGE', `${size} bytes for ${topic}`)
  }
  return size + OVERHEAD_BYTES
}

const copied = ({ key, value, partition }: LogRecord): LogRecord => ({
  ...(key && { key: key.slice() }),
  ...(value && { value: value.slice() }),
  ...(partition !== undefined && { partition }),
})
