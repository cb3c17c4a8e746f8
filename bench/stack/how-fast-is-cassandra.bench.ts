// Windows of 10,000 groups of one monitor into one real node and out of it again: windows a
// second through `upsert`, the two hot questions while 10,000 a second are written and when all
// is quiet, and bytes a window on disk. GROUP_COUNT=…, HOPS=… and PACED_S=… make it less;
// NODE=host:port takes a node that runs already.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { Client } from 'cassandra-driver'
import { startCassandra } from '../../scripts/stack/cassandra-cluster.ts'
import { systemClock } from '../../src/std/clock.ts'
import { openCassandraStore } from '../../src/store/cassandra/cassandra-store.ts'
import { migrateCassandra } from '../../src/store/cassandra/schema/migrate-cassandra.ts'
import type { Store } from '../../src/store/store.ts'
import { printFigure } from '../figure.ts'
import { latencyOf } from '../latency.ts'
import { MONITOR, MonitorWindows } from './monitor-windows.ts'
import { inTemporaryFolder } from '../temporary-folder.ts'
import { say } from './one-broker.ts'

const BENCH = 'stack/how-fast-is-cassandra'
const GROUPS = Number(process.env['GROUP_COUNT'] ?? 10_000)
const HOPS = Number(process.env['HOPS'] ?? 300)
const PACED_S = Number(process.env['PACED_S'] ?? 60)
const PIECE_WINDOWS = Number(process.env['PIECE'] ?? 1_000)
const QUERIES = 500
const KEYSPACE = 'bench'
const HOP_MS = 1_000

const windows = new MonitorWindows(GROUPS)

type Place = { readonly contactPoints: readonly string[]; readonly localDataCenter: string }

async function measure({ contactPoints, localDataCenter }: Place, folder?: string): Promise<void> {
  const client = new Client({ contactPoints: [...contactPoints], localDataCenter })
  const replication = { [localDataCenter]: 1 }
  await client.connect()
  await client.execute(`DROP KEYSPACE IF EXISTS ${KEYSPACE}`, [], { readTimeout: 60_000 })
  await migrateCassandra(client, { keyspace: KEYSPACE, replication }, { clock: systemClock })
  const addresses = contactPoints.map((text) => {
    const [host = '', port] = text.split(':')
    return { host, port: Number(port) }
  })
  const options = { contactPoints: addresses, localDataCenter, keyspace: KEYSPACE }
  const store = openCassandraStore(options, { clock: systemClock })

  const firstEnd = Math.floor(systemClock.now() / HOP_MS) * HOP_MS - HOPS * HOP_MS
  const waits = await fill(store, firstEnd)
  const beside = await paced(store)
  await compacted(client)
  say('quiet')
  const last = beside.lastEnd
  const quiet = await asked(store, { last, until: () => false })
  report('quiet', quiet, 20)
  report('beside 10,000 windows a second', beside.asked)
  const { p50, p99 } = latencyOf(waits)
  printFigure(BENCH, { figure: 'upsert of a piece, p50', unit: 'ms', samples: [p50] })
  printFigure(BENCH, { figure: 'upsert of a piece, p99', unit: 'ms', samples: [p99] })
  await store.close()
  if (folder !== undefined) await disk(client, folder, (HOPS + PACED_S) * GROUPS)
  await client.shutdown()
}

/** Resolves once the node has done what the writing left behind. */
async function compacted(client: Client): Promise<void> {
  for (let idle = 0; idle < 10; idle++) {
    await systemClock.sleep(1_000)
    const { rowLength } = await client.execute('SELECT * FROM system_views.sstable_tasks')
    if (rowLength > 0) idle = 0
  }
}

/** As fast as it goes. */
async function fill(store: Store, firstEnd: number): Promise<number[]> {
  const waits: number[] = []
  const cpu = process.cpuUsage()
  const began = performance.now()
  for (let hop = 0; hop < HOPS; hop++) {
    if (hop % 60 === 0) say(`hop ${hop} of ${HOPS}`)
    await oneHop(store, firstEnd + hop * HOP_MS, waits)
  }
  const seconds = (performance.now() - began) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  const rate = (HOPS * GROUPS) / seconds
  printFigure(BENCH, { figure: 'windows per second', unit: '1/s', samples: [rate], atLeast: 1e4 })
  const perRow = (user + system) / (HOPS * GROUPS)
  printFigure(BENCH, { figure: 'CPU of the writer a window', unit: 'µs', samples: [perRow] })
  return waits
}

async function oneHop(store: Store, end: number, waits: number[]): Promise<void> {
  for (let from = 0; from < GROUPS; from += PIECE_WINDOWS) {
    const piece = windows.of(end, from, Math.min(GROUPS, from + PIECE_WINDOWS))
    const began = performance.now()
    await store.upsert({ windows: piece })
    waits.push(performance.now() - began)
    await systemClock.sleep(0)
  }
}

