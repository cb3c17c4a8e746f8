import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { test } from 'node:test'
import fc from 'fast-check'
import { openMemoryLog } from '../log/memory/memory-log.ts'
import type { Log } from '../log/log.ts'
import type { Step } from '../model/step.ts'
import { SimulatedClock } from '../std/simulated-clock.ts'
import { Crash, CrashingLog } from './crashing-log.suite.ts'
import { appendSteps, stepOf } from './notify-records.suite.ts'
import { createTopics, noticesOf } from './notify-topics.suite.ts'
import { receiverDefaults, routeDefaults } from './notify-defaults.ts'
import type { NotifySpec } from './notify-spec.ts'
import { runPlan } from './plan.ts'

const startAt = new SimulatedClock().now()
const receivers = [true, false].map((sendResolved) => {
  const name = sendResolved ? 'noc' : 'quiet'
  return { ...receiverDefaults, name, kind: 'webhook', urls: [], sendResolved } as const
})
const node = { matchers: [], continue: false, routes: [], ...routeDefaults }
const quiet = {
  ...node,
  receiver: 'quiet',
  matchers: [{ name: 'team', op: '=~', value: 'c.n' }],
} as const
const spec: NotifySpec = {
  receivers,
  route: {
    ...node,
    receiver: 'noc',
    routes: [
      { ...quiet, continue: true },
      // By severity, so that a raise moves an alert to another group.
      { ...node, receiver: 'noc', groupBy: ['alertname', 'severity'] },
    ],
  },
  externalUrl: 'http://127.0.0.1:8080',
}

/** The lives of a few alerts: what happens to which, and how long after what happened before. */
const happenings = fc.array(
  fc.record({
    alert: fc.integer({ min: 1, max: 4 }),
    name: fc.constantFrom<Step['step'][]>(
      'firing',
      'raised',
      'lowered',
      'acked',
      'unacked',
      'resolved',
    ),
    afterMs: fc.constantFrom(0, 0, 400, 3_000, 20_000, 45_000),
  }),
  { minLength: 1, maxLength: 14 },
)
const ends = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 25 }),
    how: fc.constantFrom('before', 'after', 'stop'),
  }),
  { maxLength: 4 },
)

type Happening = { readonly alert: number; readonly name: Step['step']; readonly afterMs: number }
type Life = { isOpen: boolean; isRaised: boolean; seq: number; activeAt: number }

/** Steps as an evaluator makes them: only an open alert is raised, taken on, or over. */
function stepsOf(all: readonly Happening[]): { readonly afterMs: number; readonly step: Step }[] {
  const lives = new Map<number, Life>()
  let now = startAt
  return all.flatMap(({ alert, name, afterMs }) => {
    now += afterMs + 1
    const life = lives.get(alert) ?? { isOpen: false, isRaised: false, seq: 0, activeAt: 0 }
    lives.set(alert, life)
    if ((name === 'firing') === life.isOpen) return []
    if ((name === 'raised' && life.isRaised) || (name === 'lowered' && !life.isRaised)) return []
    if (name === 'firing') Object.assign(life, { isOpen: true, isRaised: false, activeAt: now })
    if (name === 'raised' || name === 'lowered') life.isRaised = name === 'raised'
    if (name === 'resolved') life.isOpen = false
    const labels: Readonly<Record<string, string>> = alert % 2 === 0 ? { team: 'cdn' } : {}
    const level = life.isRaised ? 'critical' : 'warning'
    const reason = name === 'unacked' ? 'expired' : 'threshold'
    const { activeAt } = life
    const step = stepOf({ alert, seq: ++life.seq, step: name, activeAt, labels, level, reason })
    return [{ afterMs, step }]
  })
}

