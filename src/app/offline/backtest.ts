import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import type { Config } from '../../config/config.ts'
import { openCodecs } from '../../log/codecs/open-codecs.ts'
import { openEmbeddedLog } from '../../log/embedded/embedded-log.ts'
import type { Log, LogGroups, TopicSpec } from '../../log/log.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { openSparkSession } from '../../spark/connect/session.ts'
import type { SparkSpec } from '../../spark/spark-spec.ts'
import { assert } from '../../std/assert.ts'
import { systemClock } from '../../std/clock.ts'
import { createTopics, RECORD_BYTES_MAX } from '../create-topics.ts'
import { SPARK_USER } from '../spark/spark-names.ts'
import { finalResults, type ResultFiles } from './final-results.ts'
import { inOwnSession } from './in-own-session.ts'
import { OfflineReaders } from './offline-readers.ts'
import { orderPanes, type LoosePanes } from './ordered-panes.ts'
import { ownPanes } from './own-panes.ts'
import { readingsSpan, type ReadingsSpan } from './readings-span.ts'
import { sparkPanes } from './spark-panes.ts'

/** A log; brokers, which Spark reaches too, can delete what was made for a while. */
export type BacktestLog = Log & LogGroups & { deleteTopic?(topic: string): Promise<void> }

/** What `nocturne backtest` was asked for. */
export type BacktestRequest = ResultFiles & {
  readonly config: Config
  /** Who opened it closes it. */
  readonly log: BacktestLog
  readonly engine: 'own' | 'spark'
  /** Rows appended from one instant on and before the other. */
  readonly fromMs: number
  readonly toMs: number
  /** Ends it: what it made is deleted, and a batch of Spark’s is interrupted. */
  readonly signal: AbortSignal
  /** High-water mark of the process, MiB. */
  readonly rssMb: () => number
}

/** The last line of `nocturne backtest --json`. */
export type BacktestSummary = {
  readonly engine: 'own' | 'spark'
  /** What lies in the span, heartbeats included. */
  readonly records: number
  /** Earlier rows of the span may have expired. */
  readonly cut: boolean
  readonly rows: number
  readonly rejected: number
  readonly skewed: number
  readonly late: number
  readonly panes: number
  readonly windows: number
  readonly transitions: number
  readonly seconds: number
  readonly records_per_s: number
  /** High-water mark of this process. */
  readonly rss_mb: number
  readonly digest: string
  /** A topic that could not be deleted; what is in it expires within a day. */
  readonly left?: string
}

const FOR_EVER = { ms: -1, bytes: -1 }
/** Where a process dies before it could delete its topic, what is in it expires. */
const KEPT_MS = 86_400_000
const LOOSE = 'backtest.panes'

/**
 * Folds rows that the log still has into windows and steps of alerts, by one engine or the other:
 * nobody is told, and of the log nothing is changed. Both make equal windows of rows that are not
 * too late for either. @throws BACKTEST_EMPTY, SPARK_*, and what the log throws.
 */
export async function backtest(request: BacktestRequest): Promise<BacktestSummary> {
  const startedAt = performance.now()
  const { log } = request
  const span = await readingsSpan(log, request)
  if (span.records === 0) throw new NocturneError('BACKTEST_EMPTY', '')
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-backtest-'))
  const codecs = await openCodecs()
  const here = await openEmbeddedLog({ folder, clock: systemClock, codecs })
  try {
    const partitions = span.partitions.length
    const plan = { partitions, durability: 'interval', retention: () => FOR_EVER } as const
    await createTopics(here, plan)
    const { panes, sources, left } = await panesInto(here, request, span)
    await judged(here, request, partitions)
    const results = await finalResults(here, request)
    const seconds = (performance.now() - startedAt) / 1000
    const total = (of: 'rows' | 'rejected' | 'skewed' | 'late'): number =>
      sources.reduce((sum, source) => sum + source[of], 0)
    return {
      engine: request.engine,
      records: span.records,
      cut: span.isCut,
      rows: total('rows'),
      rejected: total('rejected'),
      skewed: total('skewed'),
      late: total('late'),
      panes,
      windows: results.windows,
      transitions: results.transitions,
      seconds: Number(seconds.toFixed(3)),
      records_per_s: Math.round(span.records / seconds),
      rss_mb: request.rssMb(),
      digest: results.digest,
      ...(left !== undefined && { left }),
    }
  } finally {
    await here.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Makes the panes of the span and writes them into the log here, in order of their slices. */
async function panesInto(
  here: Log,
  request: BacktestRequest,
  span: ReadingsSpan,
): Promise<Awaited<ReturnType<typeof orderPanes>> & { readonly left?: string }> {
  const { log, config, engine, signal } = request
  const partitions = span.partitions.length
  const order = (loose: LoosePanes) => orderPanes(loose, { log: here, partitions })
  if (engine === 'own') {
    await here.createTopic(topicOf(LOOSE, partitions, -1))
    const into = { log: here, topic: LOOSE, partitions }
    await ownPanes({ from: log, span, config, into, clock: systemClock, signal })
    assertRunning(signal)
    return order({ log: here, topic: LOOSE })
  }
  const { spark } = config.aggregate
  assert(spark !== undefined, 'config has a cluster where the engine is Spark')
  const topic = `backtest.${randomUUID()}.panes`
  await log.createTopic(topicOf(topic, partitions, KEPT_MS))
  try {
    await bySpark({ ...request, spark, span, topic })
    const ordered = await order({ log, topic })
    return (await isDeleted(log, topic)) ? ordered : { ...ordered, left: topic }
  } catch (error) {
    await isDeleted(log, topic)
    throw error
  }
}

/** A right that lacks, or brokers that left, end no back-test: what is in the topic expires. */
async function isDeleted(log: BacktestLog, topic: string): Promise<boolean> {
  try {
    await log.deleteTopic?.(topic)
    return true
  } catch (error) {
    if (error instanceof NocturneError) return false
    throw error
  }
}

type BySpark = BacktestRequest & {
  readonly spark: SparkSpec
  readonly span: ReadingsSpan
  readonly topic: string
}

async function bySpark({ config, spark, span, topic, signal }: BySpark): Promise<void> {
  const session = await openSparkSession(spark.address, { clock: systemClock, userId: SPARK_USER })
  await inOwnSession(session, signal, () =>
    sparkPanes({ session, spec: spark, config, span, topic }),
  )
}

function assertRunning(signal: AbortSignal): void {
  if (signal.aborted) throw new NocturneError('BACKTEST_STOPPED', '')
}

/** Judges all that is in `panes` to its end. */
async function judged(
  log: Log,
  { config, signal }: BacktestRequest,
  partitions: number,
): Promise<void> {
  assertRunning(signal)
  const stop = new AbortController()
  const deps = { log, clock: systemClock, config, partitions }
  const ending = AbortSignal.any([signal, stop.signal])
  const readers = new OfflineReaders(deps, ['evaluate'], ending)
  try {
    await Promise.race([readers.caughtUp(), readers.failure])
  } finally {
    stop.abort()
  }
  await readers.done()
  assertRunning(signal)
}

const topicOf = (topic: string, partitions: number, retentionMs: number): TopicSpec => ({
  ...{ topic, partitions, cleanup: 'delete', retentionMs, retentionBytes: -1 },
  ...{ durability: 'ack', recordBytesMax: RECORD_BYTES_MAX },
})
