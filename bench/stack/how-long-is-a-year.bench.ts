// The year of bench/how-long-is-a-year.bench.ts in Cassandra, one node. GROUP_COUNT=… and DAYS=…
// make it smaller: nine million rows take a node its time. What lies on disk is looked at while the
// node is stopped, so that all of it is in files.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'cassandra-driver'
import { startCassandra, type CassandraCluster } from '../../scripts/stack/cassandra-cluster.ts'
import { systemClock } from '../../src/std/clock.ts'
import { openCassandraStore } from '../../src/store/cassandra/cassandra-store.ts'
import type { Store } from '../../src/store/store.ts'
import { migrateCassandra } from '../../src/store/cassandra/schema/migrate-cassandra.ts'
import { inTemporaryFolder } from '../temporary-folder.ts'
import { measureYear } from '../year-of-groups.ts'
import { say } from './one-broker.ts'

const KEYSPACE = 'bench'
const size = {
  groups: Number(process.env['GROUP_COUNT'] ?? 1_000),
  days: Number(process.env['DAYS'] ?? 365),
  minuteGroups: Number(process.env['MINUTE_GROUPS'] ?? 10),
}

/** Bytes of the tables of roll-ups, in whatever folder the node keeps them. */
async function tableBytes(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const isOurs = /\/bench\/(?:minute|hour)/.test(entry.parentPath)
    if (entry.isFile() && isOurs) bytes += (await stat(join(entry.parentPath, entry.name))).size
  }
  return bytes
}

/** The driver notices by itself that its node is back. */
async function reachable(store: Store): Promise<void> {
  const isThere = async (): Promise<boolean> => {
    const asked = store.coverage({ site: 'nowhere', from: 0, to: 1, limit: 1 })
    const [answer] = await Promise.allSettled([asked])
    return answer.status === 'fulfilled'
  }
  while (!(await isThere())) await systemClock.sleep(200)
}

async function measure(cluster: CassandraCluster, folder: string): Promise<void> {
  const { contactPoints, localDataCenter } = cluster
  const client = new Client({ contactPoints: [...contactPoints], localDataCenter })
  const replication = { [localDataCenter]: 1 }
  await migrateCassandra(client, { keyspace: KEYSPACE, replication }, { clock: systemClock })
  await client.shutdown()
  const addresses = contactPoints.map((text) => {
    const [host = '', port] = text.split(':')
    return { host, port: Number(port) }
  })
  const options = { contactPoints: addresses, localDataCenter, keyspace: KEYSPACE }
  const store = openCassandraStore(options, { clock: systemClock })
  const storedBytes = async (): Promise<number> => {
    const [node = ''] = cluster.nodes
    await cluster.stop(node)
    const bytes = await tableBytes(folder)
    await cluster.start(node)
    await cluster.settled()
    await reachable(store)
    return bytes
  }
  await measureYear({ bench: 'stack/how-long-is-a-year', store, storedBytes, say }, size)
  await store.close()
}

await inTemporaryFolder(async (folder) => {
  const cluster = await startCassandra({ nodes: 1, heap: process.env['HEAP'] ?? '1g', folder })
  try {
    await measure(cluster, folder)
  } finally {
    await cluster.close()
  }
})
