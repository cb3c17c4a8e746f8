import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { NocturneError } from '../../model/nocturne-error.ts'
import { assert } from '../../std/assert.ts'
import { byText } from '../../std/by-text.ts'
import { utf8 } from '../../std/bytes.ts'
import type { Clock } from '../../std/clock.ts'
import { plainCodecs, type Codecs } from '../../wire/record-batch/codecs.ts'
import type {
  Claim,
  GroupSpec,
  Log,
  LogBatch,
  LogGroups,
  LogRecord,
  Offset,
  Position,
  ReadOptions,
  TopicSpec,
} from '../log.ts'
import { AppendTicket } from './append-ticket.ts'
import { ClaimDesk } from './claim-desk.ts'
import type { Disk } from './disk.ts'
import { embeddedLimits, type EmbeddedLimits } from './embedded-limits.ts'
import { FreeSpace } from './free-space.ts'
import { zeroCounters, type LogCounters } from './log-counters.ts'
import { LogMeta } from './log-meta.ts'
import { nodeDisk } from './node-disk.ts'
import { readableOffsetAt } from './read/offset-at.ts'
import { PartitionLog, type LogHouse } from './partition-log.ts'
import { OpenReaders } from './read/open-readers.ts'
import { LogCells } from './remote/log-cells.ts'
import { LogDesk } from './remote/log-desk.ts'
import type { RemoteTicket } from './remote/remote-log.ts'
import { makePartition, recoverPartition } from './recovery.ts'
import { routeRows, type Topic } from './route-rows.ts'
import { TidyRounds } from './tidy-rounds.ts'
import { Waiters } from './waiters.ts'

const NOTE_BYTES_MAX = 4_096
const TOPIC_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/

/** `folder` is the data folder: the log lives in `<folder>/log`. */
export type EmbeddedOptions = {
  readonly folder: string
  readonly clock: Clock
  readonly disk?: Disk
  readonly codecs?: Codecs
  readonly limits?: Partial<EmbeddedLimits>
  /** Opens the metadata: an argument, so that a simulated crash can take its file away. */
  readonly openMeta?: typeof openLogMeta
}

/**
 * Opens the log of a data folder, and recovers it if the last process did not close it. One
 * process at a time. @throws LOG_LOCKED, LOG_CORRUPT.
 */
export async function openEmbeddedLog(options: EmbeddedOptions): Promise<EmbeddedLog> {
  const { clock, disk = nodeDisk, codecs = plainCodecs, openMeta = openLogMeta } = options
  const limits = { ...embeddedLimits, ...options.limits }
  const folder = join(options.folder, 'log')
  await disk.makeFolder(folder)
  await disk.syncFolder(options.folder)
  const space = new FreeSpace(folder, { disk, clock, limits })
  const meta = openMeta(folder, () => space.exhausted())
  const cells = LogCells.ofPartitions(limits.partitionsMax)
  const rooms = { cells, drained: new Waiters(), counters: zeroCounters() }
  const house = { disk, clock, limits, meta, space, codecs, ...rooms }
  const log = new EmbeddedLog(folder, house)
  try {
    await space.open()
    await log.recover()
    log.keepTidy()
    return log
  } catch (error) {
    await log.abandon()
    throw error
  }
}

/** `onFull` makes room for the next try. @throws LOG_LOCKED, LOG_CORRUPT. */
const openLogMeta = (folder: string, onFull: () => void): LogMeta =>
  new LogMeta(join(folder, 'meta.db'), folder, onFull)

/** The log as segment files of Kafka record batches, in one folder of one process. */
export class EmbeddedLog implements Log, LogGroups {
  readonly #folder: string
  readonly #house: LogHouse
  readonly #topics = new Map<string, Topic<PartitionLog>>()
  readonly #desk: ClaimDesk
  readonly #rounds: TidyRounds
  readonly #closing = new AbortController()
  readonly #readers = new OpenReaders()
  readonly #desks = new Set<LogDesk>()
  #closed: Promise<void> | undefined
  #tidying: Promise<void> | undefined
  #opening: readonly PartitionLog[] = []
  #creating: Promise<void> = Promise.resolve()

  constructor(folder: string, house: LogHouse) {
    this.#folder = folder
    this.#house = house
    this.#desk = new ClaimDesk(house)
    this.#rounds = new TidyRounds(house, () => this.#partitions())
  }

  /** Starts retention and compaction, every so often until `close`; called once. */
  keepTidy(): void {
    this.#tidying = this.#rounds.run(this.#closing.signal)
  }

  /** Opens what is there; called once, by `openEmbeddedLog`. */
  async recover(): Promise<void> {
    const { meta } = this.#house
    const specs = meta.topics()
    for (const spec of specs) this.#topics.set(spec.topic, await this.#openTopic(spec))
    meta.forgetEnds()
  }

