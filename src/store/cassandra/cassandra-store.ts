import type { RollUp, SiteMinute } from '../../model/roll-up.ts'
import type { Step, Told } from '../../model/step.ts'
import type { WindowResult } from '../../model/window-result.ts'
import type {
  CoverageQuery,
  HistoryQuery,
  SeriesQuery,
  Store,
  StoreRows,
  WorstQuery,
} from '../store.ts'
import { bucketOf, type BucketKind } from './buckets.ts'
import { retentionOf, type CassandraDeps, type CassandraOptions } from './cassandra-options.ts'
import { CoverageTable } from './coverage-table.ts'
import { GroupDirectory } from './worst/group-directory.ts'
import { GroupFrames } from './group-frames.ts'
import { LiveTable } from './live-table.ts'
import { PartitionBatches } from './session/partition-batches.ts'
import { RollUpTable } from './roll-up-table.ts'
import { Session, type Call } from './session/session.ts'
import type { SnapshotEntry } from './worst/snapshot-codec.ts'
import { SnapshotTable } from './worst/snapshot-table.ts'
import { SpanTable } from './span-table.ts'
import { StepTable } from './step-table.ts'
import { worstGroups } from './worst/worst-groups.ts'

/** Buckets of one query that are read at once. */
const BUCKETS_AT_ONCE = 4

/**
 * The store in a keyspace of a Cassandra cluster, connected when first asked. `migrateCassandra`
 * makes the schema; `migrate` here only looks whether it is there, since readers need not have
 * the right to make it. What is too old goes by itself.
 */
export function openCassandraStore(options: CassandraOptions, deps: CassandraDeps): Store {
  return new CassandraStore(options, deps)
}

class CassandraStore implements Store {
  readonly #session: Session
  readonly #keptMs: Readonly<Record<BucketKind, number>>
  readonly #frames = new GroupFrames()
  readonly #spans: SpanTable
  readonly #tables

