import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { Client } from 'cassandra-driver'
import { startCassandra } from '../../../scripts/stack/cassandra-cluster.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { openCassandraStore } from '../../../src/store/cassandra/cassandra-store.ts'
import { migrateCassandra } from '../../../src/store/cassandra/schema/migrate-cassandra.ts'
import { STARTED_AT } from '../../../src/store/suite/store-case.suite.ts'
import { optionsOf } from '../rig/cassandra-keyspace.ts'
import { withoutJava } from '../rig/servers.ts'
import type { WriterPlan } from '../rig/store-writer.ts'

const skip = withoutJava()
const WRITER = fileURLToPath(new URL('../rig/store-writer.ts', import.meta.url))
const KEYSPACES = ['once', 'twice'] as const

/** Each table's cells, and what their write timestamps are asked of. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  live: ['result'],
  minute: ['result', 'states'],
  hour: ['result', 'states'],
  steps: ['body'],
  step_by_alert: ['body'],
  told: ['body'],
  coverage: ['value'],
}

async function written(plan: WriterPlan): Promise<void> {
  const child = spawn(process.execPath, [WRITER, JSON.stringify(plan)], { stdio: 'inherit' })
  const [code] = await once(child, 'close')
  assert.equal(code, 0)
}

/** Rows, and a digest of all their bytes with the timestamps they were written with. */
async function contentOf(client: Client, keyspace: string, table: string) {
  const columns = TABLES[table] ?? []
  const times = columns.map((column) => `writetime(${column}) AS at_${column}`)
  const keys = `SELECT column_name FROM system_schema.columns
    WHERE keyspace_name = ? AND table_name = ?`
  const { rows: known } = await client.execute(keys, [keyspace, table])
  const names = known.map((row) => String(row['column_name'])).sort()
  const lines: string[] = []
  const query = `SELECT ${[...names, ...times].join(', ')} FROM ${keyspace}.${table}`
  for await (const row of await client.execute(query, [], { prepare: true })) {
    lines.push(inspect(row.values(), { depth: 9, maxArrayLength: null, maxStringLength: null }))
  }
  const hash = createHash('sha256')
  for (const line of lines.sort()) hash.update(line)
  return { count: lines.length, digest: hash.digest('hex') }
}

test(
  '[V4] the same rows twice, in any order, from two processes: the tables end equal',
  { skip },
  async (t) => {
    const cluster = await startCassandra({ nodes: 1 })
    t.after(() => cluster.close())
    const { contactPoints: texts, localDataCenter } = cluster
    const client = new Client({
      contactPoints: [...texts],
      localDataCenter,
      encoding: { map: Map },
    })
    t.after(() => client.shutdown())
    const replication = { [localDataCenter]: 1 }
    for (const keyspace of KEYSPACES) {
      await migrateCassandra(client, { keyspace, replication }, { clock: systemClock })
    }
    const of = (keyspace: string) => optionsOf(cluster, keyspace)

    await written({ options: of('once'), seed: 1, times: 1 })
    await Promise.all([2, 3].map((seed) => written({ options: of('twice'), seed, times: 2 })))

    for (const table of Object.keys(TABLES)) {
      const [once_, twice] = [
        await contentOf(client, 'once', table),
        await contentOf(client, 'twice', table),
      ]
      assert.ok(once_.count > 500 || table === 'coverage', `${table} has rows`)
      assert.deepEqual(twice, once_, table)
      t.diagnostic(`${table}: ${once_.count} rows, ${once_.digest.slice(0, 16)}`)
    }
    const ranked = { monitor: 'loss', value: 'loss', order: 'highest', limit: 100 } as const
    const at = { at: STARTED_AT + 3_600_000, notBefore: STARTED_AT }
    const answers = KEYSPACES.map(async (keyspace) => {
      const store = openCassandraStore(of(keyspace), { clock: systemClock })
      const windows = await store.worst({ ...ranked, ...at })
      await store.close()
      return windows
    })
    const [first, second] = await Promise.all(answers)
    assert.equal(first?.length, 40)
    assert.deepEqual(second, first)
  },
)