type Asked = { readonly series: number[]; readonly worst: number[] }

/** One hop a second, and questions beside it. */
async function paced(store: Store): Promise<{ readonly asked: Asked; readonly lastEnd: number }> {
  say('one hop a second')
  let lastEnd = Math.floor(systemClock.now() / HOP_MS) * HOP_MS
  let isDone = false
  const lags: number[] = []
  const writing = (async () => {
    for (let hop = 0; hop < PACED_S; hop++) {
      const end = lastEnd + HOP_MS
      await systemClock.sleep(Math.max(0, end - systemClock.now()))
      await oneHop(store, end, [])
      lags.push(systemClock.now() - end)
      lastEnd = end
    }
    isDone = true
  })()
  const answers = await asked(store, { last: undefined, until: () => isDone, everyMs: 100 })
  await writing
  const { p50, p99 } = latencyOf(lags)
  printFigure(BENCH, { figure: 'a hop is stored after, p50', unit: 'ms', samples: [p50] })
  printFigure(BENCH, { figure: 'a hop is stored after, p99', unit: 'ms', samples: [p99] })
  return { asked: answers, lastEnd }
}

async function asked(
  store: Store,
  { last, until, everyMs = 5 }: { last: number | undefined; until(): boolean; everyMs?: number },
): Promise<Asked> {
  const taken: { series: number[]; worst: number[] } = { series: [], worst: [] }
  const expected = worstOf(last ?? 0)
  for (let i = 0; !until() && (last === undefined || i < QUERIES); i++) {
    const at = last ?? systemClock.now()
    const group = windows.groupOf((i * 7_919) % GROUPS)
    const span = { from: at - 60_000, to: at, limit: 60 }
    const began = performance.now()
    const rows = await store.series({
      ...{ scope: 'ams1', monitor: MONITOR, tier: 'live', group },
      ...span,
    })
    taken.series.push(performance.now() - began)
    if (last !== undefined) assert.equal(rows.length, Math.min(60, PACED_S))
    await systemClock.sleep(everyMs)
    const from = performance.now()
    const worst = await store.worst({
      ...{ monitor: MONITOR, value: 'loss', order: 'highest', limit: 20 },
      ...{ at, notBefore: at - 60_000 },
    })
    taken.worst.push(performance.now() - from)
    if (last !== undefined)
      assert.deepEqual(
        worst.map(({ id }) => id),
        expected,
      )
    await systemClock.sleep(everyMs)
  }
  return taken
}

/** Ids of the twenty with the highest loss, by another way. */
const worstOf = (end: number): string[] =>
  windows
    .of(end, 0, GROUPS)
    .sort((a, b) => b.values['loss']! - a.values['loss']! || (a.id < b.id ? -1 : 1))
    .slice(0, 20)
    .map(({ id }) => id)

function report(when: string, { series, worst }: Asked, atMost = Infinity): void {
  const named = { 'last 60 windows of a group': series, 'worst 20 groups': worst }
  for (const [name, taken] of Object.entries(named)) {
    const { p50, p99, max } = latencyOf(taken)
    const print = (of: string, value: number, bound = {}) => {
      const figure = `${name}, ${when}, ${of}`
      printFigure(BENCH, { figure, unit: 'ms', samples: [value], ...bound })
    }
    print('p50', p50)
    print('p99', p99, atMost < Infinity ? { atMost } : {})
    print('max', max)
  }
}

/** Flushed, and after the compaction that follows. */
async function disk(client: Client, folder: string, count: number): Promise<void> {
  say('flushing')
  const asked = 'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?'
  const { rows } = await client.execute(asked, [KEYSPACE], { prepare: true })
  for (const row of rows) {
    const table = `${KEYSPACE}.${String(row['table_name'])}`
    await client.execute(`ALTER TABLE ${table} WITH memtable_flush_period_in_ms = 1000`)
  }
  await systemClock.sleep(60_000)
  for (const name of ['live', 'snapshot', 'rosters', 'groups']) {
    const kib = execFileSync('sh', ['-c', `du -sk ${folder}/${KEYSPACE}/${name}-*`])
    const bytes = (Number.parseInt(String(kib), 10) * 1_024) / count
    printFigure(BENCH, { figure: `${name}: bytes a window`, unit: 'B', samples: [bytes] })
  }
}

const node = process.env['NODE']
if (node !== undefined) {
  await measure({ contactPoints: [node], localDataCenter: 'datacenter1' })
} else {
  say('starting a node')
  await inTemporaryFolder(async (folder) => {
    const cluster = await startCassandra({ nodes: 1, folder })
    try {
      await measure(cluster, join(folder, 'c1', 'data'))
    } finally {
      await cluster.close()
    }
  })
}
