// Viewers to sample from, and how often the intervals of what was sampled hold the truth.
import type { AggregateSpec, MonitorSpec } from '../model/monitor.ts'
import { utf8 } from '../std/bytes.ts'
import type { Prng } from '../std/prng.ts'
import { clusterOfName } from './cluster.ts'
import { count } from './count.ts'
import { couponOf } from './coupon.ts'
import { distinct } from './distinct.ts'
import { compileErrorBars } from './error-bars.ts'
import { sum } from './sum.ts'

const WINDOW_SECONDS = 10
/** From one row of a session to the next. */
const PERIOD_SECONDS = 2
const SEGMENT_BYTES = 1448
const LADDER_KBPS = [400, 800, 1700, 3000, 6000, 12000]

/**
 * A session in the window: what it adds to each aggregate, by slot, and its rows, six numbers for
 * each period: those of `SUMS`, 1 where an object was served, 1 where it stalled.
 */
export type Session = { readonly rows: Float64Array; readonly totals: Float64Array }

const COLUMNS = 6
/** So many that each trial has other ones: their hashes are part of the chance. */
const NAMES = 2 ** 16
const [SERVED, STALLED] = [4, 5]

const SUMS = ['bytes', 'segs', 'retrans', 'late'] as const
const aggregates: readonly AggregateSpec[] = [
  ...SUMS.map((name) => ({ name, kind: 'sum', field: name, digits: 0 }) as const),
  { name: 'rows', kind: 'count', digits: 0 },
  { name: 'objects', kind: 'count', field: 'late', digits: 0 },
  { name: 'viewers', kind: 'distinct', field: 'session', digits: 0 },
  { name: 'stalled', kind: 'distinct', field: 'session', digits: 0 },
]

type Binary = { readonly op: '/' | '-'; readonly left: string; readonly right: string }
const VALUES: Readonly<Record<string, Binary>> = {
  loss: { op: '/', left: 'retrans', right: 'segs' },
  late_share: { op: '/', left: 'late', right: 'objects' },
  stalled_share: { op: '/', left: 'stalled', right: 'viewers' },
  retrans_per_viewer: { op: '/', left: 'retrans', right: 'viewers' },
  fresh_segs: { op: '-', left: 'segs', right: 'retrans' },
}
const named = (name: string) => ({ op: 'name', name }) as const
const values: MonitorSpec['values'] = Object.entries(VALUES).map(([name, { op, left, right }]) => ({
  name,
  expression: { op, left: named(left), right: named(right) },
}))
const errorBarsOf = compileErrorBars({ aggregates, values })

/** What is estimated, by slot. */
export const MEASURES: readonly string[] = [...aggregates, ...values].map(({ name }) => name)

/** Totals by slot and behind them the values made of them. */
function withValues(totals: ArrayLike<number> & Iterable<number>): Float64Array {
  const slotOf = (name: string) => aggregates.findIndex((aggregate) => aggregate.name === name)
  const made = Object.values(VALUES).map(({ op, left, right }) => {
    const [a, b] = [totals[slotOf(left)]!, totals[slotOf(right)]!]
    return op === '/' ? a / b : a - b
  })
  return Float64Array.from([...totals, ...made])
}

const normal = (rng: Prng): number =>
  Math.sqrt(-2 * Math.log(rng.next() + 1e-12)) * Math.cos(2 * Math.PI * rng.next())

function poisson(rng: Prng, mean: number): number {
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(rng)))
  const floor = Math.exp(-mean)
  let events = 0
  for (let left = rng.next(); left > floor; left *= rng.next()) events++
  return events
}

/**
 * Sessions that touch a window of 10 s: lognormal lengths around two minutes, so that one in four
 * begins or ends inside; seven of ten paths lose next to nothing, one of twelve 2 to 8 %, in
 * bursts; a rate of the ladder that such a path carries (Mathis, Semke, Mahdavi and Ott, 1997),
 * times a lognormal spread. So bytes have a heavy tail, and few sessions most retransmits.
 */
export const sessionPool = (rng: Prng, size: number): readonly Session[] =>
  Array.from({ length: size }, () => sessionOf(rng))

function sessionOf(rng: Prng): Session {
  const seconds = Math.exp(Math.log(120) + 1.2 * normal(rng))
  const start = rng.next() * (WINDOW_SECONDS + seconds) - seconds
  const { loss, kbps } = pathOf(rng)
  const rows: number[] = []
  let isBurst = rng.next() < 0.25
  const end = Math.min(WINDOW_SECONDS, start + seconds)
  for (let at = Math.max(start, 0) + rng.next(); at < end; at += PERIOD_SECONDS) {
    isBurst = isBurst ? rng.next() < 0.5 : rng.next() < 0.2
    const isServed = rng.next() < 0.7
    const sent = isServed ? Math.round(360 * kbps * Math.exp(0.4 * normal(rng))) : 0
    const retrans = poisson(rng, (sent / SEGMENT_BYTES) * loss * (isBurst ? 2.8 : 0.4))
    const bytes = sent + retrans * SEGMENT_BYTES
    const segs = Math.ceil(sent / SEGMENT_BYTES) + retrans
    const isLate = isServed && rng.next() < (loss > 0.02 ? 0.3 : 0.01)
    const isStalled = isBurst && loss > 0.004 && rng.next() < 0.3
    rows.push(bytes, segs, retrans, isLate ? 1 : 0, isServed ? 1 : 0, isStalled ? 1 : 0)
  }
  return { rows: Float64Array.from(rows), totals: totalsOf(rows) }
}

