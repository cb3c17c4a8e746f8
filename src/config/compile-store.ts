import { resolve } from 'node:path'
import type { CassandraSpec, Config } from './config.ts'
import { addressAt, compileTls, type Place } from './compile-tls.ts'
import type { CassandraFields } from './schema/cassandra-schema.ts'
import type { StoreFields } from './schema/store-schema.ts'

const HOUR_MS = 3_600_000
/** A file holds a month of a site; a cluster holds every group of every stream, each second. */
const LIVE_MS = { sqlite: 720 * HOUR_MS, memory: 720 * HOUR_MS, cassandra: 48 * HOUR_MS } as const
const COPIES = 3
const PATH = ['store', 'cassandra'] as const

/** The store: which it is, how long it keeps what, and where its nodes are. */
export function compileStore(fields: StoreFields, place: Place): Config['store'] {
  const { kind } = fields
  const cassandra = compileCluster(fields, place)
  return {
    kind,
    keptMs: {
      live: fields.retention ?? LIVE_MS[kind],
      minute: fields.retention_minute,
      hour: fields.retention_hour,
      steps: fields.retention_steps,
      coverage: fields.retention_coverage,
    },
    ...(cassandra !== undefined && { cassandra }),
  }
}

function compileCluster({ kind, cassandra }: StoreFields, place: Place): CassandraSpec | undefined {
  if ((kind === 'cassandra') === (cassandra !== undefined)) {
    return cassandra === undefined ? undefined : compileCassandra(cassandra, place)
  }
  place.findings.push(
    cassandra === undefined
      ? {
          path: ['store', 'kind'],
          message: 'is cassandra, and no nodes are named',
          advice:
            'write store.cassandra: { contact_points: ["127.0.0.1:9042"], local_data_center: dc1 }',
        }
      : {
          path: PATH,
          isKey: true,
          message: `stands beside kind: ${kind}`,
          advice: 'write kind: cassandra, or leave it out',
        },
  )
  return undefined
}

function compileCassandra(fields: CassandraFields, place: Place): CassandraSpec {
  const { contact_points: nodes, local_data_center: localDataCenter } = fields
  const { keyspace, consistency, timeouts, tls, auth, replication } = fields
  const { findings, folder, readSecret } = place
  if (replication !== undefined && replication[localDataCenter] === undefined) {
    findings.push({
      path: [...PATH, 'replication'],
      message: `has no copies in the local data centre ${localDataCenter}`,
      advice: `write replication: { ${localDataCenter}: ${COPIES} }`,
    })
  }
  if (auth !== undefined) {
    if (tls === undefined) {
      findings.push({
        path: [...PATH, 'auth'],
        isKey: true,
        message: 'stands without tls, which shows the password to everyone on the way',
        advice: 'write tls: {} beside auth',
      })
    }
    // Whoever connects reads it again, so that a new password needs no restart.
    readSecret(auth.password_file, [...PATH, 'auth', 'password_file'])
  }
  return {
    contactPoints: nodes.map((text, i) =>
      addressAt({ text, example: 'host:9042' }, [...PATH, 'contact_points', i], findings),
    ),
    localDataCenter,
    keyspace,
    replication: replication ?? { [localDataCenter]: COPIES },
    consistency,
    connectMs: timeouts.connect,
    requestMs: timeouts.request,
    ...(tls !== undefined && { tls: compileTls(tls, [...PATH, 'tls'], place) }),
    ...(auth !== undefined && {
      auth: { username: auth.username, passwordFile: resolve(folder, auth.password_file) },
    }),
  }
}
