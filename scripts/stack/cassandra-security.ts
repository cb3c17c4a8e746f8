import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../src/std/clock.ts'
import { cqlRows, type CassandraNode } from './cassandra-probe.ts'
import { makeCertificates } from './certificates.ts'
import type { Credentials } from './kafka-security.ts'

const AUTH = 'org.apache.cassandra.auth'
const PEM = 'org.apache.cassandra.security.PEMBasedSslContextFactory'
const LOCAL = 'IP:127.0.0.1,IP:127.0.0.2,IP:127.0.0.3,DNS:localhost'
/** How long a node believes what it last read about roles: short, for tests. */
const BELIEVED = '100ms'
const PASSWORD_EVERY_MS = 5_500
/** A node that is killed finds again what its log had marked, which it does every 100 ms. */
const MARKED_MS = 500

/** Cassandra makes this role when it first starts; it may do everything. */
export const ADMIN: Credentials = { username: 'cassandra', password: 'cassandra' }
const MIGRATE: Credentials = { username: 'nocturne_migrate', password: 'migrate-password' }
const USER: Credentials = { username: 'nocturne', password: 'nocturne-password' }

/** What nodes show to clients: a good one, one for another host, one that ended yesterday. */
export type ShownCertificate = 'node' | 'elsewhere' | 'expired'

/** What a client of a secured cluster needs, and what changes who may do what. */
export type CassandraSecurity = {
  /** The certificate, in PEM, that those of the nodes are signed with. */
  readonly caFile: string
  /** A certificate that none is signed with. */
  readonly wrongCaFile: string
  /** May do everything. */
  readonly admin: Credentials
  /** May create keyspaces, and with them everything inside. */
  readonly migrate: Credentials
  /** May do nothing until it is granted: `GRANT SELECT ON KEYSPACE … TO nocturne`. */
  readonly user: Credentials
  /** Asks the first node as `admin`; each cell as text. */
  cql(statement: string): Promise<string[][]>
  setPassword(role: string, password: string): Promise<void>
  /** What every node shows from its next start on. */
  showCertificate(which: ShownCertificate): Promise<void>
}

/** Makes certificates in a folder and gives the settings of nodes that use them. */
export async function securedSettings(folder: string): Promise<Readonly<Record<string, unknown>>> {
  await makeCertificates(folder, [
    { name: 'node', hosts: LOCAL },
    { name: 'elsewhere', hosts: 'DNS:elsewhere.example' },
    { name: 'expired', hosts: LOCAL, isExpired: true },
  ])
  for (const name of ['node', 'elsewhere', 'expired']) {
    const parts = ['key', 'pem'].map((end) => readFile(join(folder, `${name}.${end}`), 'utf8'))
    await writeFile(join(folder, `${name}-both.pem`), (await Promise.all(parts)).join(''))
  }
  await show(folder, 'node')
  return {
    authenticator: { class_name: `${AUTH}.PasswordAuthenticator` },
    authorizer: { class_name: `${AUTH}.CassandraAuthorizer` },
    role_manager: { class_name: `${AUTH}.CassandraRoleManager` },
    roles_validity: BELIEVED,
    permissions_validity: BELIEVED,
    credentials_validity: BELIEVED,
    // Nodes speak to each other without TLS, on addresses of this machine alone.
    client_encryption_options: {
      enabled: true,
      optional: false,
      ssl_context_factory: { class_name: PEM },
      keystore: join(folder, 'shown.pem'),
      truststore: join(folder, 'ca.pem'),
    },
  }
}

/** Node processes read key and certificate from one file, when they start. */
const show = (folder: string, which: ShownCertificate): Promise<void> =>
  copyFile(join(folder, `${which}-both.pem`), join(folder, 'shown.pem'))

/** A node takes a new password of one role no more than once in five seconds. */
async function setPassword(
  cql: (statement: string) => Promise<unknown>,
  { username, password }: Credentials,
): Promise<void> {
  await systemClock.sleep(PASSWORD_EVERY_MS)
  await cql(`ALTER ROLE ${username} WITH PASSWORD = '${password}'`)
  await systemClock.sleep(MARKED_MS)
}

/** Makes the roles of a cluster that is ready, unless a given folder has them from before. */
export async function cassandraSecurity(
  folder: string,
  nodes: readonly CassandraNode[],
): Promise<CassandraSecurity> {
  const cql = (statement: string) => cqlRows(nodes[0]!, statement)
  if (nodes.length > 1) {
    const everywhere = `{'class': 'SimpleStrategy', 'replication_factor': ${nodes.length}}`
    await cql(`ALTER KEYSPACE system_auth WITH replication = ${everywhere}`)
  }
  for (const { username, password } of [MIGRATE, USER]) {
    const role = `${username} WITH PASSWORD = '${password}' AND LOGIN = true`
    await cql(`CREATE ROLE IF NOT EXISTS ${role}`)
  }
  await cql(`GRANT CREATE ON ALL KEYSPACES TO ${MIGRATE.username}`)
  return {
    caFile: join(folder, 'ca.pem'),
    wrongCaFile: join(folder, 'wrong-ca.pem'),
    admin: ADMIN,
    migrate: MIGRATE,
    user: USER,
    cql,
    setPassword: (role, password) => setPassword(cql, { username: role, password }),
    showCertificate: (which) => show(folder, which),
  }
}
