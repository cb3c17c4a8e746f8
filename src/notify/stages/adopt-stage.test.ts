import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Log } from '../../log/log.ts'
import { openMemoryLog } from '../../log/memory/memory-log.ts'
import type { Step, Told } from '../../model/step.ts'
import { Bell } from '../../std/bell.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { encodeTransition, transitionKey } from '../../wire/step-codec.ts'
import { receiverDefaults, routeDefaults } from '../notify-defaults.ts'
import { appendSteps, stepOf } from '../notify-records.suite.ts'
import { createTopics, noticesOf } from '../notify-topics.suite.ts'
import { runPlan } from '../plan.ts'
import type { Adopt } from './plan-stage.ts'

const AT = new SimulatedClock().now()
const spec = {
  receivers: [{ name: 'noc', kind: 'webhook', urls: [], ...receiverDefaults } as const],
  route: {
    ...{ receiver: 'noc', matchers: [], groupBy: ['stream'], continue: false, routes: [] },
    ...routeDefaults,
  },
  externalUrl: 'http://127.0.0.1:8080',
}

type World = { readonly clock: SimulatedClock; readonly log: Log }

async function world(): Promise<World> {
  const clock = new SimulatedClock()
  const log = openMemoryLog({ clock })
  await createTopics(log, 1)
  return { clock, log }
}

/** A link whose positions a test moves. */
function linkAt(clock: SimulatedClock) {
  const changed = new Bell()
  const link = { confirmed: 0, since: clock.now() }
  const confirm = (to: number): void => {
    link.confirmed = to
    link.since = clock.now()
    changed.ring()
  }
  const seen = {
    ...{ changed, failoverAfterMs: 10_000 },
    confirmedTo: () => link.confirmed,
    standsSince: () => link.since,
  }
  return { confirm, adopt: { as: 'site', link: seen } as const }
}

/** Plays a plan until `until` milliseconds have gone by, then stops it. */
async function plan(
  { clock, log }: World,
  adopt: Adopt,
  play: readonly (readonly [atMs: number, act: () => void | Promise<void>])[],
) {
  const ending = new AbortController()
  const reasons: Record<string, number> = {}
  const count = (where: string, reason: string, by: number) => {
    if (where === 'adopt') reasons[reason] = (reasons[reason] ?? 0) + by
  }
  const began = clock.now()
  const running = runPlan({ log, spec, clock, signal: ending.signal, count, adopt })
  for (const [atMs, act] of play) {
    while (clock.now() - began < atMs) {
      for (let turn = 0; turn < 12; turn++) await setImmediate()
      clock.advance(Math.min(500, atMs - (clock.now() - began)))
    }
    await act()
  }
  for (let turn = 0; turn < 40; turn++) await setImmediate()
  ending.abort()
  await running
  return reasons
}

const step = (seq: number, name: Step['step'] = 'firing', alert = 1): Step =>
  stepOf({ alert, seq, step: name, activeAt: AT })

/** As the cloud has it: forwarded `lateMs` after it fired. */
const forwarded = (it: Step, lateMs: number): Step => ({
  ...it,
  receipt: { ...it.receipt, fired: AT, forwarded: AT + lateMs },
})

const tell = (log: Log, of: Step, changes: Partial<Told> = {}): Promise<void> => {
  const told: Told = {
    ...{ v: 1, kind: 'notice', of: of.id, fingerprint: of.fingerprint, receiver: 'noc' },
    ...{ outcome: 'sent', attempt: 1, sent: AT, key: 'g1-1', seq: 1, site: 'ams1' },
    ...changes,
  }
  return log.append('transitions', [{ key: transitionKey(told), value: encodeTransition(told) }])
}

const told = async ({ log }: World): Promise<readonly string[]> =>
  (await noticesOf(log)).map(({ reason, steps }) => `${reason} ${steps.length}`)

const nothing = () => undefined

