import assert from 'node:assert/strict'
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { startCassandra, type CassandraCluster } from '../../../scripts/stack/cassandra-cluster.ts'
import { systemClock } from '../../../src/std/clock.ts'
import type { CassandraOptions } from '../../../src/store/cassandra/cassandra-options.ts'
import { openCassandraStore } from '../../../src/store/cassandra/cassandra-store.ts'
import type { Store } from '../../../src/store/store.ts'
import { windowResult } from '../../../src/store/suite/store-case.suite.ts'
import { runCli } from '../../rig/cli.ts'
import { secretsFolder } from '../rig/secrets.ts'
import { withoutJava } from '../rig/servers.ts'
import { failureOf, until } from '../rig/waiting.ts'

const LIMIT = { skip: withoutJava(), timeout: 600_000 }
const SLOW = { patienceMs: 180_000 }
const WRONG = 'canary-71c2'
const KEYSPACE = 'nocturne'

/** One secured node for all cases of this file, which run one after another. */
let started: Promise<CassandraCluster> | undefined

after(async () => (await started)?.close())

/** The node, the files of one client of its own, and its options. */
async function secured(t: TestContext) {
  const cluster = await (started ??= startCassandra({ nodes: 1, security: 'tls-auth' }))
  const { security, contactPoints, localDataCenter } = cluster
  assert.ok(security)
  const secrets = await secretsFolder(t)
  const caFile = join(secrets.folder, 'ca.pem')
  await copyFile(security.caFile, caFile)
  const { username, password } = security.user
  const passwordFile = await secrets.write('password', `${password}\n`)
  const options: CassandraOptions = {
    contactPoints: contactPoints.map((text) => {
      const [host = '', port] = text.split(':')
      return { host, port: Number(port) }
    }),
    localDataCenter,
    keyspace: KEYSPACE,
    tls: { caFile },
    auth: { username, passwordFile },
  }
  return { cluster, security, secrets, options }
}

function storeOn(t: TestContext, options: CassandraOptions): Store {
  const store = openCassandraStore(options, { clock: systemClock })
  t.after(() => store.close())
  return store
}

const write = (store: Store): Promise<void> => store.upsert({ windows: [windowResult()] })
const codeOf = async (work: Promise<unknown>): Promise<string | undefined> =>
  (await failureOf(work)).code
const isCured = async (store: Store): Promise<boolean> => (await codeOf(write(store))) === undefined
const noPassword = (text: string): void => assert.doesNotMatch(text, /canary-71c2|-password/)

/** Restarts the node with another certificate. */
async function showing(
  { kill, start, security }: CassandraCluster,
  which: 'node' | 'elsewhere' | 'expired',
): Promise<void> {
  await kill('c1')
  await security?.showCertificate(which)
  await start('c1')
}

test(
  '[R24] two migrate at once, a third finds nothing to do, and rights are named',
  LIMIT,
  async (t) => {
    const { security, secrets, options } = await secured(t)
    const { folder, write: secret } = secrets
    const config = join(folder, 'nocturne.yaml')
    const [{ host, port }] = options.contactPoints as [{ host: string; port: number }]
    await writeFile(
      config,
      `version: 1
store:
  kind: cassandra
  cassandra:
    contact_points: ["${host}:${port}"]
    local_data_center: ${options.localDataCenter}
    replication: { ${options.localDataCenter}: 1 }
    tls: { ca: ca.pem }
    auth: { username: nocturne, password_file: password }
`,
    )
    const migratePassword = await secret('migrate', `${security.migrate.password}\n`)
    const as = ['--username', security.migrate.username, '--password-file', migratePassword]
    const migrate = (...words: string[]) =>
      runCli(['store', 'migrate', '--config', config, ...words], SLOW)

    const refused = await migrate()
    assert.equal(refused.code, 1, refused.err)
    assert.match(refused.err, /nocturne has no CREATE permission.*\n.*STORE_ACL_DENIED/)
    const both = await Promise.all([migrate(...as, '--grant'), migrate(...as)])
    const again = await migrate(...as)

    for (const { code, err } of [...both, again]) assert.equal(code, 0, err)
    const identities = [...both, again].map(({ err }) => /identity (\S+)\./.exec(err)?.[1])
    assert.equal(new Set(identities).size, 1)
    const made = both.flatMap(({ out }) =>
      out.split('\n').filter((line) => /^table .* made/.test(line)),
    )
    assert.equal(new Set(made).size, made.length, 'each was made once')
    assert.ok(made.some((line) => line.startsWith('table live made')))
    assert.match(again.err, /Nothing had to be changed/)
    for (const { out, err } of [refused, ...both, again]) noPassword(out + err)
    await write(storeOn(t, options))
  },
)

