import type {
  Claim,
  GroupSpec,
  Log,
  LogBatch,
  LogRecord,
  Position,
  ReadOptions,
  TopicSpec,
} from '../../log/log.ts'
import type { ErrorCode } from '../../model/error-catalogue.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { assert } from '../../std/assert.ts'
import type { Clock } from '../../std/clock.ts'
import { partitionOf } from '../../std/hash.ts'
import { numberedRow } from '../../wire/numbered-row.ts'
import { recordSize } from './record-size.ts'
import { SpoolDrain } from './spool-drain.ts'
import { SpooledPartition } from './spooled-partition.ts'

export type SpooledLogOptions = {
  /** The brokers; nobody else appends by it, so that it may give up early. */
  readonly far: Log
  /** A log on the local disk that has the topics already. */
  readonly spool: Log
  readonly clock: Clock
  /** Partitions of each topic that is spooled. */
  readonly partitions: Readonly<Record<SpooledTopic, number>>
  /** What all rows without a number of their own are numbered as; of this start alone (D7). */
  readonly collector: string
  /** Rows that the brokers do not have: in the spool, and on their way there. */
  readonly bytesMax: number
  /** What waits in memory for an answer of the brokers. */
  readonly heldBytesMax?: number
}

export type SpooledTopic = 'readings' | 'rejected'

/** How the spool is doing. */
export type SpoolStats = {
  readonly rows: number
  readonly bytes: number
  /** When the oldest of the rows was spooled. */
  readonly oldestAt: number | undefined
  /** Why the brokers took nothing when last asked; undefined while they take rows. */
  readonly trouble: ErrorCode | undefined
  /** Whether rows were refused a moment ago. */
  readonly isFull: boolean
  readonly refusedRows: number
  readonly droppedRows: Readonly<Record<'too_large' | 'unreadable', number>>
}

/** How the drain claims a topic of the spool. */
export const spoolGroup = (topic: string): GroupSpec & { readonly group: string } => ({
  topics: [topic],
  group: `spool-${topic}`,
  start: 'earliest',
  sessionMs: 10_000,
  rebalanceMs: 60_000,
})

/** The collectors' own positions in files of this machine: they stay on it. */
const LOCAL_TOPIC = 'checkpoints'
const HELD_BYTES_MAX = 32 * 1_048_576
const FULL_FOR_MS = 10_000

/**
 * What collectors append to where the log is brokers: rows go there while they take them, else to
 * the local disk, and from there in order once they are back (D9). Checkpoints stay local.
 */
export class SpooledLog implements Log {
  readonly #options: SpooledLogOptions
  readonly #partitions: ReadonlyMap<string, readonly SpooledPartition[]>
  readonly #dropped = { too_large: 0, unreadable: 0 }
  #calls = 0
  #n = 0
  #trouble: ErrorCode | undefined
  #refusedRows = 0
  #refusedAt = -Infinity

  constructor(options: SpooledLogOptions) {
    this.#options = options
    const made = Object.entries(options.partitions).map(([topic, count]) => {
      const make = () => this.#partition(topic)
      return [topic, Array.from({ length: count }, make)] as const
    })
    this.#partitions = new Map(made)
  }

  /** The log on the local disk, whose claims are drained. */
  get local(): Log {
    return this.#options.spool
  }

  /** Topics whose rows are spooled. */
  get topics(): readonly string[] {
    return [...this.#partitions.keys()]
  }

  /** Whether every partition's rows go to the brokers at once. */
  get areDirect(): boolean {
    return this.#all().every(({ way }) => way === 'direct')
  }

  /** Rows of an earlier process, before anything is appended. */
  found(at: { readonly topic: string; readonly partition: number }, rows: number, bytes: number) {
    this.#partitions.get(at.topic)?.[at.partition]?.found(rows, bytes)
  }

  /** Brings what is spooled in one partition to the brokers, until the claim ends. */
  async drain(claim: Claim): Promise<void> {
    const partition = this.#partitions.get(claim.topic)?.[claim.partition]
    assert(partition !== undefined, 'a claim is for a partition that is spooled')
    const { far, spool, clock } = this.#options
    const deps = {
      far,
      spool,
      clock,
      troubled: (error: NocturneError | undefined) => this.#troubled(error),
      dropped: (reason: 'too_large' | 'unreadable', rows: number) => {
        this.#dropped[reason] += rows
      },
    }
    await new SpoolDrain(deps, claim, partition).run()
  }

  stats(): SpoolStats {
    const all = this.#all()
    const oldest = all.flatMap(({ rows, oldestAt }) => (rows > 0 && oldestAt ? [oldestAt] : []))
    return {
      rows: all.reduce((sum, { rows }) => sum + rows, 0),
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      oldestAt: oldest.length === 0 ? undefined : Math.min(...oldest),
      trouble: this.#trouble,
      isFull: this.#options.clock.now() - this.#refusedAt < FULL_FOR_MS,
      refusedRows: this.#refusedRows,
      droppedRows: { ...this.#dropped },
    }
  }

  createTopic(spec: TopicSpec): Promise<void> {
    return this.#home(spec.topic).createTopic(spec)
  }

  /**
   * Resolves once the rows are durable: at the brokers, or on this disk (D1).
   * @throws LOG_FULL: the spool is at its bound, or the disk at its floor.
   */
  append(topic: string, rows: readonly LogRecord[]): Promise<void> {
    const partitions = this.#partitions.get(topic)
    if (partitions === undefined) return this.#home(topic).append(topic, rows)
    const bytes = rows.reduce((sum, row) => sum + recordSize(row), 0)
    const refusal = this.#refusal(bytes)
    if (refusal !== undefined) return this.#refused(rows.length, refusal)
    const parts = this.#route(topic, rows, partitions).map(({ partition, ours }) => {
      const size = ours.reduce((sum, row) => sum + recordSize(row), 0)
      return partition.append(ours, size)
    })
    return this.#allOf(parts, rows.length)
  }