test('[A77] while the cloud takes its steps a site says nothing', async () => {
  const it = await world()
  const { confirm, adopt } = linkAt(it.clock)

  const reasons = await plan(it, adopt, [
    [0, () => appendSteps(it.log, [step(1)])],
    [3000, () => confirm(1)],
    [5000, () => appendSteps(it.log, [step(2, 'resolved')])],
    [6000, () => confirm(2)],
    [60_000, nothing],
  ])

  assert.deepEqual(await told(it), [])
  assert.equal(reasons['cloud_speaks'], 1)
})

test('[A77] a site speaks once its steps have waited for `failover_after`', async () => {
  const it = await world()
  const { adopt } = linkAt(it.clock)
  const early: (readonly string[])[] = []

  await plan(it, adopt, [
    [60_000, () => appendSteps(it.log, [step(1)])],
    [69_000, async () => void early.push(await told(it))],
    [72_000, () => appendSteps(it.log, [step(2, 'resolved')])],
    [120_000, nothing],
  ])

  assert.deepEqual(early, [[]])
  assert.deepEqual(await told(it), ['first 1', 'all_resolved 1'])
})

test('[A77] what a site still owes when the link is back is the cloud’s to say', async () => {
  const it = await world()
  const { confirm, adopt } = linkAt(it.clock)

  const reasons = await plan(it, adopt, [
    [0, () => appendSteps(it.log, [step(1)])],
    [14_000, () => appendSteps(it.log, [step(2, 'resolved')])],
    [16_000, () => confirm(2)],
    [90_000, nothing],
  ])

  assert.deepEqual(await told(it), ['first 1'])
  assert.equal(reasons['cloud_speaks'], 1)
})

test('[A77] the cloud says at once what comes in time', async () => {
  const it = await world()

  await plan(it, { as: 'cloud' }, [
    [500, () => appendSteps(it.log, [forwarded(step(1), 500)])],
    [3000, nothing],
  ])

  assert.deepEqual(await told(it), ['first 1'])
})

test('[A77] what the site has told the cloud tells no more, and ends it', async () => {
  const it = await world()
  const page = forwarded(step(1), 60_000)

  const reasons = await plan(it, { as: 'cloud' }, [
    [60_000, () => appendSteps(it.log, [page])],
    [62_000, () => tell(it.log, page)],
    [120_000, () => appendSteps(it.log, [forwarded(step(2, 'resolved'), 120_000)])],
    [122_000, () => appendSteps(it.log, [forwarded(step(1, 'firing', 2), 122_000)])],
    [160_000, nothing],
  ])

  assert.deepEqual(await told(it), ['all_resolved 1', 'first 1'])
  assert.equal(reasons['told_by_site'], 1)
})

test('[A77] what no site has told the cloud tells after it has caught up', async () => {
  const it = await world()
  const page = forwarded(step(1), 60_000)
  const early: (readonly string[])[] = []

  await plan(it, { as: 'cloud' }, [
    [60_000, () => appendSteps(it.log, [page])],
    [62_000, () => tell(it.log, page, { receiver: 'local staff' })],
    [63_000, () => tell(it.log, page, { site: 'lyo1' })],
    [74_000, async () => void early.push(await told(it))],
    [80_000, nothing],
  ])

  assert.deepEqual(early, [[]])
  assert.deepEqual(await told(it), ['first 1'])
})

test('[A74] [A77] after a restart the cloud still ends what a site has told', async () => {
  const it = await world()
  const page = forwarded(step(1), 60_000)
  await plan(it, { as: 'cloud' }, [
    [60_000, () => appendSteps(it.log, [page])],
    [62_000, () => tell(it.log, page)],
    [70_000, nothing],
  ])

  await plan(it, { as: 'cloud' }, [
    [1000, () => appendSteps(it.log, [forwarded(step(2, 'resolved'), 120_000)])],
    [60_000, nothing],
  ])

  assert.deepEqual(await told(it), ['all_resolved 1'])
})
