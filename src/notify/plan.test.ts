import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { test } from 'node:test'
import { openMemoryLog } from '../log/memory/memory-log.ts'
import type { Log } from '../log/log.ts'
import type { Notice } from '../model/notice.ts'
import type { Step } from '../model/step.ts'
import { SimulatedClock } from '../std/simulated-clock.ts'
import { Crash, CrashingLog } from './crashing-log.suite.ts'
import { appendSteps, stepOf } from './notify-records.suite.ts'
import { createTopics, noticesOf } from './notify-topics.suite.ts'
import { receiverDefaults, routeDefaults } from './notify-defaults.ts'
import type { NotifySpec, RouteSpec } from './notify-spec.ts'
import { runPlan } from './plan.ts'

const startAt = new SimulatedClock().now()
const TURNS_A_BEAT = 12

/** Number of an alert, and seq of its step. */
type Place = readonly [alert: number, seq: number]

const route = (changes: Partial<RouteSpec>): RouteSpec => ({
  receiver: 'noc',
  matchers: [],
  groupBy: ['alertname'],
  continue: false,
  routes: [],
  ...routeDefaults,
  ...changes,
})

const receiver = (name: string, sendResolved = true) =>
  ({ name, kind: 'webhook', urls: [], ...receiverDefaults, sendResolved }) as const

const spec: NotifySpec = {
  receivers: [receiver('noc'), receiver('quiet', false)],
  route: route({
    routes: [
      route({
        receiver: 'quiet',
        matchers: [{ name: 'team', op: '=', value: 'cdn' }],
        continue: true,
      }),
      route({ groupBy: ['alertname', 'site'] }),
    ],
  }),
  externalUrl: 'http://127.0.0.1:8080',
}

type World = { readonly clock: SimulatedClock; readonly log: Log }

async function world(partitions = 2): Promise<World> {
  const clock = new SimulatedClock()
  const log = openMemoryLog({ clock })
  await createTopics(log, partitions)
  return { clock, log }
}

/** A plan that runs on `log` until `end`; `ended` holds what it threw. */
function plan({ clock }: World, log: Log, wanted = spec) {
  const ending = new AbortController()
  const reasons = new Map<string, number>()
  const count = (where: string, reason: string, by: number) => {
    reasons.set(`${where}/${reason}`, (reasons.get(`${where}/${reason}`) ?? 0) + by)
  }
  const run = runPlan({ log, spec: wanted, clock, signal: ending.signal, count })
  const ended = run.then(
    () => undefined,
    (error: unknown) => error,
  )
  return {
    reasons,
    ended,
    end: () => {
      ending.abort()
      return ended
    },
  }
}

async function pass({ clock }: World, ms: number, stepMs = 500): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    for (let turn = 0; turn < TURNS_A_BEAT; turn++) await setImmediate()
    clock.advance(Math.min(stepMs, ms - passed))
  }
  for (let turn = 0; turn < TURNS_A_BEAT; turn++) await setImmediate()
}

const short = ({ receiver, seq, reason, steps }: Notice) =>
  `${receiver} ${seq} ${reason} ${steps.length}`

test('[A62] a group waits 1 s, then speaks at most every 30 s, and names why', async () => {
  const at = await world()
  const running = plan(at, at.log)
  const step = ([alert, seq]: Place, name: Step['step'], level: Step['level'] = 'warning') =>
    stepOf({ alert, seq, step: name, activeAt: startAt, level })

  await appendSteps(at.log, [step([1, 2], 'firing'), step([2, 2], 'firing')])
  await pass(at, 500)
  assert.deepEqual(await noticesOf(at.log), [])
  await pass(at, 1_000)
  assert.deepEqual((await noticesOf(at.log)).map(short), ['noc 1 first 2'])
  await appendSteps(at.log, [step([3, 2], 'firing'), step([1, 3], 'raised', 'critical')])
  await pass(at, 20_000)
  assert.equal((await noticesOf(at.log)).length, 1)
  await pass(at, 10_000)
  await appendSteps(at.log, [step([3, 3], 'resolved')])
  await pass(at, 30_000)
  await appendSteps(at.log, [step([1, 4], 'raised', 'critical')])
  await appendSteps(at.log, [step([1, 5], 'resolved'), step([2, 3], 'resolved')])
  await pass(at, 31_000)
  await running.end()

  assert.deepEqual((await noticesOf(at.log)).map(short), [
    'noc 1 first 2',
    'noc 2 new_alerts 2',
    'noc 3 some_resolved 1',
    'noc 4 all_resolved 3',
  ])
  const [first, second] = await noticesOf(at.log)
  assert.equal(first?.key, second?.key)
  assert.match(first?.key ?? '', /^g[0-9a-f]{16}-\d+$/)
  assert.deepEqual(
    second?.alerts.map(({ labels }) => labels['severity']),
    ['critical', 'warning', 'warning'],
  )
  assert.equal(running.reasons.get('write/planned'), 4)
})

