import { Client } from 'cassandra-driver'
import type { CassandraOptions } from '../cassandra-options.ts'
import { clientOptions } from '../session/client-options.ts'
import { storeFaults } from '../session/store-fault.ts'
import { migrateCassandra, type MigrationDeps } from './migrate-cassandra.ts'

/** The keyspace to make or to renew, and who is to work with it. */
export type KeyspaceMigration = CassandraOptions & {
  readonly replication: Readonly<Record<string, number>>
  /** A role that may read and write there afterwards. */
  readonly grantTo?: string
}

/**
 * As `migrateCassandra`, by a client of its own; grants what a running Nocturne needs where it is
 * asked to. @throws STORE_ACL_DENIED with the right that is missing, and as each call of a store.
 */
export async function migrateKeyspace(
  migration: KeyspaceMigration,
  deps: MigrationDeps,
): Promise<string> {
  const { keyspace, grantTo } = migration
  const client = new Client(clientOptions(migration))
  const fault = storeFaults(client, migration.tls)
  try {
    const identity = await migrateCassandra(client, migration, deps)
    if (grantTo === undefined) return identity
    const role = `"${grantTo.replaceAll('"', '""')}"`
    for (const right of ['SELECT', 'MODIFY']) {
      await client.execute(`GRANT ${right} ON KEYSPACE ${keyspace} TO ${role}`)
    }
    deps.told?.(`role ${grantTo} may SELECT and MODIFY in keyspace ${keyspace}`)
    return identity
  } catch (error) {
    throw fault(error)
  } finally {
    await client.shutdown()
  }
}
