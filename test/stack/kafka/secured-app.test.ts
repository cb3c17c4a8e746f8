import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startKafka } from '../../../scripts/stack/kafka-cluster.ts'
import { startApp } from '../../../src/app/app.ts'
import { roles } from '../../../src/app/roles.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { createLogger } from '../../../src/telemetry/logger.ts'
import { secretsFolder } from '../rig/secrets.ts'
import { until } from '../rig/waiting.ts'
import { withoutJava } from '../rig/servers.ts'

const WRONG = 'canary-77e2'

/** A whole Nocturne on a cluster, and all that it says. */
async function appOn(t: TestContext, folder: string, text: string) {
  const said: string[] = []
  const data = await mkdtemp(join(tmpdir(), 'nocturne-secured-'))
  const env = { NOCTURNE_DATA: data, NOCTURNE_HTTP_LISTEN: '127.0.0.1:0' }
  const loaded = loadConfig({ text, env })
  assert.ok(loaded.ok, JSON.stringify(loaded))
  const app = await startApp({
    config: loaded.config,
    roles: new Set(roles),
    logger: createLogger({}, { write: (line: string) => void said.push(line) }),
    input: (async function* () {})(),
    terminal: { write: () => undefined, isColored: false },
    wallFolder: join(folder, 'no-wall'),
  })
  t.after(async () => {
    await app.stop()
    await rm(data, { recursive: true })
  })
  app.failed.catch((error: unknown) => said.push(`a bug: ${String(error)}`))
  const ready = async () => {
    const answer = await fetch(`${app.url}/readyz?verbose`)
    const text = await answer.text()
    said.push(text)
    return { isReady: answer.status === 200, text }
  }
  const metrics = async () => {
    const text = await (await fetch(`${app.url}/metrics`)).text()
    said.push(text)
    return text
  }
  return {
    said,
    /** Both how long it took, and that it came. */
    untilReady: () => took(until(async () => (await ready()).isReady)),
    untilCode: (code: string) =>
      took(
        until(async () => {
          const { isReady, text } = await ready()
          // The first connection that fails is told; a reader counts it a moment later.
          return !isReady && text.includes(code) && failuresOf(await metrics(), code)
        }),
      ),
    metrics,
  }
}

const failuresOf = (metrics: string, code: string): boolean =>
  new RegExp(`_failures_total\\{.*reason="${code}".*\\} [1-9]`).test(metrics)

async function took(work: Promise<void>): Promise<number> {
  const from = performance.now()
  await work
  return Math.round(performance.now() - from)
}

test(
  '[R2] a whole Nocturne says what the brokers have against it, and goes on once cured',
  { skip: withoutJava(), timeout: 600_000 },
  async (t) => {
    const cluster = await startKafka({ shape: 'one', security: 'sasl-ssl' })
    t.after(() => cluster.close())
    const security = cluster.security!
    await security.allow('user', ['--operation', 'All', '--topic', '*', '--group', '*'])
    const secrets = await secretsFolder(t)
    const [{ host, port }] = cluster.bootstrap as [{ host: string; port: number }]

    const { caFile: right, wrongCaFile: wrong } = security
    const [ca, wrongCa] = [await readFile(right, 'utf8'), await readFile(wrong, 'utf8')]
    const caFile = await secrets.write('ca.pem', ca)
    const passwordFile = await secrets.write('password', WRONG)
    const app = await appOn(
      t,
      secrets.folder,
      `version: 1
log:
  kind: kafka
  partitions: 1
  kafka:
    brokers: ["${host}:${port}"]
    replication: 1
    tls: { ca: ${caFile} }
    sasl: { mechanism: SCRAM-SHA-512, username: user, password_file: ${passwordFile} }
`,
    )
    const told: Record<string, number> = {}
    told['wrong password at start: told'] = await app.untilCode('LOG_AUTH_FAILED')
    await secrets.write('password', security.user.password)
    told['ready'] = await app.untilReady()

    await secrets.write('ca.pem', wrongCa)
    await cluster.kill('k1')
    await cluster.start('k1')
    told['another authority while running: told'] = await app.untilCode('LOG_TLS_UNKNOWN_CA')
    await secrets.write('ca.pem', ca)
    told['its authority again: ready'] = await app.untilReady()

    await security.setPassword('user', 'rotated-password')
    await cluster.kill('k1')
    await cluster.start('k1')
    told['password rotated: told'] = await app.untilCode('LOG_AUTH_FAILED')
    await secrets.write('password', 'rotated-password')
    told['password rewritten: ready'] = await app.untilReady()

    const topic = ['--operation', 'Read', '--topic', 'panes']
    await security.deny('user', topic)
    told['right revoked: told'] = await app.untilCode('LOG_ACL_DENIED')
    await security.allowAgain('user', topic)
    told['right granted: ready'] = await app.untilReady()

    const group = ['--operation', 'Read', '--group', 'aggregate']
    await security.deny('user', group)
    told['group revoked: told'] = await app.untilCode('LOG_ACL_DENIED')
    await security.allowAgain('user', group)
    told['group granted: ready'] = await app.untilReady()

    t.diagnostic(JSON.stringify(told))
    const metrics = await app.metrics()
    for (const code of ['LOG_AUTH_FAILED', 'LOG_TLS_UNKNOWN_CA', 'LOG_ACL_DENIED']) {
      assert.ok(failuresOf(metrics, code), code)
    }
    assert.match(metrics, /nocturne_kafka_partitions\{copies="all"\} [1-9]/)
    const all = app.said.join('\n')
    assert.doesNotMatch(all, /a bug/)
    for (const secret of [WRONG, security.user.password, 'rotated-password']) {
      assert.ok(!all.includes(secret))
    }
  },
)
