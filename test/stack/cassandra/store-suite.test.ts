import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import type { Client } from 'cassandra-driver'
import { startCassandra, type CassandraCluster } from '../../../scripts/stack/cassandra-cluster.ts'
import { openCassandraStore } from '../../../src/store/cassandra/cassandra-store.ts'
import { storeSuite } from '../../../src/store/store.suite.ts'
import { clientOf, migrated, optionsOf } from '../rig/cassandra-keyspace.ts'
import { withoutJava } from '../rig/servers.ts'

const KEYSPACE = 'nocturne'
const TRUNCATE_MS = 60_000
const TTL = 'what is too old goes by itself, and nobody counts it'
const SKIPPED = {
  '[V4] an equal revision changes nothing':
    'an equal revision is an equal window; which of two others it is cannot be told unread',
  'retention deletes what ended before a time, and says how much': TTL,
  'retention has a time of its own for each tier': TTL,
}

type Ready = { readonly cluster: CassandraCluster; readonly client: Client }

for (const nodes of [1, 3] as const) {
  describe(`Cassandra, ${nodes} nodes`, { skip: withoutJava(), concurrency: 1 }, () => {
    let started: Ready | undefined
    before(async () => {
      started = await ready(nodes)
    })
    after(async () => {
      await started?.client.shutdown()
      await started?.cluster.close()
    })
    storeSuite(
      `Cassandra of ${nodes}`,
      async (clock) => {
        assert.ok(started)
        const { cluster, client } = started
        await truncate(client)
        const options = optionsOf(cluster, KEYSPACE)
        return {
          open: async () => openCassandraStore(options, { clock }),
          destroy: async () => undefined,
        }
      },
      { skip: SKIPPED },
    )
  })
}

async function ready(nodes: 1 | 3): Promise<Ready> {
  const cluster = await startCassandra({ nodes })
  const client = clientOf(cluster)
  await migrated(client, cluster, KEYSPACE)
  return { cluster, client }
}

/** Empties what is not empty: a keyspace a case would take seconds. */
async function truncate(client: Client): Promise<void> {
  const asked = 'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?'
  const { rows } = await client.execute(asked, [KEYSPACE])
  const names = rows.map((row) => String(row['table_name']))
  for (const name of names.filter((each) => each !== 'schema_version')) {
    const table = `${KEYSPACE}.${name}`
    const some = await client.execute(`SELECT * FROM ${table} LIMIT 1`)
    if (some.rowLength > 0) {
      await client.execute(`TRUNCATE ${table}`, [], { readTimeout: TRUNCATE_MS })
    }
  }
}
