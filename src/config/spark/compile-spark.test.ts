import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { configErrorText } from '../config-error.ts'
import { loadConfig } from '../load-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'nocturne-spark-'))
after(() => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'token'), 'canary\n', { mode: 0o600 })
writeFileSync(join(folder, 'shown'), 'canary\n')
chmodSync(join(folder, 'shown'), 0o644)
writeFileSync(join(folder, 'ca.pem'), 'certificate\n')

const LOG = 'log: { kind: kafka, kafka: { brokers: ["k1:9092", "[::1]:9093"] } }\n'
const spark = (more = '', engine = 'spark') =>
  `${LOG}aggregate: { engine: ${engine}, spark: { remote: "s:15002", checkpoints: /c${more} } }`

const load = (text: string, env: Readonly<Record<string, string>> = {}) =>
  loadConfig({ file: join(folder, 'n.yaml'), text: `version: 1\nsite: ams1\n${text}`, env })

function loadedOf(text: string, env?: Readonly<Record<string, string>>) {
  const loaded = load(text, env)
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.errors.map(configErrorText).join('\n'))
  return loaded
}

function errorsOf(text: string, env?: Readonly<Record<string, string>>): string {
  const loaded = load(text, env)
  return loaded.ok ? '' : loaded.errors.map(configErrorText).join('\n')
}

test('panes are made here unless a file says otherwise', () => {
  assert.deepEqual(loadedOf('').config.aggregate, { engine: 'own' })
})

test('a Spark cluster is named by its server and a folder, and all else has a default', () => {
  assert.deepEqual(loadedOf(spark()).config.aggregate, {
    engine: 'spark',
    spark: {
      address: { host: 's', port: 15_002 },
      sites: ['ams1'],
      checkpoints: '/c',
      triggerMs: 1000,
      rowsPerBatchMax: 200_000,
      shufflePartitions: 8,
      spreadMs: 10_000,
      rates: [1, 0.1],
      kafkaOptions: { 'kafka.bootstrap.servers': 'k1:9092,[::1]:9093' },
    },
  })
})

test('everything about a cluster can be said, by files that are named absolutely', () => {
  const text = spark(`/,
    tls: { ca: ca.pem, server_name: spark }, token_file: token, sites: [ams1, ams1/cloudfront],
    trigger: 0s, rows_per_batch_max: 5000, shuffle_partitions: 2, spread: 1m, rates: [1],
    brokers: ["inside:9092"], kafka: { "kafka.security.protocol": SSL }`)

  const { config, notes } = loadedOf(text)

  assert.deepEqual(config.aggregate.spark, {
    address: {
      host: 's',
      port: 15_002,
      tls: { caFile: join(folder, 'ca.pem'), serverName: 'spark' },
      tokenFile: join(folder, 'token'),
    },
    sites: ['ams1', 'ams1/cloudfront'],
    checkpoints: '/c',
    triggerMs: 0,
    rowsPerBatchMax: 5000,
    shufflePartitions: 2,
    spreadMs: 60_000,
    rates: [1],
    kafkaOptions: {
      'kafka.bootstrap.servers': 'inside:9092',
      'kafka.security.protocol': 'SSL',
    },
  })
  assert.doesNotMatch(notes.map(configErrorText).join('\n'), /is encrypted/)
})

test('[R8] the environment says which engine, and a cluster may then stand beside own', () => {
  const own = { NOCTURNE_AGGREGATE_ENGINE: 'own' }
  const theirs = { NOCTURNE_AGGREGATE_ENGINE: 'spark' }

  assert.equal(loadedOf(spark(), own).config.aggregate.engine, 'own')
  assert.equal(loadedOf(spark('', 'own'), theirs).config.aggregate.engine, 'spark')
  assert.match(
    errorsOf(LOG, theirs),
    /^environment variable NOCTURNE_AGGREGATE_ENGINE.*is spark, and no cluster is named/,
  )
})

test('Spark that reaches encrypted brokers as if they were not is worth a note, no mistake', () => {
  const encrypted = spark().replace('"[::1]:9093"]', '"[::1]:9093"], tls: {}')

  const notes = loadedOf(encrypted).notes.map(configErrorText)

  assert.match(notes.join(), /n\.yaml:4:\d+ aggregate\.spark.*log\.kafka is encrypted; write/)
})