  /** Lets go of what `recover` had opened when it failed; nothing else was called. */
  async abandon(): Promise<void> {
    this.#closing.abort('lost')
    for (const partition of [...this.#partitions(), ...this.#opening])
      await partition.segments.active.drop()
    this.#house.meta.close()
  }

  /** A topic that is there takes over the retention and the size bound at once. */
  async createTopic(spec: TopicSpec): Promise<void> {
    const before = this.#creating
    const done = Promise.withResolvers<void>()
    this.#creating = done.promise
    await before
    try {
      await this.#createTopic(spec)
    } finally {
      done.resolve()
    }
  }

  async #createTopic(spec: TopicSpec): Promise<void> {
    this.#assertOpen()
    assert(TOPIC_NAME.test(spec.topic) && spec.partitions > 0, 'a topic has a name and partitions')
    const there = this.#topics.get(spec.topic)
    if (there !== undefined) return this.#alterTopic(there, spec)
    const { limits, meta } = this.#house
    const count = this.#partitions().length + spec.partitions
    assert(count <= limits.partitionsMax, `at most ${limits.partitionsMax} partitions`)
    for (let partition = 0; partition < spec.partitions; partition++) {
      await makePartition(this.#house, this.#folderOf(spec.topic, partition))
    }
    await this.#house.disk.syncFolder(this.#folder)
    meta.putTopic(spec)
    this.#topics.set(spec.topic, await this.#openTopic(spec))
  }

  /**
   * Resolves when all rows are synced; they are copied before it returns, so their bytes are the
   * caller's again at once. Rejects with LOG_POISONED only where all partitions but the poisoned
   * ones have their rows.
   */
  async append(topic: string, rows: readonly LogRecord[]): Promise<void> {
    this.#assertOpen()
    const ticket = new AppendTicket()
    const { queueBytesTotalMax } = this.#house.limits
    for (const routed of routeRows(this.#topic(topic), rows, queueBytesTotalMax)) {
      ticket.try(() => routed.partition.append(routed.rows, routed.bytes, ticket))
    }
    return ticket.settle()
  }

  async *claims(spec: GroupSpec, signal: AbortSignal): AsyncGenerator<Claim> {
    this.#assertOpen()
    const counts = new Map(spec.topics.map((topic) => [topic, this.#topic(topic).spec.partitions]))
    const ending = AbortSignal.any([signal, this.#closing.signal])
    yield* this.#desk.claims(spec, counts, ending)
  }

  async position(claim: Claim): Promise<Position> {
    this.#assertOpen()
    const committed = claim.group && this.#house.meta.position(claim.group, claim)
    if (committed) return committed
    const partition = this.#partition(claim)
    const start = this.#desk.startOf(claim)
    if (start === 'earliest') return { offset: partition.segments.start, note: '' }
    if (start === 'latest') return { offset: partition.end, note: '' }
    return { offset: await readableOffsetAt(partition, start.atMs), note: '' }
  }

  async groups(): Promise<readonly string[]> {
    this.#assertOpen()
    return [...new Set([...this.#house.meta.groups(), ...this.#desk.active])].sort(byText)
  }

  async positions(group: string, topic: string): Promise<readonly (Position | undefined)[]> {
    this.#assertOpen()
    const { meta } = this.#house
    return this.#topic(topic).partitions.map(({ at }) => meta.position(group, at))
  }

  async offsetsAt(topic: string, atMs: number): Promise<readonly Offset[]> {
    this.#assertOpen()
    const { partitions } = this.#topic(topic)
    return Promise.all(partitions.map((partition) => readableOffsetAt(partition, atMs)))
  }

  async moveTo(group: string, topic: string, offsets: readonly Offset[]): Promise<void> {
    this.#assertOpen()
    assert(offsets.length === this.#topic(topic).partitions.length, 'one offset a partition')
    if (this.#desk.active.includes(group)) throw new NocturneError('LOG_GROUP_ACTIVE', group)
    const { meta, clock } = this.#house
    meta.movePositions(group, topic, { offsets, storedAt: clock.now() })
  }

  async *read(claim: Claim, options: ReadOptions): AsyncGenerator<LogBatch> {
    this.#assertOpen()
    const ending = AbortSignal.any([claim.signal, this.#closing.signal])
    yield* this.#readers.read(this.#partition(claim), options, ending)
  }

  async commit(claim: Claim, offset: Offset, note = ''): Promise<void> {
    this.#assertOpen()
    const noteBytes = utf8(note).length
    if (noteBytes > NOTE_BYTES_MAX) throw new NocturneError('LOG_NOTE_TOO_LONG', `${noteBytes}`)
    this.#desk.groupOf(claim)
    // Else a power cut could leave the position beyond the rows, and those to come would be passed.
    await this.#partition(claim).durable(offset)
    const group = this.#desk.groupOf(claim)
    const { meta, clock } = this.#house
    meta.putPosition(group, claim, { offset, note, storedAt: clock.now() })
  }

  async ends(topic: string): Promise<readonly { readonly start: Offset; readonly end: Offset }[]> {
    this.#assertOpen()
    return this.#topic(topic).partitions.map(({ segments, end }) => ({
      start: segments.start,
      end,
    }))
  }

  /** Bytes that each partition's segments take. */
  sizes(topic: string): readonly number[] {
    return this.#topic(topic).partitions.map(({ segments }) => segments.bytes)
  }

  /** A place at this log for another thread; a thread that ends gives it back by itself. */
  share(): RemoteTicket {
    this.#assertOpen()
    const { cells, limits, drained } = this.#house
    const { port1, port2 } = new MessageChannel()
    const deps = {
      log: this,
      topicOf: (name: string) => this.#topic(name),
      drained,
      closing: this.#closing.signal,
    }
    const desk = new LogDesk(deps, port1, () => this.#desks.delete(desk))
    this.#desks.add(desk)
    const { batchBytes, indexEveryBytes, underWayBytesMax } = limits
    return { port: port2, cells: cells.memory, batchBytes, indexEveryBytes, underWayBytesMax }
  }

  /** Counters since opening, and why the last round of retention that failed did. */
  stats(): Readonly<LogCounters> & { readonly maintenanceFailure?: string } {
    const failure = this.#rounds.failure
    return {
      ...this.#house.counters,
      ...(failure !== undefined && { maintenanceFailure: String(failure) }),
    }
  }

  /** Finishes what was appended, ends readers and claims, and leaves a clean folder. */
  close(): Promise<void> {
    this.#closed ??= this.#shutDown()
    return this.#closed
  }

  async #shutDown(): Promise<void> {
    const { meta, space } = this.#house
    this.#closing.abort('lost')
    const ends = []
    try {
      await this.#creating
      await this.#tidying
      await this.#readers.close()
      for (const partition of this.#partitions()) {
        const mark = await partition.close()
        if (mark) ends.push({ at: partition.at, end: mark.offset, bytes: mark.bytes })
      }
      for (const partition of this.#opening) await partition.segments.active.drop()
      for (const desk of this.#desks) await desk.close()
      await space.settled()
      meta.putEnds(ends)
    } finally {
      meta.close()
    }
  }

  async #openTopic(spec: TopicSpec): Promise<Topic<PartitionLog>> {
    const partitions: PartitionLog[] = []
    // Known before it is whole, so that what is open is let go of when the next one fails.
    this.#opening = partitions
    for (let partition = 0; partition < spec.partitions; partition++) {
      const at = { topic: spec.topic, partition }
      const line = this.#partitions().length + partition
      const place = { at, spec, folder: this.#folderOf(spec.topic, partition), line }
      const found = await recoverPartition(this.#house, place)
      partitions.push(new PartitionLog(this.#house, place, found))
    }
    this.#opening = []
    return { spec, partitions, calls: 0 }
  }

  #alterTopic(topic: Topic<PartitionLog>, wanted: TopicSpec): void {
    const there = topic.spec
    if (there.partitions !== wanted.partitions || there.cleanup !== wanted.cleanup) {
      const has = `${there.topic} has ${there.partitions} partitions (${there.cleanup})`
      const asked = `${wanted.partitions} (${wanted.cleanup}) were asked for`
      throw new NocturneError('LOG_TOPIC_DIFFERS', `${has}, ${asked}`)
    }
    this.#house.meta.putTopic(wanted)
    // Who sees what when is decided at opening; the rest can change under way.
    topic.spec = { ...wanted, durability: there.durability }
    for (const partition of topic.partitions) partition.spec = topic.spec
  }

  #partitions(): PartitionLog[] {
    return [...this.#topics.values()].flatMap(({ partitions }) => partitions)
  }

  #partition({ topic, partition }: Claim): PartitionLog {
    const found = this.#topic(topic).partitions[partition]
    assert(found !== undefined, 'a claim is for a partition of its topic')
    return found
  }

  #topic(name: string): Topic<PartitionLog> {
    const topic = this.#topics.get(name)
    if (topic === undefined) throw new NocturneError('LOG_TOPIC_UNKNOWN', name)
    return topic
  }

  #folderOf(topic: string, partition: number): string {
    return join(this.#folder, `${topic}-${partition}`)
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw new NocturneError('LOG_CLOSED', this.#folder)
  }
}