test('[R24] a right that is taken away is told, and cured when it is back', LIMIT, async (t) => {
  const { security, options } = await secured(t)
  const store = storeOn(t, options)
  await write(store)

  await security.cql(`REVOKE MODIFY ON KEYSPACE ${KEYSPACE} FROM nocturne`)
  await until(async () => (await codeOf(write(store))) === 'STORE_ACL_DENIED')
  assert.equal(await codeOf(store.migrate()), undefined)

  await security.cql(`GRANT MODIFY ON KEYSPACE ${KEYSPACE} TO nocturne`)
  await until(() => isCured(store))
})

test('[R2] [R24] whom the node or we refuse hears why, and no password', LIMIT, async (t) => {
  const { security, secrets, options } = await secured(t)
  const { auth, tls, ...plain } = options
  assert.ok(auth && tls)
  const wrong = { ...auth, passwordFile: await secrets.write('wrong', WRONG) }
  const nowhere = join(secrets.folder, 'nowhere')
  const cases = [
    ['STORE_TLS_UNKNOWN_CA', { ...options, tls: { caFile: security.wrongCaFile } }],
    ['STORE_TLS_UNKNOWN_CA', { ...options, tls: {} }],
    ['STORE_TLS_HOSTNAME', { ...options, tls: { ...tls, serverName: 'elsewhere.example' } }],
    ['STORE_AUTH_FAILED', { ...options, auth: wrong }],
    ['STORE_AUTH_FAILED', { ...options, auth: { ...auth, username: 'nobody' } }],
    ['STORE_AUTH_FAILED', { ...plain, tls }],
    ['STORE_SECRET_UNREADABLE', { ...options, tls: { caFile: nowhere } }],
    ['STORE_SECRET_UNREADABLE', { ...options, auth: { ...auth, passwordFile: nowhere } }],
    ['STORE_UNAVAILABLE', plain],
    ['STORE_REFUSED', { ...options, keyspace: 'elsewhere' }],
  ] as const
  for (const [code, given] of cases) {
    const failure = await failureOf(write(storeOn(t, given)))
    assert.equal(failure.code, code, failure.message)
    noPassword(failure.message)
  }
  assert.match(
    (await failureOf(write(storeOn(t, plain)))).message,
    /may want store\.cassandra\.tls/,
  )
})

test('[R24] files that are put right cure a store that never was connected', LIMIT, async (t) => {
  const { security, secrets, options } = await secured(t)
  await copyFile(security.wrongCaFile, join(secrets.folder, 'ca.pem'))
  await secrets.write('password', WRONG)
  const store = storeOn(t, options)

  assert.equal(await codeOf(write(store)), 'STORE_TLS_UNKNOWN_CA')
  await copyFile(security.caFile, join(secrets.folder, 'ca.pem'))
  assert.equal(await codeOf(write(store)), 'STORE_AUTH_FAILED')
  await secrets.write('password', `${security.user.password}\n`)

  await write(store)
})

test('[R24] a password is changed, first there and then in the file', LIMIT, async (t) => {
  const { cluster, security, secrets, options } = await secured(t)
  const { username, password } = security.user
  const store = storeOn(t, options)
  await write(store)
  t.after(() => security.setPassword(username, password))

  await security.setPassword(username, 'rotated-9d')
  await write(store) // Connections that are there go on.
  await showing(cluster, 'node')
  await until(async () => (await codeOf(write(store))) === 'STORE_AUTH_FAILED')
  await secrets.write('password', 'rotated-9d\n')

  await until(() => isCured(store))
})

for (const [which, code] of [
  ['expired', 'STORE_TLS_EXPIRED'],
  ['elsewhere', 'STORE_TLS_HOSTNAME'],
] as const) {
  test(
    `[R24] ${code}: a node that comes back with a bad certificate, then a good one`,
    LIMIT,
    async (t) => {
      const { cluster, options } = await secured(t)
      const store = storeOn(t, options)
      await write(store)

      await showing(cluster, which)
      await until(async () => (await codeOf(write(store))) === code)
      assert.equal(await codeOf(write(storeOn(t, options))), code)
      await showing(cluster, 'node')

      await until(() => isCured(store))
    },
  )
}
