import { Client } from 'cassandra-driver'
import type { CassandraCluster } from '../../../scripts/stack/cassandra-cluster.ts'
import { systemClock } from '../../../src/std/clock.ts'
import type { CassandraOptions } from '../../../src/store/cassandra/cassandra-options.ts'
import { migrateCassandra } from '../../../src/store/cassandra/schema/migrate-cassandra.ts'

/** How a cluster of a test is reached. */
export function optionsOf(cluster: CassandraCluster, keyspace: string): CassandraOptions {
  const contactPoints = cluster.contactPoints.map((text) => {
    const [host = '', port] = text.split(':')
    return { host, port: Number(port) }
  })
  return { contactPoints, localDataCenter: cluster.localDataCenter, keyspace }
}

/** A client of its own, which the caller shuts down. */
export const clientOf = ({ contactPoints, localDataCenter }: CassandraCluster): Client =>
  new Client({
    contactPoints: [...contactPoints],
    localDataCenter,
    encoding: { map: Map, useBigIntAsLong: true },
  })

/** Makes the schema with as many copies as there are nodes; answers the identity. */
export const migrated = (
  client: Client,
  { nodes, localDataCenter }: CassandraCluster,
  keyspace: string,
): Promise<string> =>
  migrateCassandra(
    client,
    { keyspace, replication: { [localDataCenter]: nodes.length } },
    { clock: systemClock },
  )
