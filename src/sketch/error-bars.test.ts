import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AggregateSpec } from '../model/monitor.ts'
import { clusterOfName } from './cluster.ts'
import { count } from './count.ts'
import { couponOf } from './coupon.ts'
import { distinct } from './distinct.ts'
import { compileErrorBars } from './error-bars.ts'
import { max } from './extrema.ts'
import { sampleError } from './sample-error.ts'
import { sum, type SumState } from './sum.ts'

const WEIGHT = 10
const FACTOR = WEIGHT * (WEIGHT - 1)
const encoder = new TextEncoder()

const aggregates: readonly AggregateSpec[] = [
  { name: 'a', kind: 'sum', field: 'a', digits: 3 },
  { name: 'b', kind: 'sum', field: 'b', digits: 0 },
  { name: 'n', kind: 'count', digits: 0 },
  { name: 'viewers', kind: 'distinct', field: 'session', digits: 0 },
  { name: 'stalled', kind: 'distinct', field: 'session', digits: 0 },
  { name: 'top', kind: 'max', field: 'a', digits: 0 },
]
const named = (name: string) => ({ op: 'name', name }) as const
const quotient = (name: string, left: string, right: string) => ({
  name,
  expression: { op: '/', left: named(left), right: named(right) } as const,
})
const values = [
  quotient('ratio', 'a', 'b'),
  quotient('stalled_share', 'stalled', 'viewers'),
  quotient('each', 'b', 'viewers'),
  { name: 'both', expression: { op: '+', left: named('b'), right: named('viewers') } as const },
  quotient('topped', 'top', 'b'),
]
const slotOf = (name: string) => [...aggregates, ...values].findIndex((each) => each.name === name)

type Sample = { readonly name: string; readonly a: number; readonly b: number; stalls?: boolean }

/** States and results of sessions, one row each; at weight 1 they are of no sample. */
function measured(sessions: readonly Sample[], weight = WEIGHT) {
  const [a, b, n, viewers, stalled, top] = [
    sum.zero(3),
    sum.zero(0),
    count.zero(),
    distinct.zero(),
    distinct.zero(),
    max.zero(),
  ] as const
  for (const session of sessions) {
    const bytes = encoder.encode(session.name)
    const sampled = weight === 1 ? undefined : { weight, cluster: clusterOfName(bytes) }
    sum.add(a, session.a, sampled)
    sum.add(b, session.b, sampled)
    count.add(n, sampled)
    distinct.add(viewers, couponOf(bytes)!, weight)
    if (session.stalls === true) distinct.add(stalled, couponOf(bytes)!, weight)
    max.add(top, session.a)
  }
  const of = (result: number | undefined) => result ?? NaN
  const [x, y, c] = [sum.result(a), sum.result(b), count.result(n)]
  const [v, s] = [of(distinct.result(viewers)), of(distinct.result(stalled))]
  const m = of(max.result(top))
  const results = Float64Array.of(x, y, c, v, s, m, x / y, s / v, y / v, y + v, m / y)
  return { states: [a, b, n, viewers, stalled, top], results }
}

const errorBarsOf = compileErrorBars({ aggregates, values })
function barsOf(...of: Parameters<typeof measured>) {
  const { states, results } = measured(...of)
  const bars = errorBarsOf(states, results)
  return {
    results,
    stderr: (name: string) => bars.stderr[slotOf(name)]!,
    margin: (name: string) => bars.margin[slotOf(name)]!,
  }
}

/** Names that fall into buckets of their own, so that the sketch is exact. */
const apart = (count: number): readonly string[] => {
  const taken = new Set<number>()
  return Array.from({ length: 10_000 }, (_, i) => `s.${i}`)
    .filter((name) => {
      const bucket = clusterOfName(encoder.encode(name)) & 63
      const isFree = !taken.has(bucket)
      taken.add(bucket)
      return isFree
    })
    .slice(0, count)
}
const SESSIONS: readonly Sample[] = apart(12).map((name, i) => ({
  name,
  a: 0.5 * (i % 5),
  b: 20 + 7 * i,
  stalls: i % 4 === 0,
}))
const near = (value: number, expected: number): void =>
  assert.ok(Math.abs(value / expected - 1) < 0.002, `${value} for ${expected}`)
