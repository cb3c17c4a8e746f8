import { NocturneError } from '../../model/nocturne-error.ts'
import { assert } from '../../std/assert.ts'
import { byText } from '../../std/by-text.ts'
import { utf8 } from '../../std/bytes.ts'
import type { Clock } from '../../std/clock.ts'
import { partitionOf } from '../../std/hash.ts'
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
import { MemoryGroup, type Member } from './memory-group.ts'
import { MemoryPartition, recordBytes } from './memory-partition.ts'

const NOTE_BYTES_MAX = 4_096
const BYTES_MAX = 256 * 1_048_576

type Topic = { spec: TopicSpec; readonly partitions: MemoryPartition[]; calls: number }

/**
 * A log in memory, for tests and for what need not outlive the process. Append settles at once;
 * `bytesMax` bounds all topics together, beyond it appends are refused with LOG_FULL. A batch's
 * bytes are wiped when the next one is asked for, so whoever keeps a view of them is found out.
 */
export function openMemoryLog(options: {
  readonly clock: Clock
  readonly bytesMax?: number
}): Log & LogGroups {
  return new MemoryLog(options.clock, options.bytesMax ?? BYTES_MAX)
}

class MemoryLog implements Log, LogGroups {
  readonly #clock: Clock
  readonly #bytesMax: number
  readonly #topics = new Map<string, Topic>()
  readonly #groups = new Map<string, MemoryGroup>()
  readonly #starts = new WeakMap<Claim, GroupSpec['start']>()
  readonly #closing = new AbortController()

  constructor(clock: Clock, bytesMax: number) {
    this.#clock = clock
    this.#bytesMax = bytesMax
  }

  /** A topic that is there takes over the retention and the size bound at once. */
  async createTopic(spec: TopicSpec): Promise<void> {
    this.#assertOpen()
    assert(spec.partitions >= 1, 'a topic has at least one partition')
    const there = this.#topics.get(spec.topic)
    if (there !== undefined) {
      refuseOther(there.spec, spec)
      there.spec = spec
      for (const partition of there.partitions) partition.adopt(spec)
      return
    }
    const partitions = Array.from(
      { length: spec.partitions },
      (_, partition) => new MemoryPartition(spec, partition),
    )
    this.#topics.set(spec.topic, { spec, partitions, calls: 0 })
  }

  async append(name: string, rows: readonly LogRecord[]): Promise<void> {
    this.#assertOpen()
    const topic = this.#topic(name)
    this.#assertRoom(topic, rows)
    const now = this.#clock.now()
    const roundRobin = rows.length > 0 ? topic.calls++ % topic.partitions.length : 0
    const touched = new Set<MemoryPartition>()
    for (const row of rows) {
      const keyed =
        row.key === undefined ? roundRobin : partitionOf(row.key, topic.partitions.length)
      const partition = topic.partitions[row.partition ?? keyed]
      assert(partition !== undefined, 'a record names a partition of its topic')
      partition.append(row, now)
      touched.add(partition)
    }
    for (const partition of touched) {
      partition.tidy(now)
      partition.grown.wake()
    }
  }

