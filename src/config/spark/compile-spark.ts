import { resolve } from 'node:path'
import type { SparkSpec } from '../../spark/spark-spec.ts'
import { authorityOf } from '../../std/authority.ts'
import { isLoopback } from '../../std/is-loopback.ts'
import type { Config, KafkaSpec } from '../config.ts'
import type { ConfigPath } from '../config-error.ts'
import { addressAt, compileTls, type Place } from '../compile-tls.ts'
import type { Findings } from '../expressions.ts'
import type { AggregateFields } from '../schema/spark-schema.ts'

/** What of the rest of a file decides whether Spark can work with it. */
export type SparkHome = {
  readonly site: string
  readonly absentMs: number
  readonly logKind: Config['log']['kind']
  readonly kafka: KafkaSpec | undefined
  /** A flag or the environment says which engine; then a cluster may stand beside `own`. */
  readonly isEngineGiven: boolean
}

type SparkPlace = Place & { readonly notes: Findings }
type SparkFields = NonNullable<AggregateFields['spark']>
type Refuse = (path: ConfigPath, message: string, advice: string) => void

const PATH = ['aggregate', 'spark'] as const
/** What the queries say themselves, or whoever names brokers. */
const OURS: Readonly<Record<string, string>> = {
  'kafka.bootstrap.servers': 'name them by brokers',
  'kafka.isolation.level': 'leave it out: aborted rows are never read',
  'kafka.acks': 'leave it out: every copy confirms',
  'kafka.compression.type': 'leave it out: panes are compressed by zstd',
  'kafka.group.id': 'leave it out: a group that queries share takes rows from each of them',
}
const SECRET = /jaas|password|secret|\.key$/
/** Below two batches within `absent` a source that is well looks silent (V2). */
const BATCHES_WITHIN_ABSENT = 2

/** Who makes panes of rows, and where the cluster is that does. */
export function compileAggregate(
  fields: AggregateFields,
  home: SparkHome,
  place: SparkPlace,
): Config['aggregate'] {
  const { engine, spark } = fields
  const refuse: Refuse = (path, message, advice) =>
    void place.findings.push({ path, message, advice })
  if (engine === 'spark' && home.logKind !== 'kafka') {
    refuse(
      ['aggregate', 'engine'],
      `is spark, and the log’s kind is ${home.logKind}`,
      'write log: { kind: kafka, kafka: { brokers: ["127.0.0.1:9092"] } }, or engine: own',
    )
  }
  if (engine === 'spark' && spark === undefined) {
    refuse(
      ['aggregate', 'engine'],
      'is spark, and no cluster is named',
      'write aggregate.spark: { remote: "127.0.0.1:15002", checkpoints: "/srv/checkpoints" }',
    )
  }
  if (engine === 'own' && spark !== undefined && !home.isEngineGiven) {
    const advice = 'write engine: spark, or leave it out'
    place.findings.push({ path: PATH, isKey: true, message: `stands beside engine: own`, advice })
  }
  return {
    engine,
    ...(spark !== undefined && { spark: compileSpark(spark, home, place) }),
  }
}

function compileSpark(fields: SparkFields, home: SparkHome, place: SparkPlace): SparkSpec {
  const refuse: Refuse = (path, message, advice) =>
    void place.findings.push({ path: [...PATH, ...path], message, advice })
  const { sites = [home.site], trigger, rates } = fields
  checkSites(sites, home, refuse)
  if (trigger * BATCHES_WITHIN_ABSENT > home.absentMs) {
    const advice = 'write a shorter trigger, or a longer absent: sources speak once a batch'
    refuse(['trigger'], 'is more than half of absent', advice)
  }
  for (const [i, rate] of rates.entries()) {
    if (rates.indexOf(rate) !== i) refuse(['rates', i], 'is there twice', 'write each rate once')
  }
  return {
    address: addressOf(fields, place),
    sites,
    checkpoints: fields.checkpoints.replace(/\/+$/, '') || '/',
    triggerMs: trigger,
    rowsPerBatchMax: fields.rows_per_batch_max,
    shufflePartitions: fields.shuffle_partitions,
    spreadMs: fields.spread,
    rates,
    kafkaOptions: kafkaOptionsOf(fields, home, place),
  }
}

function checkSites(sites: readonly string[], { site }: SparkHome, refuse: Refuse): void {
  if (!sites.includes(site)) {
    const advice = `add ${site}: rows that name no site are of it`
    refuse(['sites'], `lacks ${site}, which is this site`, advice)
  }
  for (const [i, name] of sites.entries()) {
    if (sites.indexOf(name) !== i) {
      refuse(['sites', i], `${name} is there twice`, 'name each site once')
    }
  }
}

function addressOf(fields: SparkFields, place: Place): SparkSpec['address'] {
  const { remote, tls, token_file: tokenFile } = fields
  const path = [...PATH, 'remote']
  const address = addressAt({ text: remote, example: 'host:15002' }, path, place.findings)
  // Whoever connects reads it again, so that a new token needs no restart.
  if (tokenFile !== undefined) place.readSecret(tokenFile, [...PATH, 'token_file'])
  if (tokenFile !== undefined && tls === undefined && !isLoopback(address.host)) {
    place.findings.push({
      path: [...PATH, 'token_file'],
      isKey: true,
      message: 'stands without tls, which shows the token to everyone on the way',
      advice: 'write tls: {} beside token_file; what encrypts stands before the server',
    })
  }
  return {
    ...address,
    ...(tls !== undefined && { tls: compileTls(tls, [...PATH, 'tls'], place) }),
    ...(tokenFile !== undefined && { tokenFile: resolve(place.folder, tokenFile) }),
  }
}

function kafkaOptionsOf(
  { brokers, kafka }: SparkFields,
  home: SparkHome,
  place: SparkPlace,
): Readonly<Record<string, string>> {
  const refuse: Refuse = (path, message, advice) =>
    void place.findings.push({ path: [...PATH, ...path], message, advice })
  for (const name of Object.keys(kafka)) {
    const path = ['kafka', name]
    if (SECRET.test(name)) {
      const advice = 'leave it out: JAAS and trust stores lie on driver and executors'
      refuse(path, 'is a secret, and this file is none', advice)
    } else if (Object.hasOwn(OURS, name)) refuse(path, 'is not set here', OURS[name]!)
  }
  if (home.kafka?.tls !== undefined && kafka['kafka.security.protocol'] === undefined) {
    place.notes.push({
      path: [...PATH, 'kafka'],
      message: 'lets Spark speak to the brokers as they are, and log.kafka is encrypted',
      advice: 'write "kafka.security.protocol": SSL or SASL_SSL, unless brokers say otherwise',
    })
  }
  const own = home.kafka?.brokers.map(authorityOf)
  for (const [i, text] of (brokers ?? []).entries()) {
    addressAt({ text, example: 'host:9092' }, [...PATH, 'brokers', i], place.findings)
  }
  return { 'kafka.bootstrap.servers': (brokers ?? own ?? []).join(','), ...kafka }
}