const root = (of: (session: Sample) => number): number =>
  Math.sqrt(FACTOR * SESSIONS.reduce((total, session) => total + of(session) ** 2, 0))

test('[S5] the standard error of a sum and of a count is √ Σ w(w − 1) X² over sessions', () => {
  const { stderr } = barsOf(SESSIONS)

  near(
    stderr('a'),
    root(({ a }) => a),
  )
  near(
    stderr('b'),
    root(({ b }) => b),
  )
  near(
    stderr('n'),
    root(() => 1),
  )
})

test('[S5] rows of one session move together', () => {
  const { stderr } = barsOf([...SESSIONS, ...SESSIONS])

  near(stderr('b'), 2 * root(({ b }) => b))
})

test('[S5] the error of a ratio is that of what its sessions have beyond the ratio', () => {
  const { stderr, results } = barsOf(SESSIONS)
  const ratio = results[slotOf('ratio')]!

  near(stderr('ratio'), root(({ a, b }) => a - ratio * b) / results[slotOf('b')]!)
})

test('[S5] the error of a share of sessions knows that the part lies in the whole', () => {
  const { stderr, results } = barsOf(SESSIONS)
  const share = results[slotOf('stalled_share')]!

  near(stderr('stalled_share'), Math.sqrt((FACTOR * 12 * share * (1 - share)) / 120 ** 2))
  near(stderr('viewers'), Math.sqrt(FACTOR * 12))
})

test('[S5] a sum and a distinct count are taken to move together as far as that can widen', () => {
  const { stderr, results } = barsOf(SESSIONS)
  const [b, viewers] = [stderr('b'), stderr('viewers')]
  const each = results[slotOf('each')]!

  near(stderr('both'), b + viewers)
  near(stderr('each'), Math.hypot(b, each * viewers) / results[slotOf('viewers')]!)
})

test('[S5] what no sample was taken of is exact, and a greatest value has no known error', () => {
  const whole = barsOf(SESSIONS, 1)
  const sampled = barsOf(SESSIONS)

  for (const name of ['a', 'b', 'n', 'viewers', 'ratio', 'stalled_share', 'both']) {
    assert.deepEqual([whole.stderr(name), whole.margin(name)], [0, 0])
  }
  for (const name of ['top', 'topped']) assert.deepEqual([sampled.stderr(name)], [NaN])
})

test('[S5] an unknown error makes that of all values unknown that it is in', () => {
  const { states, results } = measured(SESSIONS)
  const older: SumState = { ...sum.zero(3), error: sampleError.unknown() }

  const { stderr, margin } = errorBarsOf([older, ...states.slice(1)], results)

  assert.deepEqual([stderr[slotOf('a')], margin[slotOf('ratio')]], [NaN, NaN])
  assert.ok(stderr[slotOf('b')]! > 0)
})

test('[S5] the interval is wider where few sessions carry the error', () => {
  const even = barsOf(apart(40).map((name) => ({ name, a: 1, b: 1 })))
  const uneven = barsOf(apart(40).map((name, i) => ({ name, a: 1, b: i === 0 ? 100 : 1 })))
  const reach = (bars: typeof even) => bars.margin('b') / bars.stderr('b')

  near(reach(even), 2.0215)
  assert.ok(reach(uneven) > 4)
})

test('[S5] a value that is undefined has an unknown error', () => {
  const { stderr } = barsOf([{ name: 's.1', a: 1, b: 0 }])

  assert.ok(!Number.isFinite(stderr('ratio')))
  assert.ok(!Number.isFinite(stderr('stalled_share')))
})
