import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '../std/bytes.ts'
import { prng } from '../std/prng.ts'
import { clusterOfName, clusterOfRow } from './cluster.ts'
import { couponOf } from './coupon.ts'
import { distinct } from './distinct.ts'
import { compileErrorBars } from './error-bars.ts'
import { coverageOf, sessionPool, type Experiment } from './sampled-sessions.suite.ts'
import { sum } from './sum.ts'

const TRIALS = 2000
const pool = sessionPool(prng(1), 4000)
const whole = (rate: number) => ({ rateOf: () => rate, rateMax: rate })

/** 300 sampled sessions each; of the two sites’ a sixth, of weight ten, carries the error. */
const EXPERIMENTS: readonly (Omit<Experiment, 'pool' | 'rng' | 'trials'> & { title: string })[] = [
  { title: 'at 1/2', sessions: 600, ...whole(0.5) },
  { title: 'at 1/10', sessions: 3000, ...whole(0.1) },
  { title: 'at 1/20', sessions: 6000, ...whole(0.05) },
  {
    title: 'at two sites, 1/2 and 1/10',
    sessions: 1000,
    rateOf: (session) => (session % 2 === 0 ? 0.5 : 0.1),
    rateMax: 0.5,
  },
]
/** What sessions have alike, give or take. */
const EVEN = ['bytes', 'segs', 'rows', 'objects', 'viewers', 'fresh_segs']
/** What one session in ten has, or a few have most of. */
const UNEVEN = ['retrans', 'late', 'loss', 'late_share', 'stalled']
/** Ratios whose parts are not known to move together: their intervals are wider than need be. */
const WIDE = ['retrans_per_viewer', 'stalled_share']

for (const { title, ...experiment } of EXPERIMENTS) {
  test(`[S5] 95 % intervals of sessions sampled ${title} hold the truth in 93 to 97 %`, () => {
    const coverage = coverageOf({ pool, rng: prng(7), trials: TRIALS, ...experiment })

    const isOneRate = experiment.rateOf(0, 0) === experiment.rateOf(1, 0)
    for (const measure of isOneRate ? [...EVEN, ...UNEVEN] : EVEN) {
      const { held, varianceRatio } = coverage.get(measure)!
      assert.ok(held >= 0.93 && held <= 0.97, `${measure}: ${held}`)
      assert.ok(Math.abs(varianceRatio - 1) < 0.1, `${measure}: ${varianceRatio}`)
    }
    for (const measure of WIDE) assert.ok(coverage.get(measure)!.held >= 0.93, measure)
  })
}

test('[S5] of ten sampled sessions intervals of uneven measures hold the truth too rarely', () => {
  const experiment = { pool, rng: prng(7), trials: TRIALS, sessions: 100, ...whole(0.1) }

  const coverage = coverageOf(experiment)

  for (const measure of UNEVEN) assert.ok(coverage.get(measure)!.held < 0.9, measure)
  for (const measure of EVEN) {
    const { held } = coverage.get(measure)!
    assert.ok(held >= 0.93 && held < 0.99, `${measure}: ${held}`)
  }
})

test('[S5] rows that were sampled one by one are clusters of their own', () => {
  const rng = prng(3)
  const clients = Array.from({ length: 500 }, (_, i) => clusterOfName(utf8(`client-${i}`)))
  const errorBarsOf = compileErrorBars({
    aggregates: [{ name: 'bytes', kind: 'sum', field: 'bytes', digits: 0 }],
    values: [],
  })

  let held = 0
  for (let trial = 0; trial < TRIALS; trial++) {
    let truth = 0
    const bytes = sum.zero(0)
    for (let request = 0; request < 2000; request++) {
      const value = Math.floor(1e6 * rng.next() ** 4)
      truth += value
      if (rng.next() >= 0.1) continue
      const cluster = clusterOfRow(1e12 + rng.below(10_000), clients[rng.below(500)])
      sum.add(bytes, value, { weight: 10, cluster })
    }
    const result = sum.result(bytes)
    const { margin } = errorBarsOf([bytes], Float64Array.of(result))
    if (Math.abs(result - truth) <= margin[0]!) held++
  }

  assert.ok(held >= 0.93 * TRIALS && held <= 0.97 * TRIALS, `${held}`)
})

/** Distinct connections of 1,000 sessions sampled at 1/10, each with one or up to so many. */
function connectionsHeld(connectionsMax: number): number {
  const rng = prng(5)
  const coupons = Array.from({ length: 4000 }, (_, i) => couponOf(utf8(`conn-${i}`))!)
  const errorBarsOf = compileErrorBars({
    aggregates: [{ name: 'conns', kind: 'distinct', field: 'conn', digits: 0 }],
    values: [],
  })
  let held = 0
  for (let trial = 0; trial < TRIALS; trial++) {
    const conns = distinct.zero()
    let truth = 0
    for (let session = 0; session < 1000; session++) {
      const isTaken = rng.next() < 0.1
      for (let left = 1 + rng.below(connectionsMax); left > 0; left--) {
        const coupon = coupons[truth++]!
        if (isTaken) distinct.add(conns, coupon, 10)
      }
    }
    const result = distinct.result(conns) ?? 0
    const { margin } = errorBarsOf([conns], Float64Array.of(result))
    if (Math.abs(result - truth) <= margin[0]!) held++
  }
  return held / TRIALS
}

test('[S5] a distinct count of what each session has one of holds as that of sessions', () => {
  const held = connectionsHeld(1)

  assert.ok(held >= 0.93 && held <= 0.97, `${held}`)
})

test('[S5] a distinct count of what sessions have several of states too small an error', () => {
  const held = connectionsHeld(4)

  assert.ok(held > 0.7 && held < 0.9, `${held}`)
})