test('[A62] what is open is repeated every 4 h, but not to whom has taken it on', async () => {
  const at = await world()
  const running = plan(at, at.log)
  const step = ([alert, seq]: Place, name: Step['step'], reason: Step['reason'] = 'by') =>
    stepOf({ alert, seq, step: name, activeAt: startAt, reason })

  await appendSteps(at.log, [step([1, 2], 'firing', 'threshold')])
  await pass(at, 4 * 3_600_000 + 5_000, 5_000)
  await appendSteps(at.log, [step([1, 3], 'acked')])
  await pass(at, 5 * 3_600_000, 60_000)
  await appendSteps(at.log, [step([1, 4], 'unacked', 'expired')])
  await pass(at, 31_000)
  await running.end()

  assert.deepEqual((await noticesOf(at.log)).map(short), [
    'noc 1 first 1',
    'noc 2 repeat 0',
    'noc 3 unacked 1',
  ])
  assert.equal(running.reasons.get('dedup/acked'), 1)
})

test('[A74] a raise is told though the fall before it was part of another step', async () => {
  const at = await world()
  const running = plan(at, at.log)
  const step = (seq: number, name: Step['step'], level: Step['level']) =>
    stepOf({ alert: 1, seq, step: name, activeAt: startAt, level })

  await appendSteps(at.log, [step(2, 'firing', 'critical'), step(3, 'recovering', 'critical')])
  await pass(at, 2_000)
  await appendSteps(at.log, [step(4, 'refiring', 'warning'), step(5, 'raised', 'critical')])
  await pass(at, 31_000)
  await running.end()

  const told = await noticesOf(at.log)
  assert.deepEqual(told.map(short), ['noc 1 first 1', 'noc 2 raised 1'])
})

test('[A60] routes decide who is told, and an end is told where its opening was', async () => {
  const at = await world()
  const running = plan(at, at.log)
  const labels = { team: 'cdn' }
  const step = (seq: number, name: Step['step']) =>
    stepOf({ alert: 1, seq, step: name, activeAt: startAt, labels })

  await appendSteps(at.log, [step(1, 'pending'), step(2, 'firing')])
  await pass(at, 2_000)
  await appendSteps(at.log, [step(3, 'recovering'), step(4, 'resolved')])
  await pass(at, 31_000)
  await running.end()

  assert.deepEqual((await noticesOf(at.log)).map(short).sort(), [
    'noc 1 first 1',
    'noc 2 all_resolved 1',
    'quiet 1 first 1',
  ])
  assert.equal(running.reasons.get('gather/end_not_wanted'), 1)
})

/** What happens in the crash runs: steps, each some time after those before it. */
const script: readonly { readonly afterMs: number; readonly steps: readonly Step[] }[] = [
  { afterMs: 0, steps: [one([1, 2], 'firing'), one([2, 2], 'firing')] },
  { afterMs: 700, steps: [one([3, 2], 'firing'), one([3, 3], 'resolved')] },
  { afterMs: 2_000, steps: [one([1, 3], 'raised'), one([4, 2], 'firing'), one([5, 1], 'pending')] },
  { afterMs: 40_000, steps: [one([1, 4], 'resolved'), one([2, 3], 'acked')] },
  { afterMs: 5_000, steps: [one([1, 7], 'firing', 60_000), one([4, 3], 'resolved')] },
  { afterMs: 32_000, steps: [one([1, 8], 'resolved', 60_000), one([2, 4], 'resolved')] },
  { afterMs: 40_000, steps: [one([6, 2], 'firing')] },
]
function one([alert, seq]: Place, step: Step['step'], later = 0): Step {
  const team: Readonly<Record<string, string>> = alert % 2 === 0 ? { team: 'cdn' } : {}
  return stepOf({ alert, seq, step, activeAt: startAt + later, labels: team })
}

