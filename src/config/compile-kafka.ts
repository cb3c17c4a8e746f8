import { resolve } from 'node:path'
import type { Config, KafkaSpec } from './config.ts'
import type { ConfigPath } from './config-error.ts'
import type { ReadSecret } from './compile-notify.ts'
import type { Findings } from './expressions.ts'
import type { ForwardFields } from './schema/forward-schema.ts'
import type { KafkaFields } from './schema/kafka-schema.ts'
import type { Settings } from './schema/settings-schema.ts'
import { fileText } from './written-config.ts'

type Place = {
  readonly folder: string
  readonly findings: Findings
  readonly readSecret: ReadSecret
}

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
    brokers: brokers.map((text, i) => brokerOf(text, [...path, 'brokers', i], place.findings)),
    promise,
    replication,
    codec,
    ...(instance !== undefined && { instance }),
    ...(tls !== undefined && { tls: compileTls(tls, [...path, 'tls'], place) }),
    ...(sasl !== undefined && { sasl: compileSasl(sasl, [...path, 'sasl'], place) }),
  }
}

function brokerOf(text: string, path: ConfigPath, findings: Findings) {
  const at = text.lastIndexOf(':')
  const port = Number(text.slice(at + 1))
  if (port < 1 || port > 65_535) {
    findings.push({ path, message: 'has no such port', advice: 'write host:9092' })
  }
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port }
}

type TlsFields = NonNullable<KafkaFields['tls']>
type SaslFields = NonNullable<KafkaFields['sasl']>

function compileTls(fields: TlsFields, path: ConfigPath, place: Place) {
  const { ca, cert, key, server_name: serverName } = fields
  const { folder, findings, readSecret } = place
  for (const [name, value] of Object.entries({ ca, cert })) {
    if (value === undefined) continue
    const read = fileText(resolve(folder, value))
    if (!('reason' in read)) continue
    const message = `names the file ${value}, which ${read.reason}`
    findings.push({ path: [...path, name], message, advice: 'write certificates in PEM into it' })
  }
  if (key !== undefined) readSecret(key, [...path, 'key'])
  return {
    ...(ca !== undefined && { caFile: resolve(folder, ca) }),
    ...(cert !== undefined && { certFile: resolve(folder, cert) }),
    ...(key !== undefined && { keyFile: resolve(folder, key) }),
    ...(serverName !== undefined && { serverName }),
  }
}

function compileSasl(fields: SaslFields, path: ConfigPath, { folder, readSecret }: Place) {
  const { mechanism, username, password_file: name } = fields
  // Whoever connects reads it again, so that a new password needs no restart.
  readSecret(name, [...path, 'password_file'])
  return { mechanism, username, passwordFile: resolve(folder, name) }
}
