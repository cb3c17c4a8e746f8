import { resolve } from 'node:path'
import type { Config, KafkaSpec } from './config.ts'
import type { ConfigPath } from './config-error.ts'
import { addressAt, compileTls, type Place } from './compile-tls.ts'
import type { Findings } from './expressions.ts'
import type { ForwardFields } from './schema/forward-schema.ts'
import type { KafkaFields } from './schema/kafka-schema.ts'
import type { Settings } from './schema/settings-schema.ts'

/** The cluster of the log, where its kind asks for one. */
export function compileLogKafka(log: Settings['log'], place: Place): KafkaSpec | undefined {
  const { kind, kafka } = log
  if ((kind === 'kafka') === (kafka !== undefined)) {
    return kafka === undefined ? undefined : compileKafka(kafka, ['log', 'kafka'], place)
  }
  place.findings.push(
    kafka === undefined
      ? {
          path: ['log', 'kind'],
          message: 'is kafka, and no brokers are named',
          advice: 'write log.kafka: { brokers: ["127.0.0.1:9092"] }',
        }
      : {
          path: ['log', 'kafka'],
          isKey: true,
          message: `stands beside kind: ${kind}`,
          advice: 'write kind: kafka, or leave it out',
        },
  )
  return undefined
}

/** Where a site's panes and steps go. */
export function compileForward(
  fields: ForwardFields,
  place: Place,
): NonNullable<Config['forward']> {
  const { to, bandwidth, failover_after: failoverAfterMs } = fields
  return {
    to: compileKafka(to, ['forward', 'to'], place),
    ...(bandwidth !== undefined && { bytesPerSecondMax: bandwidth }),
    failoverAfterMs,
  }
}

/** What a site is called decides what it may write into the cloud (R21), so names are exact. */
export function checkSites({ site, sites, forward }: Settings, findings: Findings): void {
  for (const [i, name] of sites.entries()) {
    const path = ['sites', i]
    const advice = 'name each site once, as its own configuration does'
    if (sites.indexOf(name) !== i)
      findings.push({ path, message: `${name} is there twice`, advice })
    if (name === site) findings.push({ path, message: `${name} is this process itself`, advice })
  }
  if (forward === undefined) return
  const refuse = (path: ConfigPath, message: string, advice: string) =>
    findings.push({ path, message, advice })
  if (site.includes('/')) {
    const advice = `write site: ${site.slice(0, site.indexOf('/'))}; rows may name a feed of it`
    refuse(['site'], 'names a feed, and a site forwards', advice)
  }
  if (sites.length > 0) {
    refuse(['sites'], 'stands beside forward', 'write forward at a site, and sites in the cloud')
  }
}

function compileKafka(fields: KafkaFields, path: ConfigPath, place: Place): KafkaSpec {
  const { brokers, promise, replication, codec, instance, tls, sasl } = fields
  if (sasl?.mechanism === 'PLAIN' && tls === undefined) {
    place.findings.push({
      path: [...path, 'sasl', 'mechanism'],
      message: 'is PLAIN without tls, which shows the password to everyone on the way',
      advice: 'write tls: {} beside sasl, or mechanism: SCRAM-SHA-512',
    })
  }
  return {
    brokers: brokers.map((text, i) =>
      addressAt({ text, example: 'host:9092' }, [...path, 'brokers', i], place.findings),
    ),
    promise,
    replication,
    codec,
    ...(instance !== undefined && { instance }),
    ...(tls !== undefined && { tls: compileTls(tls, [...path, 'tls'], place) }),
    ...(sasl !== undefined && { sasl: compileSasl(sasl, [...path, 'sasl'], place) }),
  }
}

type SaslFields = NonNullable<KafkaFields['sasl']>

function compileSasl(fields: SaslFields, path: ConfigPath, { folder, readSecret }: Place) {
  const { mechanism, username, password_file: name } = fields
  // Whoever connects reads it again, so that a new password needs no restart.
  readSecret(name, [...path, 'password_file'])
  return { mechanism, username, passwordFile: resolve(folder, name) }
}
