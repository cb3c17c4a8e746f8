import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Client } from 'cassandra-driver'
import { startCassandra, type CassandraCluster } from '../../../scripts/stack/cassandra-cluster.ts'
import { NocturneError } from '../../../src/model/nocturne-error.ts'
import type { WindowResult } from '../../../src/model/window-result.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { prng } from '../../../src/std/prng.ts'
import { migrateCassandra } from '../../../src/store/cassandra/schema/migrate-cassandra.ts'
import { openCassandraStore } from '../../../src/store/cassandra/cassandra-store.ts'
import type { Store } from '../../../src/store/store.ts'
import { STARTED_AT, windowResult } from '../../../src/store/suite/store-case.suite.ts'
import { clientOf, migrated, optionsOf } from '../rig/cassandra-keyspace.ts'
import { withoutJava } from '../rig/servers.ts'

const DOWN = /^STORE_(UNAVAILABLE|TIMEOUT)$/
const RETRY_MS = 200
const MINUTE_MS = 60_000
const clock = systemClock

const skip = withoutJava()
let cluster: CassandraCluster
let client: Client
let folder: string | undefined
const opened: Store[] = []

before(async () => {
  if (skip !== false) return
  folder = await mkdtemp(join(tmpdir(), 'nocturne-cassandra-'))
  cluster = await startCassandra({ nodes: 1, folder })
  client = clientOf(cluster)
  await client.connect()
})

