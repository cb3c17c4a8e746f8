import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { configErrorText } from './config-error.ts'
import { loadConfig } from './load-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'nocturne-kafka-'))
after(() => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'password'), 'canary\n', { mode: 0o600 })
writeFileSync(join(folder, 'edge.key'), 'canary\n', { mode: 0o600 })
writeFileSync(join(folder, 'edge.pem'), 'certificate\n')

const load = (text: string) =>
  loadConfig({ file: join(folder, 'n.yaml'), text: `version: 1\n${text}`, env: {} })

function errorsOf(text: string): string {
  const loaded = load(text)
  return loaded.ok ? '' : loaded.errors.map((e) => configErrorText(e)).join('\n')
}

function loadedOf(text: string) {
  const loaded = load(text)
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.errors.map(configErrorText).join('\n'))
  return loaded.config
}

test('a log of kind kafka names its brokers, and everything else has a default', () => {
  const { log } = loadedOf('log: { kind: kafka, kafka: { brokers: ["k1:9092", "[::1]:9093"] } }')

  assert.equal(log.kind, 'kafka')
  assert.deepEqual(log.kafka, {
    brokers: [
      { host: 'k1', port: 9092 },
      { host: '::1', port: 9093 },
    ],
    promise: 'available',
    replication: 3,
    codec: 'lz4',
  })
})

test('a site forwards strictly and packed with zstd, by files that are named absolutely', () => {
  const { forward } = loadedOf(`
forward:
  to:
    brokers: ["cloud.example.org:9093"]
    instance: edge-1
    tls: { cert: edge.pem, key: edge.key, server_name: kafka }
    sasl: { mechanism: PLAIN, username: ams1, password_file: password }
  bandwidth: 1 MB`)

  assert.deepEqual(forward, {
    to: {
      brokers: [{ host: 'cloud.example.org', port: 9093 }],
      promise: 'strict',
      replication: 3,
      codec: 'zstd',
      instance: 'edge-1',
      tls: {
        certFile: join(folder, 'edge.pem'),
        keyFile: join(folder, 'edge.key'),
        serverName: 'kafka',
      },
      sasl: { mechanism: 'PLAIN', username: 'ams1', passwordFile: join(folder, 'password') },
    },
    bytesPerSecondMax: 1_000_000,
    failoverAfterMs: 10_000,
  })
})

const to = (more: string) => `forward: { to: { brokers: ["k:9092"]${more} } }`

const REFUSED = [
  {
    says: '[R20] PLAIN without TLS is refused with what to write instead',
    text: to(', sasl: { mechanism: PLAIN, username: a, password_file: password }'),
    error: /n\.yaml:2:\d+ forward\.to\.sasl\.mechanism: is PLAIN without tls.*; write tls: \{\}/,
  },
  {
    says: '[R6] a kind kafka without brokers is refused',
    text: 'log: { kind: kafka }',
    error: /log\.kind: is kafka, and no brokers are named; write log\.kafka/,
  },
  {
    says: '[R6] a cluster beside another kind of log is refused',
    text: 'log: { kafka: { brokers: ["k:9092"] } }',
    error: /log\.kafka: stands beside kind: embedded; write kind: kafka, or leave it out/,
  },
  {
    says: '[R6] a broker without a port is refused',
    text: 'log: { kind: kafka, kafka: { brokers: [kafka-1] } }',
    error: /log\.kafka\.brokers\[0\]: is not written as it has to be/,
  },
  {
    says: '[R6] a certificate without its key is refused',
    text: to(', tls: { cert: edge.pem }'),
    error: /forward\.to\.tls: needs both `cert` and `key`/,
  },
  {
    says: '[R9] a password file that is not there is refused',
    text: to(', sasl: { mechanism: SCRAM-SHA-512, username: a, password_file: nowhere }'),
    error: /password_file: names the file nowhere, which is not there/,
  },
  {
    says: '[R6] a file of certificates that is not there is refused',
    text: to(', tls: { ca: nowhere.pem }'),
    error: /forward\.to\.tls\.ca: names the file nowhere\.pem, which is not there/,
  },
  {
    says: '[R21] a site that forwards is no feed of another',
    text: `site: ams1/cloudfront\n${to('')}`,
    error: /site: names a feed, and a site forwards; write site: ams1;/,
  },
  {
    says: '[R21] a cloud names each site once',
    text: 'site: cloud\nsites: [ams1, ams1, cloud]',
    error: /sites\[1\]: ams1 is there twice.*\n.*sites\[2\]: cloud is this process itself/,
  },
  {
    says: '[R21] a site in a cloud’s list is no feed',
    text: 'sites: [ams1/cloudfront]',
    error: /sites\[0\]: is not written as it has to be/,
  },
  {
    says: '[R6] one process is not both a site that forwards and a cloud',
    text: `sites: [ams1]\n${to('')}`,
    error: /sites: stands beside forward/,
  },
]

for (const { says, text, error } of REFUSED) {
  test(says, () => {
    assert.match(errorsOf(text), error)
  })
}

test('[R9] a password that others may read is refused and never shown', () => {
  const open = join(folder, 'open')
  writeFileSync(open, 'canary\n')
  chmodSync(open, 0o644)

  const errors = errorsOf(
    to(', sasl: { mechanism: SCRAM-SHA-256, username: a, password_file: open }'),
  )

  assert.match(errors, /password_file: names the file open, which others may read; run chmod 600/)
  assert.equal(errors.includes('canary'), false)
})

test('a cloud names its sites, and nothing is a cloud by default', () => {
  assert.deepEqual(loadedOf('site: cloud\nsites: [ams1, lyo1]').sites, ['ams1', 'lyo1'])
  assert.deepEqual(loadedOf('').sites, [])
  assert.equal(loadedOf('').forward, undefined)
})