/** From the steps alone, by A62's table: every page where it is routed, every end where asked. */
function expected(steps: readonly Step[]): string[] {
  return steps.flatMap(({ id, step, labels }) => {
    const isPage = step === 'firing' || step === 'raised' || step === 'unacked'
    const isQuiet = labels['team'] === 'cdn'
    const told = isPage || step === 'resolved' ? [`noc ${id}`] : []
    return isPage && isQuiet ? [...told, `quiet ${id}`] : told
  })
}

type End = { readonly at: number; readonly how: string }

/** One plan after the other on one log; each dies or is stopped at its call number `at`. */
class Owners {
  readonly #log: Log
  readonly #clock: SimulatedClock
  readonly #ends: End[]
  #crashing: CrashingLog | undefined
  #ending = new AbortController()
  #ended: Promise<unknown> = Promise.resolve()
  #how = ''

  constructor(log: Log, clock: SimulatedClock, ends: readonly End[]) {
    this.#log = log
    this.#clock = clock
    this.#ends = [...ends]
    this.#begin()
  }

  #begin(): void {
    const [end] = this.#ends.splice(0, 1)
    this.#how = end?.how ?? 'never'
    this.#ending = new AbortController()
    const { signal } = this.#ending
    const crashAt = end?.at ?? Number.POSITIVE_INFINITY
    const when = this.#how === 'before' ? 'before' : 'after'
    const onCall = this.#how === 'stop' ? () => this.#ending.abort() : undefined
    this.#crashing = new CrashingLog(this.#log, { crashAt, when, ...(onCall && { onCall }) })
    const run = runPlan({
      log: this.#crashing,
      spec,
      clock: this.#clock,
      signal,
      count: () => undefined,
    })
    this.#ended = run.catch((error: unknown) => error)
  }

  /** Begins the next owner where one has ended; true if it did. */
  async next(): Promise<boolean> {
    if (this.#crashing?.isDead !== true) return false
    await this.#ended
    this.#begin()
    return true
  }

  async end(): Promise<unknown> {
    this.#ending.abort()
    return this.#ended
  }
}

async function toldOf(
  all: readonly Happening[],
  cuts: readonly End[],
): Promise<ReadonlySet<string>> {
  const clock = new SimulatedClock()
  const log = openMemoryLog({ clock })
  await createTopics(log, 3)
  const owners = new Owners(log, clock, cuts)
  const said: Step[] = []
  const pass = async (ms: number) => {
    clock.advance(ms)
    for (let turn = 0; turn < 10; turn++) {
      for (let i = 0; i < 4; i++) await setImmediate()
      // The evaluator dies with it, and repeats what it had said since its checkpoint.
      if (await owners.next()) await appendSteps(log, said.slice(-5))
    }
  }
  for (const { afterMs, step } of stepsOf(all)) {
    await pass(afterMs)
    said.push(step)
    await appendSteps(log, [step])
  }
  for (let beat = 0; beat < 8; beat++) await pass(15_000)
  const failure = await owners.end()
  assert.ok(failure === undefined || failure instanceof Crash, String(failure))
  const notices = await noticesOf(log)
  const byGroup = notices.flatMap(({ key, steps }) =>
    steps.map((id) => `${key.slice(0, 17)} ${id}`),
  )
  assert.equal(new Set(byGroup).size, byGroup.length, 'no group covers a step twice')
  const names = notices.map(({ key, seq }) => `${key} ${seq}`)
  assert.equal(new Set(names).size, names.length, 'no two notices have one (key, seq)')
  // An alert that a raise moved to a second group is over in both, so its end is told in both.
  return new Set(notices.flatMap(({ receiver, steps }) => steps.map((id) => `${receiver} ${id}`)))
}

test('[A74] after any crashes each receiver is told what the steps alone say, once', async () => {
  const told = fc.asyncProperty(happenings, ends, async (all, cuts) => {
    const steps = stepsOf(all).map(({ step }) => step)
    assert.deepEqual([...(await toldOf(all, cuts))].sort(), expected(steps).sort())
  })
  await fc.assert(told, { numRuns: 150 })
})
