import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { after, test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { startKafka, type KafkaCluster } from '../../../scripts/stack/kafka-cluster.ts'
import type { SaslLogin } from '../../../src/log/kafka/kafka-options.ts'
import { readToEnd } from '../../../src/log/log.ts'
import { NocturneError } from '../../../src/model/nocturne-error.ts'
import { claimOn, logOn, topicOf } from '../rig/kafka-logs.ts'
import { rowsOf, textsIn } from '../rig/rows.ts'
import { secretsFolder } from '../rig/secrets.ts'
import { failureOf, until } from '../rig/waiting.ts'
import { withoutJava } from '../rig/servers.ts'

const LIMIT = { skip: withoutJava(), timeout: 300_000 }
const run = promisify(execFile)
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
const WRONG = 'canary-3f1b'

/** One secured cluster for all cases of this file. */
let started: Promise<KafkaCluster> | undefined

async function secured() {
  const cluster = await (started ??= startKafka({ shape: 'one', security: 'sasl-ssl' }))
  const { security } = cluster
  assert.ok(security)
  return { cluster, security }
}

type Way = SaslLogin['mechanism']

/** Options of a client that logs in as one of the cluster's users. */
async function clientOf(
  t: TestContext,
  { mechanism = 'SCRAM-SHA-512' as Way, as = 'admin' as 'admin' | 'user', password = '' } = {},
) {
  const { cluster, security } = await secured()
  const { username, password: right } = security[as]
  const secrets = await secretsFolder(t)
  const passwordFile = await secrets.write('password', `${password || right}\n`)
  return {
    cluster,
    security,
    secrets,
    tls: { caFile: security.caFile },
    sasl: { mechanism, username, passwordFile },
  }
}

const noPassword = (text: string): void => assert.doesNotMatch(text, /canary-3f1b|-password/)

after(async () => (await started)?.close())

for (const mechanism of MECHANISMS) {
  test(`[R20] rows and groups over TLS with ${mechanism}`, LIMIT, async (t) => {
    const { cluster, tls, sasl } = await clientOf(t, { mechanism })
    const log = await logOn(t, cluster, { tls, sasl })
    const topic = `rows-${mechanism}`
    await log.createTopic(topicOf(topic))
    await log.append(topic, rowsOf(['a', 'b']))

    const leaving = new AbortController()
    const claim = await claimOn(log, topic, { group: topic, signal: leaving.signal })
    for await (const batch of log.read(claim, { ...(await at(log, claim)), bytesMax: 1000 })) {
      assert.deepEqual(textsIn(batch), ['a', 'b'])
      await log.commit(claim, batch.next, 'note')
      break
    }
    assert.deepEqual(await log.positions(topic, topic), [{ offset: 2, note: 'note' }])
    leaving.abort()
    claim.release()
  })
}

test('[R2] [R20] whom the brokers or we refuse hears why, and no password', LIMIT, async (t) => {
  const { cluster, security, tls, sasl, secrets } = await clientOf(t)
  const wrong = { ...sasl, passwordFile: await secrets.write('wrong', WRONG) }
  const open = await startKafka({ shape: 'one' })
  t.after(() => open.close())
  const expired = await expiredServer(t, security.caFile, secrets.folder)
  const cases = [
    ['LOG_TLS_UNKNOWN_CA', cluster, { tls: { caFile: security.wrongCaFile }, sasl }],
    ['LOG_TLS_UNKNOWN_CA', cluster, { tls: {}, sasl }],
    ['LOG_TLS_HOSTNAME', cluster, { tls: { ...tls, serverName: 'elsewhere.example' }, sasl }],
    ['LOG_TLS_EXPIRED', expired, { tls, sasl }],
    ['LOG_AUTH_FAILED', cluster, { tls, sasl: wrong }],
    ['LOG_AUTH_FAILED', cluster, { tls, sasl: { ...wrong, mechanism: 'PLAIN' } }],
    ['LOG_AUTH_FAILED', cluster, { tls, sasl: { ...wrong, username: 'nobody' } }],
    ['LOG_AUTH_FAILED', open, { sasl }],
    ['LOG_TLS_MISMATCH', cluster, {}],
    ['LOG_TLS_MISMATCH', cluster, { sasl }],
    ['LOG_TLS_MISMATCH', open, { tls, sasl }],
    ['LOG_SECRET_UNREADABLE', cluster, { tls: { caFile: join(secrets.folder, 'no') }, sasl }],
    ['LOG_UNAVAILABLE', cluster, { tls }],
  ] as const
  for (const [code, place, options] of cases) {
    const log = await logOn(t, place, { ...options, limits: { patienceMs: 500 } })
    const failure = await failureOf(log.createTopic(topicOf('refused')))
    assert.equal(failure.code, code, `${JSON.stringify(options)}: ${failure.message}`)
    const [check] = log.checks()
    assert.deepEqual([check?.isOk, check?.code], [false, code])
    assert.ok((log.counters.failuresByReason.get(code) ?? 0) > 0 || code === 'LOG_UNAVAILABLE')
    noPassword(failure.message + JSON.stringify(check))
  }
})

test('[R2] [R20] a certificate for another host is refused by address too', LIMIT, async (t) => {
  const { sasl } = await clientOf(t)
  const place = { shape: 'one', security: 'sasl-ssl', certificateHost: 'k.example' } as const
  const cluster = await startKafka(place)
  t.after(() => cluster.close())
  const { caFile } = cluster.security!

  const log = await logOn(t, cluster, { tls: { caFile }, sasl })
  const named = await logOn(t, cluster, { tls: { caFile, serverName: 'k.example' }, sasl })

  assert.equal((await failureOf(log.createTopic(topicOf('rows')))).code, 'LOG_TLS_HOSTNAME')
  await named.createTopic(topicOf('rows'))
})

test(
  '[R2] a login cured on file or on the broker is noticed without a restart',
  LIMIT,
  async (t) => {
    const { cluster, security, tls, sasl, secrets } = await clientOf(t, { password: WRONG })
    const log = await logOn(t, cluster, { tls, sasl, limits: { watchMs: 200 } })
    assert.equal((await failureOf(log.createTopic(topicOf('cured')))).code, 'LOG_AUTH_FAILED')

    await secrets.write('password', security.admin.password)
    await until(() => log.checks().every(({ isOk }) => isOk))
    await log.createTopic(topicOf('cured'))
    await log.append('cured', rowsOf(['before']))

    await security.setPassword('admin', 'rotated-password')
    await log.append('cured', rowsOf(['by connections that were there']))
    const other = await logOn(t, cluster, { tls, sasl, limits: { watchMs: 200 } })
    assert.equal((await failureOf(other.ends('cured'))).code, 'LOG_AUTH_FAILED')
    await secrets.write('password', 'rotated-password')
    await until(() => other.checks().every(({ isOk }) => isOk))
    await other.append('cured', rowsOf(['by new ones']))
    assert.deepEqual(await log.ends('cured'), [{ start: 0, end: 3 }])
    await security.setPassword('admin', security.admin.password)
  },
)

test(
  '[R2] [R20] a missing right names its topic or group until it is granted',
  LIMIT,
  async (t) => {
    const { cluster, security, ...login } = await clientOf(t)
    const { allow, deny, allowAgain } = security
    const { secrets: _, ...admin } = login
    const user = { ...admin, sasl: { ...admin.sasl, username: 'user' } }
    user.sasl.passwordFile = await login.secrets.write('user', security.user.password)
    const log = await logOn(t, cluster, { ...user, limits: { watchMs: 200 } })
    const on = (operation: string) => ['--operation', operation, '--topic', 'ours']
    const denied = async (work: Promise<unknown>, what: RegExp): Promise<void> => {
      const { code, message } = await failureOf(work)
      assert.deepEqual([code, what.test(message)], ['LOG_ACL_DENIED', true], message)
    }
    const make = () => log.createTopic(topicOf('ours'))
    const append = () => log.append('ours', rowsOf(['row']))
    const ending = new AbortController()
    t.after(() => ending.abort())
    const read = async (group?: string): Promise<string> => {
      const named = group === undefined ? {} : { group }
      const claim = await claimOn(log, 'ours', { ...named, signal: ending.signal })
      for await (const batch of log.read(claim, { ...(await at(log, claim)), bytesMax: 1 })) {
        claim.release()
        return textsIn(batch).join()
      }
      return 'nothing'
    }

    await denied(make(), /ours/)
    assert.ok(log.checks().some(({ name, code }) => /ours/.test(name) && code === 'LOG_ACL_DENIED'))
    await allow('user', on('Describe'))
    await denied(make(), /ours/)
    await allow('user', on('Create'))
    await denied(make(), /settings of topic ours/)
    await allow('user', on('DescribeConfigs'))
    await make()
    await denied(append(), /ours/)
    await allow('user', on('Write'))
    await append()
    await denied(read(), /ours/)
    await allow('user', on('Read'))
    assert.equal(await read(), 'row')
    await denied(read('team'), /group team/)
    await allow('user', ['--operation', 'Read', '--group', 'team'])
    assert.equal(await read('team'), 'row')

    // Revoked while all of it runs.
    const waiting = failureOf(toTheEnd(log, ending.signal))
    const member = failureOf(stay(log, ending.signal))
    await deny('user', on('Read'))
    assert.equal((await waiting).code, 'LOG_ACL_DENIED')
    await deny('user', ['--operation', 'Read', '--group', 'team'])
    assert.match((await member).message, /(group team|ours)/)
    await deny('user', on('Write'))
    await until(async () => (await failureOf(append())).code === 'LOG_ACL_DENIED')
    await allowAgain('user', on('Write'))
    await allowAgain('user', on('Read'))
    await until(async () => (await failureOf(append())).code === undefined)
    await until(async () => (await failureOf(read())).code === undefined)
  },
)

test('[R20] rows go on while brokers want the login again and again', LIMIT, async (t) => {
  const extra = { 'connections.max.reauth.ms': '1500' }
  const cluster = await startKafka({ shape: 'one', security: 'sasl-ssl', extra })
  t.after(() => cluster.close())
  const { caFile } = cluster.security!
  const { sasl } = await clientOf(t)
  const log = await logOn(t, cluster, { tls: { caFile }, sasl })
  await log.createTopic(topicOf('rows'))
  const texts: string[] = []
  const enough = Date.now() + 5_000
  while (Date.now() < enough) {
    texts.push(`row ${texts.length}`)
    await log.append('rows', rowsOf(texts.slice(-1)))
  }
  const found: string[] = []
  for await (const batch of readToEnd(log, { topic: 'rows', partition: 0 })) {
    found.push(...textsIn(batch))
  }
  assert.deepEqual(found, texts)
})

type OurLog = Awaited<ReturnType<typeof logOn>>

const at = async (log: OurLog, claim: Parameters<OurLog['position']>[0]) => ({
  position: await log.position(claim),
})

async function toTheEnd(log: OurLog, signal: AbortSignal): Promise<void> {
  const claim = await claimOn(log, 'ours', { signal })
  const reading = log.read(claim, { ...(await at(log, claim)), bytesMax: 1000 })
  for await (const batch of reading) assert.ok(batch.count > 0)
}

async function stay(log: OurLog, signal: AbortSignal): Promise<void> {
  const spec = {
    topics: ['ours'],
    start: 'earliest',
    sessionMs: 6_000,
    rebalanceMs: 6_000,
  } as const
  for await (const claim of log.claims({ ...spec, group: 'team' }, signal)) {
    claim.signal.addEventListener('abort', () => claim.release(), { once: true })
  }
}

/** Something that speaks TLS with a certificate of yesterday. */
async function expiredServer(t: TestContext, caFile: string, folder: string) {
  const [key, request, cert] = ['key', 'csr', 'pem'].map((name) => join(folder, `old.${name}`))
  const names = join(folder, 'names')
  await run('bash', [
    '-c',
    'openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$0" -out "$1"' +
      ' -subj /CN=old && echo subjectAltName=IP:127.0.0.1 > "$4" && openssl x509 -req -in "$1"' +
      ' -CA "$3" -CAkey "${3%.pem}.key" -CAcreateserial -days -1 -extfile "$4" -out "$2"',
    ...[key!, request!, cert!, caFile, names],
  ])
  const server = createServer({ key: await readFile(key!), cert: await readFile(cert!) })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new NocturneError('LOG_CLOSED', '')
  return { bootstrap: [{ host: '127.0.0.1', port: address.port }] }
}
