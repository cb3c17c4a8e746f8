import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Log } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory/memory-log.ts'
import { runAlertmanager } from '../../src/notify/alertmanager.ts'
import { httpPost } from '../../src/notify/http-post.ts'
import { alertOf, appendSteps, noticeOf, stepOf } from '../../src/notify/notify-records.suite.ts'
import { createTopics, toldsOf } from '../../src/notify/notify-topics.suite.ts'
import { TestReceiver } from '../../src/notify/test-receiver.suite.ts'
import { receiverDefaults, routeDefaults } from '../../src/notify/notify-defaults.ts'
import { webhookRequest } from '../../src/notify/webhook.ts'
import { utf8Text } from '../../src/std/bytes.ts'
import { systemClock } from '../../src/std/clock.ts'
import { prng } from '../../src/std/prng.ts'

const BINARY = 'prometheus-alertmanager'
const WAIT_MS_MAX = 20_000
const STEP_MS = 100
const EXTERNAL_URL = 'http://127.0.0.1:8080'
const hasBinary = spawnSync(BINARY, ['--version']).status === 0
const skip =
  hasBinary || process.env['CI'] === 'true'
    ? false
    : `${BINARY} is not installed: apt-get install ${BINARY}`

type Listed = {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt: string
  readonly fingerprint: string
}

async function freePort(): Promise<number> {
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  server.close()
  assert.ok(typeof address === 'object' && address !== null)
  return address.port
}

async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (let waitedMs = 0; waitedMs < WAIT_MS_MAX; waitedMs += STEP_MS) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await systemClock.sleep(STEP_MS)
  }
  assert.fail(`nothing came within ${WAIT_MS_MAX} ms`)
}

/** Runs `use` beside a real Alertmanager that tells `hook`, in a folder of its own. */
async function withAlertmanager(hook: string, use: (url: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-alertmanager-'))
  const config = join(folder, 'alertmanager.yml')
  const route = 'route: { receiver: noc, group_by: [alertname], group_wait: 0s }'
  const receivers = `receivers: [{ name: noc, webhook_configs: [{ url: '${hook}' }] }]`
  await writeFile(config, `${route}\n${receivers}\n`)
  const url = `http://127.0.0.1:${await freePort()}`
  const address = url.slice('http://'.length)
  const flags = [`--config.file=${config}`, `--storage.path=${folder}`]
  const listening = [`--web.listen-address=${address}`, '--cluster.listen-address=']
  const external = [`--web.external-url=${EXTERNAL_URL}`, '--web.route-prefix=/']
  const child = spawn(BINARY, [...flags, ...listening, ...external], { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => {
    child.on('exit', () => resolve())
    child.on('error', () => resolve())
  })
  try {
    await eventually(() => listed(url))
    await use(url)
  } finally {
    child.kill()
    await ended
    await rm(folder, { recursive: true, force: true })
  }
}

/** Feeds the Alertmanager at `url` from a log of its own while `use` runs. */
async function withFeed(url: string, use: (log: Log) => Promise<void>): Promise<void> {
  const ending = new AbortController()
  const { signal } = ending
  const clock = systemClock
  const log = openMemoryLog({ clock })
  await createTopics(log, 2)
  const receiver = { ...receiverDefaults, name: 'am', kind: 'alertmanager', urls: [url] } as const
  const root = { receiver: 'am', matchers: [], continue: false, routes: [], ...routeDefaults }
  const spec = { receivers: [receiver], route: root, externalUrl: EXTERNAL_URL }
  const parts = { log, receiver, spec, post: httpPost(clock), clock, random: prng(1), signal }
  const running = runAlertmanager({ ...parts, hopMsMax: () => 1_000, count: () => undefined })
  try {
    await use(log)
  } finally {
    ending.abort()
    await running
    await log.close()
  }
}

const labels = { odd: 'é"\\' }

/** What it lists, by its own API; undefined while it does not answer. */
async function listed(url: string): Promise<readonly Listed[] | undefined> {
  try {
    const answer = await fetch(`${url}/api/v2/alerts`)
    return answer.ok ? JSON.parse(await answer.text()) : undefined
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

test('[A67] a real Alertmanager lists our alert while it is open', { skip }, async () => {
  const nowhere = 'http://127.0.0.1:9/'
  await withAlertmanager(nowhere, (url) =>
    withFeed(url, async (log) => {
      const activeAt = systemClock.now() - 5_000
      const firing = stepOf({ alert: 1, seq: 2, step: 'firing', activeAt, labels })
      await appendSteps(log, [firing])
      const open = await eventually(async () => (await listed(url))?.[0])

      assert.deepEqual(open.labels, firing.labels)
      assert.equal(open.annotations['nocturne_key'], firing.episode)
      assert.equal(open.annotations['summary'], firing.annotations['summary'])
      assert.equal(Date.parse(open.startsAt), activeAt)
      assert.ok(Date.parse(open.endsAt) > systemClock.now() + 180_000)

      const resolved = stepOf({ alert: 1, seq: 3, step: 'resolved', activeAt, labels })
      await appendSteps(log, [{ ...resolved, at: systemClock.now() - 1 }])
      await eventually(async () => ((await listed(url))?.length === 0 ? true : undefined))
      await eventually(async () => ((await toldsOf(log)).length === 2 ? true : undefined))
    }),
  )
})

type Body = {
  readonly notification_reason?: string
  readonly alerts: readonly {
    readonly fingerprint: string
    readonly annotations: Readonly<Record<string, string>>
  }[]
  readonly commonAnnotations: Readonly<Record<string, string>>
}

/** Without the fingerprint, which is over our identity alone, and the two annotations of ours. */
function comparable(text: string): Body {
  const body: Body = JSON.parse(text)
  const bare = (annotations: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(annotations).filter(([name]) => !name.startsWith('nocturne_')),
    )
  const alerts = body.alerts.map((alert) => ({
    ...alert,
    fingerprint: '',
    annotations: bare(alert.annotations),
    startsAt: '',
  }))
  return { ...body, alerts, commonAnnotations: bare(body.commonAnnotations) }
}

test('our webhook body is that of a real Alertmanager for the same alert', { skip }, async () => {
  const hook = new TestReceiver(
    () => ({ status: 200 }),
    () => systemClock.now(),
  )
  await hook.up()
  const activeAt = systemClock.now() - 5_000
  const firing = stepOf({ alert: 1, seq: 2, step: 'firing', activeAt, labels })
  await withAlertmanager(hook.url, (url) =>
    withFeed(url, async (log) => {
      await appendSteps(log, [firing])
      await eventually(async () => hook.received[0])
    }),
  )
  await hook.down()

  const notice = noticeOf({ group: 1, seq: 1, plannedAt: activeAt })
  const shown = { ...notice, alerts: [alertOf(firing)] }
  const request = webhookRequest(shown, { url: hook.url, externalUrl: EXTERNAL_URL })
  const { notification_reason: reason, ...ours } = comparable(utf8Text(request.body))
  assert.equal(reason, 'first')
  assert.deepEqual(ours, comparable(hook.received[0]?.body ?? ''))
})