function pathOf(rng: Prng): { readonly loss: number; readonly kbps: number } {
  const quality = rng.next()
  const spread = rng.next()
  const loss =
    quality < 0.7
      ? 0.0002 * 10 ** spread
      : quality < 0.92
        ? 0.003 * 6 ** spread
        : 0.02 * 4 ** spread
  const rttSeconds = 0.01 * 12 ** rng.next()
  const carriedKbps = (1.22 * SEGMENT_BYTES * 8) / rttSeconds / Math.sqrt(loss) / 1000
  const steps = LADDER_KBPS.filter((kbps) => kbps < 0.8 * carriedKbps && rng.next() < 0.85)
  return { loss, kbps: (steps.at(-1) ?? LADDER_KBPS[0]!) * Math.exp(0.35 * normal(rng)) }
}

function totalsOf(rows: readonly number[]): Float64Array {
  const columns = Array.from({ length: COLUMNS }, (_, column) =>
    rows.reduce((total, value, at) => total + (at % COLUMNS === column ? value : 0), 0),
  )
  const count = rows.length / COLUMNS
  const [viewers, stalled] = [Math.min(1, count), Math.min(1, columns[STALLED]!)]
  return Float64Array.of(...columns.slice(0, SERVED), count, columns[SERVED]!, viewers, stalled)
}

/** One group in one window, over and over: how many sessions, at which rates, and how often. */
export type Experiment = {
  readonly pool: readonly Session[]
  readonly rng: Prng
  readonly sessions: number
  /** Sampling rate by the number of a session and of its row: sites differ, rates are turned. */
  readonly rateOf: (session: number, row: number) => number
  /** The highest of those rates. */
  readonly rateMax: number
  readonly trials: number
}

/** Of one measure over all trials. */
export type Coverage = {
  /** Share of trials whose 95 % interval holds the truth, lies above it, lies below it. */
  readonly held: number
  readonly above: number
  readonly below: number
  /** Mean of the estimated variance in parts of the mean square error. */
  readonly varianceRatio: number
}

/** Samples a new group of sessions in each trial; by measure. */
export function coverageOf(experiment: Experiment): ReadonlyMap<string, Coverage> {
  const names = Array.from({ length: NAMES }, () => nameOf(experiment.rng))
  const tallies = MEASURES.map(() => ({ above: 0, below: 0, squares: 0, variance: 0 }))
  for (let trial = 0; trial < experiment.trials; trial++) {
    const { truth, estimate, stderr, margin } = sampleOnce(experiment, names)
    for (const [slot, tally] of tallies.entries()) {
      // Of nothing, a distinct count or a quotient is unknown, and what is unknown holds nothing.
      const error = (estimate[slot]! || 0) - truth[slot]!
      const reach = margin[slot]! || 0
      if (error > reach) tally.above++
      if (-error > reach) tally.below++
      tally.squares += error * error
      tally.variance += (stderr[slot]! || 0) ** 2
    }
  }
  const share = (of: number) => of / experiment.trials
  return new Map(
    tallies.map(({ above, below, squares, variance }, slot) => [
      MEASURES[slot]!,
      {
        held: 1 - share(above + below),
        above: share(above),
        below: share(below),
        varianceRatio: variance / squares,
      },
    ]),
  )
}

type Name = { readonly cluster: number; readonly coupon: number }

function nameOf(rng: Prng): Name {
  const bytes = utf8(`s.${rng.below(2 ** 32).toString(36)}${rng.below(2 ** 32).toString(36)}`)
  return { cluster: clusterOfName(bytes), coupon: couponOf(bytes)! }
}

function sampleOnce(experiment: Experiment, names: readonly Name[]) {
  const { pool, rng, sessions, rateOf, rateMax } = experiment
  const first = rng.below(names.length)
  const truth = new Float64Array(aggregates.length)
  const sums = SUMS.map(() => sum.zero(0))
  const [rows, objects] = [count.zero(), count.zero()]
  const [viewers, stalled] = [distinct.zero(), distinct.zero()]
  for (let i = 0; i < sessions; i++) {
    const session = pool[rng.below(pool.length)]!
    for (let slot = 0; slot < truth.length; slot++) truth[slot]! += session.totals[slot]!
    // One draw for all its rows: who is taken at a rate is taken at each higher one (S1).
    const draw = rng.next()
    if (draw >= rateMax) continue
    const name = names[(first + i) % names.length]!
    for (let row = 0; row < session.rows.length / COLUMNS; row++) {
      const rate = rateOf(i, row)
      if (draw >= rate) continue
      const sampled = rate < 1 ? { weight: 1 / rate, cluster: name.cluster } : undefined
      const at = row * COLUMNS
      for (let k = 0; k < SUMS.length; k++) sum.add(sums[k]!, session.rows[at + k]!, sampled)
      count.add(rows, sampled)
      if (session.rows[at + SERVED] === 1) count.add(objects, sampled)
      distinct.add(viewers, name.coupon, 1 / rate)
      if (session.rows[at + STALLED] === 1) distinct.add(stalled, name.coupon, 1 / rate)
    }
  }
  const states = [...sums, rows, objects, viewers, stalled]
  const results = [
    ...sums.map((state) => sum.result(state)),
    count.result(rows),
    count.result(objects),
    distinct.result(viewers) ?? NaN,
    distinct.result(stalled) ?? NaN,
  ]
  const estimate = withValues(results)
  return { truth: withValues(truth), estimate, ...errorBarsOf(states, estimate) }
}