  async *claims(spec: GroupSpec, signal: AbortSignal): AsyncGenerator<Claim> {
    this.#assertOpen()
    const counts = new Map(
      spec.topics.map((name) => [name, this.#topic(name).partitions.length] as const),
    )
    const ending = AbortSignal.any([signal, this.#closing.signal])
    if (spec.group === undefined) return yield* this.#allOf(spec, counts, ending)
    const group = this.#group(spec.group)
    const member = group.join(spec, counts)
    // At once, not when the iterator is next asked: its readers must stop now.
    const leave = () => group.leave(member)
    if (ending.aborted) leave()
    ending.addEventListener('abort', leave, { once: true })
    try {
      yield* this.#granted(member, spec, ending)
    } finally {
      ending.removeEventListener('abort', leave)
      leave()
    }
  }

  async position(claim: Claim): Promise<Position> {
    this.#assertOpen()
    const committed = this.#groups.get(claim.group ?? '')?.position(claim)
    return committed ?? { offset: this.#startOf(claim), note: '' }
  }

  async *read(claim: Claim, options: ReadOptions): AsyncGenerator<LogBatch> {
    this.#assertOpen()
    const partition = this.#topic(claim.topic).partitions[claim.partition]
    assert(partition !== undefined, 'a claim is for a partition of its topic')
    let { offset } = options.position
    const { signal = claim.signal } = options
    const ending = AbortSignal.any([claim.signal, this.#closing.signal, signal])
    while (!ending.aborted) {
      partition.tidy(this.#clock.now())
      if (offset < partition.start || offset > partition.end) {
        throw new NocturneError('LOG_OFFSET_OUT_OF_RANGE', outside(claim, offset, partition))
      }
      const batch = partition.batchFrom(offset, options.bytesMax)
      if (batch === undefined) {
        await partition.grown.wait(ending)
        continue
      }
      yield batch
      offset = batch.next
      batch.raw.fill(0)
    }
  }

  async commit(claim: Claim, offset: number, note = ''): Promise<void> {
    this.#assertOpen()
    const noteBytes = utf8(note).length
    if (noteBytes > NOTE_BYTES_MAX) throw new NocturneError('LOG_NOTE_TOO_LONG', `${noteBytes}`)
    const group = this.#groups.get(claim.group ?? '')
    if (claim.group === undefined || group === undefined) {
      throw new NocturneError('LOG_FENCED', `${claim.topic}/${claim.partition}, without a group`)
    }
    group.commit(claim, { offset, note })
  }

  async ends(name: string): Promise<readonly { readonly start: number; readonly end: number }[]> {
    this.#assertOpen()
    return this.#topic(name).partitions.map((partition) => {
      partition.tidy(this.#clock.now())
      return { start: partition.start, end: partition.end }
    })
  }

  async groups(): Promise<readonly string[]> {
    this.#assertOpen()
    return [...this.#groups].flatMap(([name, group]) => (group.isKnown ? [name] : [])).sort(byText)
  }

  async positions(name: string, topic: string): Promise<readonly (Position | undefined)[]> {
    this.#assertOpen()
    const known = this.#groups.get(name)?.positions(topic) ?? []
    return this.#topic(topic).partitions.map((_, partition) => known[partition])
  }

  async offsetsAt(topic: string, atMs: number): Promise<readonly Offset[]> {
    this.#assertOpen()
    return this.#topic(topic).partitions.map((partition) => {
      partition.tidy(this.#clock.now())
      return partition.offsetAt(atMs)
    })
  }

  async moveTo(name: string, topic: string, offsets: readonly Offset[]): Promise<void> {
    this.#assertOpen()
    const { length } = this.#topic(topic).partitions
    assert(offsets.length === length, 'one offset a partition')
    this.#group(name).moveTo(topic, offsets)
  }

  async close(): Promise<void> {
    this.#closing.abort('lost')
  }

  async *#allOf(
    spec: GroupSpec,
    counts: ReadonlyMap<string, number>,
    signal: AbortSignal,
  ): AsyncGenerator<Claim> {
    for (const [topic, count] of counts) {
      for (let partition = 0; partition < count && !signal.aborted; partition++) {
        const claim: Claim = { topic, partition, generation: 0, signal, release: () => undefined }
        this.#starts.set(claim, spec.start)
        yield claim
      }
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => resolve(), { once: true })
    if (!signal.aborted) await promise
  }

  async *#granted(member: Member, spec: GroupSpec, signal: AbortSignal): AsyncGenerator<Claim> {
    while (!signal.aborted) {
      const claim = member.pending.splice(0, 1)[0]
      if (claim === undefined) {
        await member.woken.wait(signal)
        continue
      }
      this.#starts.set(claim, spec.start)
      yield claim
    }
  }

  #startOf(claim: Claim): number {
    const start = this.#starts.get(claim) ?? 'earliest'
    const partition = this.#topic(claim.topic).partitions[claim.partition]
    assert(partition !== undefined, 'a claim is for a partition of its topic')
    if (start === 'earliest') return partition.start
    return start === 'latest' ? partition.end : partition.offsetAt(start.atMs)
  }

  /** Before anything is written, so a refused call leaves nothing behind. */
  #assertRoom({ spec }: Topic, rows: readonly LogRecord[]): void {
    let bytes = 0
    for (const row of rows) {
      const size = recordBytes(row)
      if (size > spec.recordBytesMax) {
        throw new NocturneError('LOG_RECORD_TOO_LARGE', `${size} bytes for ${spec.topic}`)
      }
      assert(row.key !== undefined || spec.cleanup === 'delete', 'compaction needs keys')
      bytes += size
    }
    for (const { partitions } of this.#topics.values()) {
      for (const partition of partitions) bytes += partition.bytes
    }
    if (bytes > this.#bytesMax) throw new NocturneError('LOG_FULL', `${this.#bytesMax} bytes`)
  }

  #group(name: string): MemoryGroup {
    const group = this.#groups.get(name) ?? new MemoryGroup(name, this.#clock)
    this.#groups.set(name, group)
    return group
  }

  #topic(name: string): Topic {
    const topic = this.#topics.get(name)
    if (topic === undefined) throw new NocturneError('LOG_TOPIC_UNKNOWN', name)
    return topic
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw new NocturneError('LOG_CLOSED', 'in memory')
  }
}

function refuseOther(there: TopicSpec, wanted: TopicSpec): void {
  const isSame = there.partitions === wanted.partitions && there.cleanup === wanted.cleanup
  if (isSame) return
  const has = `${there.topic} has ${there.partitions} partitions (${there.cleanup})`
  throw new NocturneError(
    'LOG_TOPIC_DIFFERS',
    `${has}, not ${wanted.partitions} (${wanted.cleanup})`,
  )
}

const outside = (claim: Claim, offset: number, { start, end }: MemoryPartition): string =>
  `${offset} in ${claim.topic}/${claim.partition}, which holds ${start} to ${end}`
