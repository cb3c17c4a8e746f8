import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { test } from 'node:test'
import { openMemoryLog } from '../log/memory/memory-log.ts'
import type { Log } from '../log/log.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import type { Step } from '../model/step.ts'
import { prng } from '../std/prng.ts'
import { SimulatedClock } from '../std/simulated-clock.ts'
import { runAlertmanager } from './alertmanager.ts'
import { httpPost, type HttpPost } from './http-post.ts'
import { appendSteps, stepOf } from './notify-records.suite.ts'
import { createTopics, toldsOf } from './notify-topics.suite.ts'
import { TestReceiver } from './test-receiver.suite.ts'
import { until } from './until.suite.ts'
import { receiverDefaults, routeDefaults } from './notify-defaults.ts'
import type { NotifySpec } from './notify-spec.ts'

type Posted = {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt: string
}
type World = { readonly clock: SimulatedClock; readonly log: Log; inFlight: number }

async function world(): Promise<World> {
  const clock = new SimulatedClock()
  const log = openMemoryLog({ clock })
  await createTopics(log, 2)
  return { clock, log, inFlight: 0 }
}

/** Feeds the given instances until `end`. */
function feed(at: World, instances: readonly TestReceiver[]) {
  const ending = new AbortController()
  const urls = instances.map(({ url }) => url)
  const receiver = { ...receiverDefaults, name: 'am', kind: 'alertmanager', urls } as const
  const spec: NotifySpec = {
    receivers: [receiver],
    route: { receiver: 'am', matchers: [], continue: false, routes: [], ...routeDefaults },
    externalUrl: 'http://nocturne',
  }
  const send = httpPost(at.clock)
  const post: HttpPost = async (request) => {
    at.inFlight++
    const result = await send(request)
    at.inFlight--
    return result
  }
  const { log, clock } = at
  const { signal } = ending
  const hopMsMax = () => 1_000
  const options = { log, receiver, spec, hopMsMax, post, clock, random: prng(1), signal }
  const run = runAlertmanager({ ...options, count: () => undefined })
  const end = async (): Promise<void> => {
    ending.abort()
    await run
  }
  return Object.assign(end, { run })
}

/** The log on a disk that has no room for what was told. */
function withoutRoom(log: Log): Log {
  const full = () => Promise.reject(new NocturneError('LOG_FULL', 'no room'))
  return new Proxy(log, {
    get: (target, name) =>
      name === 'append' ? full : Reflect.get(target, name, target).bind(target),
  })
}

const move = (at: World, stepMs: number) => ({
  clock: at.clock,
  stepMs,
  mayMove: () => at.inFlight === 0,
})

async function settle(at: World): Promise<void> {
  for (let turn = 0; turn < 20 || at.inFlight > 0; turn++) await setImmediate()
}

const posted = ({ received }: TestReceiver, nth = -1): Posted[] =>
  JSON.parse(received.at(nth)?.body ?? '[]')

const accepting = (at: World) =>
  new TestReceiver(
    () => ({ status: 200 }),
    () => at.clock.now(),
  )

const startAt = new SimulatedClock().now()
const one = (seq: number, step: Step['step'], level: Step['level'] = 'critical') => ({
  ...stepOf({ alert: 1, seq, step, activeAt: startAt, level }),
  at: startAt + seq,
})

test('[A67] every Alertmanager is kept informed, and a step is told once one has it', async () => {
  const at = await world()
  const [alive, dead] = [accepting(at), accepting(at)]
  await Promise.all([alive.up(), dead.up()])
  await dead.down()
  const end = feed(at, [alive, dead])
  await appendSteps(at.log, [one(2, 'firing')])
  await until(async () => (await toldsOf(at.log)).length === 1)

  const [alert] = posted(alive)
  assert.equal(alert?.labels['alertname'], 'RetransmitsHigh')
  assert.equal(alert?.annotations['nocturne_key'], one(2, 'firing').episode)
  assert.equal(alert?.annotations['nocturne_seq'], '2')
  assert.equal(Date.parse(alert?.startsAt ?? ''), startAt)
  assert.equal(Date.parse(alert?.endsAt ?? ''), at.clock.now() + 240_000)
  await dead.up()
  await until(() => dead.received.length > 0, move(at, 1_000))
  await settle(at)
  const before = alive.received.length
  await until(() => alive.received.length > before, move(at, 1_000))
  await end()

  assert.equal((await toldsOf(at.log)).length, 1)
  assert.deepEqual(posted(dead).length, 1)
  await Promise.all([alive.down(), dead.down()])
})

test('[A67] a feed that cannot note what it told ends, so that it is begun again', async () => {
  const at = await world()
  const alive = accepting(at)
  await alive.up()
  await appendSteps(at.log, [one(2, 'firing')])

  const { run } = feed({ ...at, log: withoutRoom(at.log) }, [alive])

  await assert.rejects(run, { code: 'LOG_FULL' })
  await alive.down()
})

test('an alert that is over is sent with its end for 15 min, restarts or not', async () => {
  const at = await world()
  const instance = accepting(at)
  await instance.up()
  const first = feed(at, [instance])
  await appendSteps(at.log, [one(2, 'firing')])
  await until(async () => (await toldsOf(at.log)).length === 1)
  await appendSteps(at.log, [one(3, 'resolved')])
  await until(async () => (await toldsOf(at.log)).length === 2)
  await first()
  const endedAt = at.clock.now()

  const second = feed(at, [instance])
  // The evaluator repeats what it had said: nothing opens again.
  await appendSteps(at.log, [one(2, 'firing'), one(3, 'resolved')])
  const before = instance.received.length
  await until(() => instance.received.length >= before + 5, move(at, 1_000))
  assert.equal(Date.parse(posted(instance)[0]?.endsAt ?? ''), startAt + 3)
  await until(() => at.clock.now() > endedAt + 960_000, move(at, 1_000))
  await settle(at)
  const quiet = instance.received.length
  await until(() => at.clock.now() > endedAt + 1_260_000, move(at, 1_000))
  await second()

  assert.equal(instance.received.length, quiet)
  assert.equal((await toldsOf(at.log)).length, 2)
  await instance.down()
})

test('a raise ends the alert of the old labels in the request that opens the new one', async () => {
  const at = await world()
  const instance = accepting(at)
  await instance.up()
  const end = feed(at, [instance])
  await appendSteps(at.log, [one(2, 'firing', 'warning')])
  await until(async () => (await toldsOf(at.log)).length === 1)
  await appendSteps(at.log, [one(3, 'raised', 'critical')])
  await until(async () => (await toldsOf(at.log)).length === 2)
  await end()

  const alerts = posted(instance).map(({ labels, endsAt }) => [
    labels['severity'],
    Date.parse(endsAt),
  ])
  assert.deepEqual(alerts, [
    ['warning', startAt + 3],
    ['critical', at.clock.now() + 240_000],
  ])
  await instance.down()
})