const REFUSED = [
  {
    says: '[R6] a cluster that is not named is asked for',
    text: `${LOG}aggregate: { engine: spark }`,
    error: /:4:\d+ aggregate\.engine: is spark, and no cluster is named; write aggregate\.spark/,
  },
  {
    says: '[R6] Spark and a log that is no Kafka do not go together',
    text: spark().replace(LOG, ''),
    error: /:3:\d+ aggregate\.engine: is spark, and the log’s kind is embedded; write log/,
  },
  {
    says: '[R6] a cluster beside our own engine is refused',
    text: spark('', 'own'),
    error: /:4:\d+ aggregate\.spark: stands beside engine: own; write engine: spark, or leave it/,
  },
  {
    says: '[R6] sites that lack the own one are refused',
    text: spark(', sites: [lyo1]'),
    error: /aggregate\.spark\.sites: lacks ams1, which is this site; add ams1/,
  },
  {
    says: '[R6] a site that is there twice is refused',
    text: spark(', sites: [ams1, ams1]'),
    error: /aggregate\.spark\.sites\[1\]: ams1 is there twice; name each site once/,
  },
  {
    says: '[R6] a folder that each executor would see elsewhere is refused',
    text: spark().replace('checkpoints: /c', 'checkpoints: c'),
    error: /aggregate\.spark\.checkpoints: /,
  },
  {
    says: '[R6] a rate that is there twice is refused',
    text: spark(', rates: [1, 0.5, 1]'),
    error: /aggregate\.spark\.rates\[2\]: is there twice/,
  },
  {
    says: '[V2] a trigger so long that sources look silent is refused',
    text: spark(', trigger: 16s'),
    error: /aggregate\.spark\.trigger: is more than half of absent; write a shorter trigger/,
  },
  {
    says: '[R9] a password among Spark’s options is refused, and not shown',
    text: spark(', kafka: { "kafka.ssl.truststore.password": canary }'),
    error: /spark\.kafka\.kafka\.ssl\.truststore\.password: is a secret, and this file is none;/,
  },
  {
    says: '[R9] a JAAS configuration among Spark’s options is refused, and not shown',
    text: spark(', kafka: { "kafka.sasl.jaas.config": canary }'),
    error: /spark\.kafka\.kafka\.sasl\.jaas\.config: is a secret/,
  },
  {
    says: '[R9] a key among Spark’s options is refused, and not shown',
    text: spark(', kafka: { "kafka.ssl.keystore.key": canary }'),
    error: /spark\.kafka\.kafka\.ssl\.keystore\.key: is a secret/,
  },
  {
    says: '[R6] brokers among Spark’s options are refused',
    text: spark(', kafka: { "kafka.bootstrap.servers": "k:1" }'),
    error: /bootstrap\.servers: is not set here; name them by brokers/,
  },
  {
    says: '[R6] a compression that would not be kept is refused',
    text: spark(', kafka: { "kafka.compression.type": lz4 }'),
    error: /compression\.type: is not set here; leave it out: panes are compressed by zstd/,
  },
  {
    says: '[R6] a group that all queries would share is refused',
    text: spark(', kafka: { "kafka.group.id": one }'),
    error: /group\.id: is not set here; leave it out: a group that queries share/,
  },
  {
    says: '[R6] a broker at a port that there is not is refused',
    text: spark(', brokers: ["k:9092", "k:99999"]'),
    error: /aggregate\.spark\.brokers\[1\]: has no such port; write host:9092/,
  },
  {
    says: '[R6] an option that is none of Kafka’s is refused',
    text: spark(', kafka: { failOnDataLoss: "false" }'),
    error: /aggregate\.spark\.kafka/,
  },
  {
    says: '[R9] a token to another machine without TLS is refused',
    text: spark(', token_file: token'),
    error: /aggregate\.spark\.token_file: stands without tls, which shows the token/,
  },
  {
    says: '[R9] a token file that others may read is refused',
    text: spark(', tls: {}, token_file: shown'),
    error: /token_file: names the file shown, which others may read; run chmod 600 shown/,
  },
  {
    says: '[R6] a server without a port is refused',
    text: spark().replace('s:15002', 's'),
    error: /aggregate\.spark\.remote: is not written as it has to be/,
  },
]

for (const { says, text, error } of REFUSED) {
  test(says, () => {
    const errors = errorsOf(text)

    assert.match(errors, error)
    assert.doesNotMatch(errors, /canary/)
  })
}

test('[R9] a token stays on this machine without TLS', () => {
  const { config } = loadedOf(spark(', token_file: token').replace('"s:', '"127.0.0.1:'))

  assert.equal(config.aggregate.spark?.address.tokenFile, join(folder, 'token'))
})
