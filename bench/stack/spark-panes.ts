import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { startSpark, type SparkServer } from '../../scripts/stack/spark-server.ts'
import type { KafkaCluster } from '../../scripts/stack/kafka-cluster.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { compileSite } from '../../src/spark/compile-site.ts'
import { openSparkSession } from '../../src/spark/connect/session.ts'
import type { SparkSession } from '../../src/spark/spark-session.ts'
import type { SparkSpec } from '../../src/spark/spark-spec.ts'
import { readBatchProgress } from '../../src/spark/watch/batch-progress.ts'
import { panesQuery, readingsSource, sessionSettings } from '../../src/spark/watch/query-plan.ts'
import { systemClock } from '../../src/std/clock.ts'
import { PARTITIONS } from './house-topics.ts'
import { costOf, type ProcessOutcome } from './process-outcome.ts'

const LOOK_EVERY_MS = 50
/** A catch-up that takes longer stands still. */
const RUN_MS_MAX = 900_000
/** Of one server that is driver and executor at once, as `local[2]`. */
const HEAP = '1500m'

/** Fresh: the server's own start counts, as that of every other way; warm: it did it all before. */
export type SparkState = 'fresh' | 'warm'

/** What is in `readings`, by a Spark server of its own, into `panes`: all of it once. */
export async function runSpark(
  cluster: KafkaCluster,
  place: { readonly folder: string; readonly state: SparkState },
  again: () => Promise<void>,
): Promise<ProcessOutcome> {
  const server = await startSpark({ heap: HEAP })
  try {
    if (place.state === 'warm') {
      await catchUp(server, cluster, place.folder)
      await again()
    }
    const before = place.state === 'warm' ? server.cpuSeconds() : 0
    const { rows, seconds } = await catchUp(server, cluster, place.folder)
    const pid = server.pid()
    assert.ok(pid !== undefined, 'the server runs')
    return { rows, seconds, cpu_seconds: server.cpuSeconds() - before, rss_mb: costOf(pid).rssMb }
  } finally {
    await server.close()
  }
}

/** What a query read and told, without its server's start. */
async function catchUp(
  server: SparkServer,
  { bootstrap }: KafkaCluster,
  folder: string,
): Promise<Pick<ProcessOutcome, 'rows' | 'seconds'>> {
  const loaded = loadConfig({ file: 'examples/ott.yaml', env: {} })
  assert.ok(loaded.ok)
  const { site, skewMs, monitors } = loaded.config
  const servers = bootstrap.map(({ host, port }) => `${host}:${port}`).join()
  const spec: SparkSpec = {
    address: server.address,
    sites: [site],
    checkpoints: join(folder, 'checkpoints'),
    triggerMs: 0,
    rowsPerBatchMax: 200_000,
    shufflePartitions: 2,
    spreadMs: 10_000,
    rates: [1],
    kafkaOptions: { 'kafka.bootstrap.servers': servers },
  }
  const given = { spec, site, ownSite: site, monitors, skewMs, partitions: PARTITIONS }
  const program = compileSite(given)
  const session = await openSparkSession(server.address, { clock: systemClock, userId: 'bench' })
  try {
    await session.configure(sessionSettings(spec))
    const offsets = Array.from({ length: PARTITIONS }, () => 0)
    for (const { name, relation } of program.views(readingsSource(spec, offsets))) {
      await session.view(name, relation)
    }
    const place = { program, name: 'bench', folder: join(folder, randomUUID()) }
    const startedAt = performance.now()
    const query = await session.queries.start({
      ...panesQuery(spec, place),
      trigger: 'available',
    })
    const rows = await rowsOf(session, query, startedAt)
    return { rows, seconds: (performance.now() - startedAt) / 1000 }
  } finally {
    await session.release()
    session.close()
  }
}

/** Waits for the end of a query; answers how many rows of Kafka its batches read. */
async function rowsOf(
  { queries }: SparkSession,
  query: Awaited<ReturnType<SparkSession['queries']['start']>>,
  startedAt: number,
): Promise<number> {
  const rowsByBatch = new Map<number, number>()
  for (;;) {
    const { isActive } = await queries.status(query)
    const said = await queries.lastProgress(query)
    if (said !== undefined) {
      const batch = readBatchProgress(said, { topic: 'readings', observedAs: 'seen' })
      if (batch !== undefined) rowsByBatch.set(batch.batchId, batch.rows)
    }
    if (!isActive) break
    assert.ok(performance.now() - startedAt < RUN_MS_MAX, 'Spark stands still')
    await systemClock.sleep(LOOK_EVERY_MS)
  }
  const failure = await queries.failure(query)
  assert.equal(failure, undefined)
  return [...rowsByBatch.values()].reduce((sum, rows) => sum + rows, 0)
}