  claims(group: GroupSpec, signal: AbortSignal): AsyncIterable<Claim> {
    return this.#home(group.topics[0] ?? '').claims(group, signal)
  }

  position(claim: Claim): Promise<Position> {
    return this.#home(claim.topic).position(claim)
  }

  read(claim: Claim, options: ReadOptions): AsyncIterable<LogBatch> {
    return this.#home(claim.topic).read(claim, options)
  }

  commit(claim: Claim, offset: number, note?: string): Promise<void> {
    return this.#home(claim.topic).commit(claim, offset, note)
  }

  ends(topic: string): Promise<readonly { readonly start: number; readonly end: number }[]> {
    return this.#home(topic).ends(topic)
  }

  /** What the brokers have not confirmed by then is spooled. */
  async close(): Promise<void> {
    await this.#options.far.close()
    await Promise.all(this.#all().map((partition) => partition.end()))
    await this.#options.spool.close()
  }

  #home(topic: string): Log {
    return topic === LOCAL_TOPIC ? this.#options.spool : this.#options.far
  }

  #all(): readonly SpooledPartition[] {
    return [...this.#partitions.values()].flat()
  }

  #partition(topic: string): SpooledPartition {
    const { far, spool, clock } = this.#options
    return new SpooledPartition({
      far: (rows) => far.append(topic, rows),
      spool: (rows) => spool.append(topic, rows),
      now: () => clock.now(),
      troubled: (error) => this.#troubled(error),
    })
  }

  #troubled(error: NocturneError | undefined): void {
    this.#trouble = error?.code
  }

  /** Whatever the brokers do, what is taken now has its place in the spool. */
  #refusal(bytes: number): string | undefined {
    const { bytesMax, heldBytesMax = HELD_BYTES_MAX } = this.#options
    const all = this.#all()
    const held = all.reduce((sum, { heldBytes }) => sum + heldBytes, 0)
    const spooled = all.reduce((sum, partition) => sum + partition.bytes, 0)
    if (held + bytes > heldBytesMax) return `${held} bytes wait to be confirmed`
    if (held + spooled + bytes > bytesMax) return `${spooled} bytes are spooled`
    return undefined
  }

  #refused(rows: number, why: string): Promise<never> {
    this.#refusedRows += rows
    this.#refusedAt = this.#options.clock.now()
    return Promise.reject(new NocturneError('LOG_FULL', why))
  }

  /** Copies of the rows by partition, with their numbers, in order of the calls. */
  #route(
    topic: string,
    rows: readonly LogRecord[],
    partitions: readonly SpooledPartition[],
  ): readonly { readonly partition: SpooledPartition; readonly ours: readonly LogRecord[] }[] {
    const count = partitions.length
    const roundRobin = this.#calls++ % count
    const routed = Map.groupBy(rows, ({ key, partition }) => {
      return partition ?? (key === undefined ? roundRobin : partitionOf(key, count))
    })
    return [...routed].map(([number, there]) => {
      const partition = partitions[number]
      assert(partition !== undefined, 'a record names a partition of its topic')
      const ours = there.map((row) => this.#ourOwn(topic, number, row))
      return { partition, ours }
    })
  }

  #ourOwn(topic: string, partition: number, { key, value }: LogRecord): LogRecord {
    const numbered = topic === 'readings' ? value && this.#numbered(value) : undefined
    const copy = numbered ?? value?.slice()
    return { partition, ...(key && { key: key.slice() }), ...(copy && { value: copy }) }
  }

  #numbered(value: Uint8Array): Uint8Array | undefined {
    const { collector } = this.#options
    const numbered = numberedRow(value, { n: this.#n + 1, collector })
    if (numbered !== undefined) this.#n++
    return numbered
  }

  /** Settles when all have, and only then: the first failure is told. */
  async #allOf(parts: readonly Promise<void>[], rows: number): Promise<void> {
    const failed = (await Promise.allSettled(parts)).find(({ status }) => status === 'rejected')
    if (failed?.status !== 'rejected') return
    const isFull = failed.reason instanceof NocturneError && failed.reason.code === 'LOG_FULL'
    if (isFull) return this.#refused(rows, failed.reason.detail)
    throw failed.reason
  }
}
