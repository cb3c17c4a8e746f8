import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemoryLog } from '../log/memory/memory-log.ts'
import type { Log } from '../log/log.ts'
import type { Notice } from '../model/notice.ts'
import { prng } from '../std/prng.ts'
import { SimulatedClock } from '../std/simulated-clock.ts'
import { httpPost, type HttpResult } from './http-post.ts'
import { appendNotices, noticeOf } from './notify-records.suite.ts'
import { createTopics, toldsOf } from './notify-topics.suite.ts'
import { TestReceiver, type Answer, type Received } from './test-receiver.suite.ts'
import { until } from './until.suite.ts'
import { runSend } from './send.ts'
import { webhookRequest } from './webhook.ts'

type World = { readonly clock: SimulatedClock; readonly log: Log; inFlight: number }

async function world(): Promise<World> {
  const clock = new SimulatedClock()
  const log = openMemoryLog({ clock })
  await createTopics(log, 2)
  return { clock, log, inFlight: 0 }
}

const plannedAt = new SimulatedClock().now()
const notices = (groups: number, seqs: number): Notice[] =>
  Array.from({ length: groups * seqs }, (_, i) =>
    noticeOf({ group: i % groups, seq: Math.floor(i / groups) + 1, plannedAt }),
  )

/** One reader that posts to `receiver`; `end` stops it and waits. */
function sendTo(at: World, receiver: TestReceiver, name = 'noc') {
  const { clock, log } = at
  const ending = new AbortController()
  const reasons = new Map<string, number>()
  const post = httpPost(clock)
  const deliver = async (notice: Notice): Promise<HttpResult> => {
    at.inFlight++
    const result = await post(
      webhookRequest(notice, { url: receiver.url, externalUrl: 'http://n' }),
    )
    at.inFlight--
    return result
  }
  const count = (where: string, reason: string, by: number) => {
    const name = `${where}/${reason}`
    reasons.set(name, (reasons.get(name) ?? 0) + by)
  }
  const random = prng(7)
  const { signal } = ending
  const run = runSend({ log, receiver: name, deliver, clock, random, signal, count })
  const end = () => {
    ending.abort()
    return run
  }
  return { end, reasons }
}

/** Moves time only while nobody is at work: what hangs has to be waited for. */
const move = (at: World, receiver: TestReceiver, stepMs = 250) => ({
  clock: at.clock,
  stepMs,
  mayMove: () => at.inFlight === receiver.hangingCount,
})

/** Per key: seqs in the order of first acceptance; repeats have equal bytes. */
function acceptedOrder(received: readonly Received[]): Map<string, number[]> {
  const bodies = new Map<string, string>()
  const order = new Map<string, number[]>()
  for (const { key, seq, body, isAccepted } of received) {
    const id = `${key}/${seq}`
    assert.equal(bodies.get(id) ?? body, body)
    bodies.set(id, body)
    const seqs = order.get(key) ?? []
    if (isAccepted && !seqs.includes(seq)) order.set(key, [...seqs, seq])
  }
  return order
}

const faults: readonly (readonly [string, (nth: number) => Answer])[] = [
  ['answers 500 five times of six', (nth) => ({ status: nth % 6 === 5 ? 200 : 500 })],
  ['hangs on every third request', (nth) => (nth % 3 === 0 ? 'hang' : { status: 200 })],
  ['resets every second connection', (nth) => (nth % 2 === 0 ? 'reset' : { status: 204 })],
  [
    'answers 429 with Retry-After',
    (nth) => (nth % 4 === 0 ? { status: 429, headers: { 'retry-after': '30' } } : { status: 200 }),
  ],
  ['answers 403 at first', (nth) => ({ status: nth < 6 ? 403 : 200 })],
]

for (const [fault, answer] of faults) {
  test(`[A64] a receiver that ${fault} gets every notice, in order within each group`, async () => {
    const at = await world()
    const receiver = new TestReceiver(answer, () => at.clock.now())
    await receiver.up()
    await appendNotices(at.log, notices(6, 3))

    const sending = sendTo(at, receiver)
    await until(async () => (await toldsOf(at.log)).length === 18, move(at, receiver))
    await sending.end()

    for (const seqs of acceptedOrder(receiver.received).values()) assert.deepEqual(seqs, [1, 2, 3])
    assert.equal(acceptedOrder(receiver.received).size, 6)
    assert.ok((await toldsOf(at.log)).every(({ outcome }) => outcome === 'sent'))
    await receiver.down()
  })
}

