import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { configErrorText } from './config-error.ts'
import { loadConfig } from './load-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'nocturne-store-'))
after(() => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'password'), 'canary\n', { mode: 0o600 })
writeFileSync(join(folder, 'open'), 'canary\n', { mode: 0o644 })
writeFileSync(join(folder, 'ca.pem'), 'certificate\n')

const DAY_MS = 86_400_000

const load = (text: string) =>
  loadConfig({ file: join(folder, 'n.yaml'), text: `version: 1\n${text}`, env: {} })

function errorsOf(text: string): string {
  const loaded = load(text)
  return loaded.ok ? '' : loaded.errors.map((e) => configErrorText(e)).join('\n')
}

function storeOf(text: string) {
  const loaded = load(text)
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.errors.map(configErrorText).join('\n'))
  return loaded.config.store
}

const nodes = 'contact_points: ["c1:9042"], local_data_center: dc1'
const cassandra = (more = '') => `store: { kind: cassandra, cassandra: { ${nodes}${more} } }`

test('a cluster needs nodes and a data centre, and everything else has a default', () => {
  assert.deepEqual(storeOf(cassandra()), {
    kind: 'cassandra',
    keptMs: {
      live: 2 * DAY_MS,
      minute: 35 * DAY_MS,
      hour: 400 * DAY_MS,
      steps: 400 * DAY_MS,
      coverage: 400 * DAY_MS,
    },
    cassandra: {
      contactPoints: [{ host: 'c1', port: 9042 }],
      localDataCenter: 'dc1',
      keyspace: 'nocturne',
      replication: { dc1: 3 },
      consistency: { read: 'LOCAL_QUORUM', write: 'LOCAL_QUORUM' },
      connectMs: 5_000,
      requestMs: 10_000,
    },
  })
})

test('a file keeps windows for a month, and each kind of row is kept as long as is said', () => {
  assert.equal(storeOf('').keptMs.live, 30 * DAY_MS)

  const { keptMs } = storeOf('store: { retention: 3d, retention_minute: 4d, retention_hour: 5d }')

  assert.deepEqual(
    [keptMs.live, keptMs.minute, keptMs.hour],
    [3, 4, 5].map((d) => d * DAY_MS),
  )
})

test('[R24] certificates and the password are files that are named absolutely', () => {
  const more =
    ', tls: { ca: ca.pem, server_name: db.example.org },' +
    ' auth: { username: nocturne, password_file: password }'

  const { cassandra: spec } = storeOf(cassandra(more))

  assert.deepEqual(spec?.tls, { caFile: join(folder, 'ca.pem'), serverName: 'db.example.org' })
  assert.deepEqual(spec?.auth, { username: 'nocturne', passwordFile: join(folder, 'password') })
})

const auth = (file: string) => `, auth: { username: nocturne, password_file: ${file} }`

const REFUSED = [
  {
    says: '[R6] a kind cassandra without nodes is refused',
    text: 'store: { kind: cassandra }',
    error: /n\.yaml:2:\d+ store\.kind: is cassandra, and no nodes are named; write store\.cass/,
  },
  {
    says: '[R6] a cluster beside another kind of store is refused',
    text: `store: { cassandra: { ${nodes} } }`,
    error: /store\.cassandra: stands beside kind: sqlite; write kind: cassandra/,
  },
  {
    says: '[R6] a cluster without its data centre is refused',
    text: 'store: { kind: cassandra, cassandra: { contact_points: ["c1:9042"] } }',
    error: /store\.cassandra\.local_data_center: is missing/,
  },
  {
    says: '[R6] a node without a port is refused',
    text: 'store: { kind: cassandra, cassandra: { contact_points: [c1], local_data_center: dc1 } }',
    error: /contact_points\[0\]: is not written as it has to be/,
  },
  {
    says: '[R6] copies in other data centres alone are refused',
    text: cassandra(', replication: { dc2: 3 }'),
    error: /replication: has no copies in the local data centre dc1; write replication: \{ dc1: 3/,
  },
  {
    says: '[R24] a password without TLS is refused with what to write instead',
    text: cassandra(auth('password')),
    error: /store\.cassandra\.auth: stands without tls.*; write tls: \{\} beside auth/,
  },
  {
    says: '[R9] a password that others may read is refused',
    text: cassandra(`, tls: {}${auth('open')}`),
    error: /password_file: names the file open, which others may read; run chmod 600/,
  },
  {
    says: '[R6] a file of certificates that is not there is refused',
    text: cassandra(', tls: { ca: nowhere.pem }'),
    error: /store\.cassandra\.tls\.ca: names the file nowhere\.pem, which is not there/,
  },
]

for (const { says, text, error } of REFUSED) {
  test(says, () => {
    assert.match(errorsOf(text), error)
    assert.equal(errorsOf(text).includes('canary'), false)
  })
}