type Outcome = { readonly told: string[]; readonly callCount: number; readonly hasCrashed: boolean }

/** Runs the script with a crash at one call; the evaluator repeats all its steps after it. */
async function runScript(crashAt: number, when: 'before' | 'after'): Promise<Outcome> {
  const at = await world()
  const crashing = new CrashingLog(at.log, { crashAt, when })
  let running = plan(at, crashing)
  let hasCrashed = false
  for (const [i, { afterMs, steps }] of script.entries()) {
    await pass(at, afterMs, 2_000)
    await appendSteps(at.log, steps)
    await pass(at, 0)
    if (!crashing.isDead || hasCrashed) continue
    assert.ok((await running.ended) instanceof Crash)
    hasCrashed = true
    running = plan(at, at.log)
    await appendSteps(
      at.log,
      script.slice(0, i + 1).flatMap((event) => event.steps),
    )
  }
  await pass(at, 62_000, 2_000)
  if (crashing.isDead && !hasCrashed) running = plan(at, at.log)
  await pass(at, 62_000, 2_000)
  await running.end()
  const notices = await noticesOf(at.log)
  assert.deepEqual(badNotices(notices), [])
  const told = notices.flatMap(({ receiver, steps }) => steps.map((id) => `${receiver} ${id}`))
  assert.equal(
    new Set(told).size,
    told.length,
    `a step is planned twice: ${told.sort().join('\n')}`,
  )
  return { told: told.sort(), callCount: crashing.callCount, hasCrashed: crashing.isDead }
}

/** Keys whose seqs are not 1, 2, 3, …: each notice is one of its own. */
const badNotices = (notices: readonly Notice[]): string[] => {
  const bySeq = Map.groupBy(notices, ({ key }) => key)
  return [...bySeq].flatMap(([key, group]) =>
    group.every(({ seq }, i) => seq === i + 1) ? [] : [`${key}: ${group.map(({ seq }) => seq)}`],
  )
}

test('[A74] at whatever call plan dies, the same steps are told, each once', async () => {
  const whole = await runScript(Number.POSITIVE_INFINITY, 'before')
  assert.equal(whole.told.length, 15)

  for (const when of ['before', 'after'] as const) {
    for (let crashAt = 0; crashAt < whole.callCount; crashAt++) {
      const crashed = await runScript(crashAt, when)
      assert.ok(crashed.hasCrashed)
      assert.deepEqual(crashed.told, whole.told, `crash ${when} call ${crashAt}`)
    }
  }
})

test('[A61] a restart knows what was said while a slower group waits', async () => {
  const at = await world(1)
  const slow = {
    matchers: [{ name: 'site', op: '=', value: 'ams1' }],
    groupWaitMs: 30_000,
  } as const
  const patient = { ...spec, route: route({ groupBy: ['site'], routes: [route(slow)] }) }
  const step = ([alert, seq]: Place, name: Step['step'], site: string) =>
    stepOf({ alert, seq, step: name, activeAt: startAt, labels: { site } })
  const first = plan(at, at.log, patient)
  await appendSteps(at.log, [step([1, 2], 'firing', 'ams1')])
  await appendSteps(at.log, [step([2, 2], 'firing', 'lyon'), step([2, 3], 'resolved', 'lyon')])
  await pass(at, 4_000)
  await first.end()
  assert.deepEqual((await noticesOf(at.log)).map(short), ['noc 1 first 2'])

  const second = plan(at, at.log, patient)
  await pass(at, 40_000)
  await second.end()

  assert.deepEqual((await noticesOf(at.log)).map(short), ['noc 1 first 2', 'noc 1 first 1'])
})