test('[A65] a receiver that is down for two minutes gets all; others do not wait', async () => {
  const at = await world()
  const dead = new TestReceiver(
    () => ({ status: 200 }),
    () => at.clock.now(),
  )
  const alive = new TestReceiver(
    () => ({ status: 200 }),
    () => at.clock.now(),
  )
  await dead.up()
  await dead.down()
  await alive.up()
  await appendNotices(at.log, notices(5, 2))
  await appendNotices(
    at.log,
    notices(5, 2).map((notice) => ({ ...notice, receiver: 'other' })),
  )
  const startedAt = at.clock.now()

  const waiting = sendTo(at, dead)
  const other = sendTo(at, alive, 'other')
  await until(() => alive.received.length === 10)
  assert.equal(at.clock.now(), startedAt)
  await until(() => at.clock.now() >= startedAt + 120_000, move(at, dead))
  const attempts = waiting.reasons.get('retry/connection') ?? 0
  await dead.up()
  const done = async () => (await toldsOf(at.log)).filter(({ receiver }) => receiver === 'noc')
  await until(async () => (await done()).length === 10, move(at, dead))
  await waiting.end()
  await other.end()

  for (const seqs of acceptedOrder(dead.received).values()) assert.deepEqual(seqs, [1, 2])
  // Four at once, then single probes at 1, 2, 4, … s: far fewer than five groups would make.
  assert.ok(attempts >= 8 && attempts <= 20, `${attempts} attempts`)
  await dead.down()
  await alive.down()
})

test('[A64] a notice that is refused or a day old holds up nothing', async () => {
  const at = await world()
  const receiver = new TestReceiver(
    (nth) => ({ status: [400, 302, 500][nth] ?? 200 }),
    () => at.clock.now(),
  )
  await receiver.up()
  const old = noticeOf({ group: 3, seq: 1, plannedAt: plannedAt - 86_400_000 })
  const fresh = noticeOf({ group: 4, seq: 1, plannedAt })
  const [first, second] = notices(1, 2)
  await appendNotices(at.log, [first!, second!])
  const sending = sendTo(at, receiver)
  await until(() => receiver.received.length === 2)
  await appendNotices(at.log, [old])
  await until(() => receiver.received.length === 3)
  await appendNotices(at.log, [fresh])
  await until(async () => (await toldsOf(at.log)).length === 4)
  await sending.end()

  const outcomes = (await toldsOf(at.log)).map(({ of, outcome }) => [of, outcome])
  const expected = [first!, second!, old, fresh].map(({ steps }) => steps[0]!)
  assert.deepEqual(
    new Map(outcomes.map(([of, outcome]) => [of!, outcome!])),
    new Map([
      [expected[0]!, 'refused'],
      [expected[1]!, 'refused'],
      [expected[2]!, 'gave_up'],
      [expected[3]!, 'sent'],
    ]),
  )
  await receiver.down()
})

test('[A61] notices of a plan that has lost its place are skipped', async () => {
  const at = await world()
  const receiver = new TestReceiver(
    () => ({ status: 200 }),
    () => at.clock.now(),
  )
  await receiver.up()
  const epoch = new TextEncoder().encode(JSON.stringify({ v: 1, epoch: 2, at: plannedAt }))
  const planned = (group: number, epoch: number) => noticeOf({ group, seq: 1, plannedAt, epoch })
  await appendNotices(at.log, [planned(1, 1)])
  await at.log.append('notices', [{ value: epoch }])
  await appendNotices(at.log, [planned(2, 1), planned(3, 2)])

  const sending = sendTo(at, receiver)
  await until(async () => (await toldsOf(at.log)).length === 2)
  await sending.end()

  assert.deepEqual([...acceptedOrder(receiver.received).keys()].sort(), [
    planned(1, 1).key,
    planned(3, 2).key,
  ])
  assert.equal(sending.reasons.get('read/fenced'), 1)
  await receiver.down()
})
