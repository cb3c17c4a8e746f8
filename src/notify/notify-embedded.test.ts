import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EmbeddedRig } from '../log/embedded/embedded-rig.suite.ts'
import type { Log } from '../log/log.ts'
import { prng } from '../std/prng.ts'
import type { SimulatedClock } from '../std/simulated-clock.ts'
import { httpPost } from './http-post.ts'
import { receiverDefaults, routeDefaults } from './notify-defaults.ts'
import { appendSteps, stepOf } from './notify-records.suite.ts'
import type { NotifySpec } from './notify-spec.ts'
import { createTopics, noticesOf, toldsOf } from './notify-topics.suite.ts'
import { runPlan } from './plan.ts'
import { runSend } from './send.ts'
import { TestReceiver } from './test-receiver.suite.ts'
import { until } from './until.suite.ts'
import { webhookRequest } from './webhook.ts'

const spec = (url: string): NotifySpec => ({
  receivers: [{ ...receiverDefaults, name: 'noc', kind: 'webhook', urls: [url] }],
  route: { receiver: 'noc', matchers: [], continue: false, routes: [], ...routeDefaults },
  externalUrl: 'http://nocturne',
})

/** Plan and send together, until `end`. */
function notify(clock: SimulatedClock, log: Log, url: string) {
  const ending = new AbortController()
  const { signal } = ending
  const count = () => undefined
  const post = httpPost(clock)
  const deliver: Parameters<typeof runSend>[0]['deliver'] = (notice) =>
    post(webhookRequest(notice, { url, externalUrl: 'http://nocturne' }))
  const random = prng(1)
  const running = Promise.all([
    runPlan({ log, spec: spec(url), clock, signal, count }),
    runSend({ log, receiver: 'noc', deliver, clock, random, signal, count }),
  ])
  return async () => {
    ending.abort()
    await running
  }
}

test('[A74] a crash of everything on the embedded log tells each step once', async () => {
  const rig = new EmbeddedRig()
  const { clock } = rig
  const receiver = new TestReceiver(
    () => ({ status: 200 }),
    () => clock.now(),
  )
  await receiver.up()
  const log = await rig.open()
  await createTopics(log, 3)
  const activeAt = clock.now()
  const firing = [1, 2, 3, 4].map((alert) => stepOf({ alert, seq: 2, step: 'firing', activeAt }))
  const resolved = firing.map((_, i) =>
    stepOf({ alert: i + 1, seq: 3, step: 'resolved', activeAt }),
  )
  const move = { clock, stepMs: 100, mayMove: () => true }
  const first = notify(clock, log, receiver.url)
  await appendSteps(log, firing)
  await until(async () => (await toldsOf(log)).length === 4, move)

  const after = await rig.openAfterCrash()
  await first()
  const second = notify(clock, after, receiver.url)
  await appendSteps(after, [...firing, ...resolved])
  const told = async () => new Set((await toldsOf(after)).map(({ of }) => of))
  await until(async () => (await told()).size === 8, move)
  await second()

  const notices = await noticesOf(after)
  assert.deepEqual(
    notices.flatMap(({ steps }) => steps).sort(),
    [...firing, ...resolved].map(({ id }) => id).sort(),
  )
  const names = receiver.received.map(({ key, seq }) => `${key} ${seq}`)
  assert.deepEqual(
    [...new Set(names)],
    notices.map(({ key, seq }) => `${key} ${seq}`),
  )
  await receiver.down()
  await rig.end()
})