after(async () => {
  await Promise.all(opened.map((store) => store.close()))
  await client?.shutdown()
  await cluster?.close()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

function open(keyspace: string): Store {
  const store = openCassandraStore(optionsOf(cluster, keyspace), { clock })
  opened.push(store)
  return store
}

test(
  'STORE_REFUSED: where there is no schema it says what to run, and looks again',
  { skip },
  async () => {
    const store = open('not_yet')

    await assert.rejects(store.migrate(), (error) => {
      assert.ok(error instanceof NocturneError)
      assert.equal(error.code, 'STORE_REFUSED')
      return /nocturne store migrate/.test(error.entry.advice)
    })
    await assert.rejects(store.upsert({ windows: [windowResult()] }), { code: 'STORE_REFUSED' })
    const identity = await migrated(client, cluster, 'not_yet')

    assert.equal(await store.migrate(), identity)
  },
)

test('two processes that make the schema at once make one', { skip }, async () => {
  const other = clientOf(cluster)

  const identities = await Promise.all([
    migrated(client, cluster, 'twice'),
    migrated(other, cluster, 'twice'),
  ])

  assert.equal(identities[0], identities[1])
  assert.equal(await migrated(other, cluster, 'twice'), identities[0])
  await other.shutdown()
  await open('twice').upsert({ windows: [windowResult()] })
})

test('STORE_REFUSED: a schema of a newer Nocturne is left alone', { skip }, async () => {
  await migrated(client, cluster, 'newer')
  await client.execute("UPDATE newer.schema_version SET version = 99 WHERE name = 'nocturne'")
  const store = open('newer')

  await assert.rejects(store.migrate(), { code: 'STORE_REFUSED' })
  await assert.rejects(migrated(client, cluster, 'newer'), { code: 'STORE_REFUSED' })
})

test(
  '[V4] two writers with the same windows in any order leave the same bytes',
  { skip },
  async () => {
    await migrated(client, cluster, 'one_order')
    await migrated(client, cluster, 'other_order')
    const versions = versionsOf(prng(11))
    const stores = [open('one_order'), open('one_order'), open('other_order'), open('other_order')]

    await Promise.all(stores.map((store, i) => inPieces(store, shuffled(versions, i))))

    const [one, other] = await Promise.all([rowsOf('one_order'), rowsOf('other_order')])
    assert.equal(one.length, 400)
    assert.deepEqual(one, other)
  },
)

test(
  'files are compacted by the minute of their windows, whatever the revisions',
  { skip },
  async () => {
    const keyspace = 'in_time'
    const replication = { [cluster.localDataCenter]: 1 }
    const kept = { keyspace, replication, retentionMs: { live: 30 * MINUTE_MS } }
    await migrateCassandra(client, kept, { clock })
    const flushed = 'memtable_flush_period_in_ms = 500'
    await client.execute(`ALTER TABLE ${keyspace}.live WITH ${flushed}`)
    const store = open(keyspace)
    const minute = Math.floor(clock.now() / MINUTE_MS) * MINUTE_MS

    // Two files of each minute, far apart within it: those of the newest stay apart.
    for (const [ago, second, rev] of [
      [2, 1, 2 ** 31],
      [2, 50, 1],
      [1, 2, 2 ** 31],
      [1, 49, 1],
    ] as const) {
      const files = await filesOf(keyspace)
      const end = minute - ago * MINUTE_MS + second * 1_000
      await store.upsert({ windows: [windowResult({ end, rev })] })
      await until(async () => (await filesOf(keyspace)).some((name) => !files.includes(name)))
    }

    await until(async () => (await filesOf(keyspace)).length === 3)
  },
)

test(
  '[D6] a node that goes and comes back: writes fail, then go on, with no new store',
  { skip },
  async () => {
    await migrated(client, cluster, 'outage')
    const store = open('outage')
    await store.upsert({ windows: [windowResult()] })

    // Killed, it would forget its last tenth of a second: there is no second copy.
    await cluster.stop('c1')
    const lost = windowResult({ end: STARTED_AT + 1_000 })
    await assert.rejects(store.upsert({ windows: [lost] }), { code: DOWN })
    const late = open('outage')
    await assert.rejects(late.migrate(), { code: DOWN })
    await cluster.start('c1')

    await again(() => store.upsert({ windows: [lost] }))
    assert.notEqual(await late.migrate(), '')
    const { scope, monitor, group } = lost
    const span = { tier: 'live', from: 0, to: STARTED_AT * 2, limit: 9 } as const
    const windows = await store.series({ scope, monitor, group, ...span })
    assert.deepEqual(windows, [windowResult(), lost])
  },
)

/** Files of rows of the table of windows. */
async function filesOf(keyspace: string): Promise<readonly string[]> {
  const names = await readdir(join(folder!, 'c1', 'data', keyspace), { recursive: true })
  return names.filter((name) => /^live-[^/]*[/][^/]*-Data[.]db$/.test(name)).sort()
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await clock.sleep(RETRY_MS)
}

/** Every cell of the windows, with its write timestamp. */
async function rowsOf(keyspace: string): Promise<string[]> {
  const query = `SELECT monitor, shard, bucket, scope, grp, end, result, writetime(result) AS at
    FROM ${keyspace}.live`
  const { rows } = await client.execute(query, [], { fetchSize: 5_000 })
  const texts = rows.map((row) =>
    JSON.stringify(row, (_, value: unknown) => {
      if (typeof value === 'bigint') return String(value)
      return value instanceof Map ? [...value] : value
    }),
  )
  return texts.sort()
}

/** 400 windows, each in three revisions. */
function versionsOf(random: ReturnType<typeof prng>): readonly WindowResult[] {
  return Array.from({ length: 400 }, (_, i) => ({
    stream: `s${i % 20}`,
    end: STARTED_AT + Math.floor(i / 20) * 1_000,
  })).flatMap((window) =>
    [1, 2, 3].map((seen) => {
      const rows = seen * 100 + random.below(90)
      const values = { loss: random.below(1_000) / 1_000 }
      return windowResult({ ...window, rows, values, rev: rows * 4_096, closed: seen > 1 })
    }),
  )
}

function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const random = prng(seed + 1)
  const keyed = items.map((item) => ({ item, key: random.below(1_000_000) }))
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item)
}

async function inPieces(store: Store, windows: readonly WindowResult[]): Promise<void> {
  for (let from = 0; from < windows.length; from += 100) {
    await store.upsert({ windows: windows.slice(from, from + 100) })
  }
}

/** As a reader does: until it succeeds, for as long as the failure is one that may pass. */
async function again(work: () => Promise<void>): Promise<void> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && DOWN.test(String(error.code)))) throw error
    return clock.sleep(RETRY_MS).then(() => again(work))
  }
}