  constructor(options: CassandraOptions, deps: CassandraDeps) {
    const { keyspace } = options
    const kept = retentionOf(options.retentionMs)
    this.#keptMs = { ...kept, snapshot: kept.live, alert: kept.steps }
    this.#session = new Session(options, deps)
    this.#spans = new SpanTable(keyspace, deps.clock)
    this.#tables = {
      live: new LiveTable(keyspace),
      minute: new RollUpTable(keyspace, 'minute'),
      hour: new RollUpTable(keyspace, 'hour'),
      snapshot: new SnapshotTable(keyspace),
      directory: new GroupDirectory(keyspace, deps.clock),
      steps: new StepTable(keyspace),
      coverage: new CoverageTable(keyspace),
    }
  }

  async migrate(): Promise<string> {
    return (await this.#session.checked()).identity
  }

  async upsert({ windows = [], rollUps = [], steps = [], coverage = [] }: StoreRows) {
    try {
      await this.#session.call('upsert', async (call) => {
        const batches = new PartitionBatches()
        const entries = this.#addWindows(batches, windows, call)
        for (const rollUp of rollUps) this.#addRollUp(batches, rollUp)
        for (const record of steps) this.#addRecord(batches, record)
        for (const minute of coverage) this.#addMinute(batches, minute)
        await call.write(batches.batches())
        // After the windows: whoever sees one in a snapshot finds it.
        if (entries.length > 0) await call.write(this.#tables.snapshot.adding(entries))
      })
    } catch (error) {
      // Before the caller can ask again: after a deadline some writes may still be under way, and
      // whoever repeats them must not rely on what they were to tell.
      this.#forget()
      throw error
    }
  }

  async series(query: SeriesQuery): Promise<readonly (WindowResult | RollUp)[]> {
    const { tier, monitor, from, to, limit } = query
    return this.#session.call('series', async (call) => {
      const of = { name: monitor, first: from + 1, last: to }
      const buckets = await this.#spans.within(call, tier, of)
      return inTurn<WindowResult | RollUp>(buckets, limit, (bucket) =>
        this.#tables[tier].series(call, query, bucket),
      )
    })
  }

  async worst(query: WorstQuery): Promise<readonly WindowResult[]> {
    return this.#session.call('worst', (call) => worstGroups(call, query, this.#tables))
  }

  async history(query: HistoryQuery): Promise<readonly (Step | Told)[]> {
    const { fingerprint, from, to, after, limit } = query
    const kind = fingerprint === undefined ? 'steps' : 'alert'
    return this.#session.call('history', async (call) => {
      const last = Math.min(to, after?.at ?? to)
      const of = { name: fingerprint ?? '', first: from + 1, last }
      const buckets = await this.#spans.within(call, kind, of)
      const steps = await inTurn(buckets.toReversed(), limit, (bucket) =>
        this.#tables.steps.steps(call, query, bucket),
      )
      return steps.flat()
    })
  }

  async coverage(query: CoverageQuery): Promise<readonly SiteMinute[]> {
    const { site, from, to, limit } = query
    return this.#session.call('coverage', async (call) => {
      const of = { name: site, first: from, last: to - 1 }
      const days = await this.#spans.within(call, 'coverage', of)
      return inTurn(days, limit, (day) => this.#tables.coverage.minutes(call, query, day))
    })
  }

  /** Nothing to do: Cassandra lets rows go when they are too old. */
  async retain(): Promise<number> {
    this.#session.assertOpen()
    return 0
  }

  async close(): Promise<void> {
    await this.#session.close()
  }

  #addWindows(
    batches: PartitionBatches,
    windows: readonly WindowResult[],
    { layout: { shards } }: Call,
  ): readonly SnapshotEntry[] {
    return windows.map((window) => {
      const frame = this.#frames.of(window)
      const { monitor, end } = window
      this.#tables.live.add(batches, window, { frame, shards })
      this.#tables.directory.add(batches, frame, { monitor, keptMs: this.#keptMs.live })
      this.#tellSpan(batches, 'live', { name: monitor, at: end })
      return { hash: frame.hash, window }
    })
  }

  #addRollUp(batches: PartitionBatches, rollUp: RollUp): void {
    const { tier, monitor, end } = rollUp
    this.#tables[tier].add(batches, rollUp, this.#frames.of(rollUp))
    this.#tellSpan(batches, tier, { name: monitor, at: end })
  }

  #addRecord(batches: PartitionBatches, record: Step | Told): void {
    if (record.kind === 'notice') {
      this.#tables.steps.addTold(batches, record)
      return
    }
    this.#tables.steps.addStep(batches, record)
    this.#tellSpan(batches, 'steps', { name: '', at: record.at })
    this.#tellSpan(batches, 'alert', { name: record.fingerprint, at: record.at })
  }

  #addMinute(batches: PartitionBatches, minute: SiteMinute): void {
    this.#tables.coverage.add(batches, minute)
    this.#tellSpan(batches, 'coverage', { name: minute.site, at: minute.at })
  }

  #tellSpan(
    batches: PartitionBatches,
    kind: BucketKind,
    { name, at }: { readonly name: string; readonly at: number },
  ): void {
    const bucket = bucketOf(kind, at)
    const statement = this.#spans.telling(kind, { name, bucket, keptMs: this.#keptMs[kind] })
    if (statement !== undefined) batches.add(`span ${kind} ${name}`, statement, name.length + 50)
  }

  /** What a writer remembers of having told may not be there. */
  #forget(): void {
    this.#frames.forget()
    this.#spans.forget()
    this.#tables.snapshot.forget()
  }
}

/** Rows of buckets in their order, some buckets at once, until there are enough. */
async function inTurn<T>(
  buckets: readonly number[],
  limit: number,
  read: (bucket: number) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const rows: T[] = []
  for (let i = 0; i < buckets.length && rows.length < limit; i += BUCKETS_AT_ONCE) {
    const some = await Promise.all(buckets.slice(i, i + BUCKETS_AT_ONCE).map(read))
    for (const of of some) rows.push(...of)
  }
  return rows.slice(0, limit)
}
