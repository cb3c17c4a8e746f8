import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MonitorSpec } from '../model/monitor.ts'
import type { RollUp, Tier } from '../model/roll-up.ts'
import { aggregateState } from '../sketch/aggregate-state.ts'
import { couponOf } from '../sketch/coupon.ts'
import { distinct } from '../sketch/distinct.ts'
import { quantile } from '../sketch/quantile.ts'
import { ByteWriter, utf8 } from '../std/bytes.ts'
import { SimulatedClock } from '../std/simulated-clock.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { SeriesQuery } from '../store/store.ts'
import { windowResult } from '../store/suite/store-case.suite.ts'
import { rollUp } from '../store/suite/tier-cases.suite.ts'
import { chooseTier } from './choose-tier.ts'
import { mergedOver, percentileOf } from './merged-over.ts'
import { seriesOf } from './series-of.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** A full hour. */
const NOW = 1_795_384_800_000
const { scope, monitor, group } = windowResult()

/** A store with hours up to one ago, minutes up to five ago, and windows up to now. */
async function filled() {
  const store = openMemoryStore({ clock: new SimulatedClock() })
  const asked: SeriesQuery[] = []
  const series = store.series.bind(store)
  const watched = Object.assign(store, {
    series: (query: SeriesQuery) => {
      asked.push(query)
      return series(query)
    },
  })
  const hours = Array.from({ length: 48 }, (_, i) => NOW - (i + 1) * HOUR)
  const minutes = Array.from({ length: 3 * 60 }, (_, i) => NOW - 5 * MINUTE - i * MINUTE)
  const windows = Array.from({ length: 3_600 }, (_, i) => NOW - i * 1_000)
  await store.upsert({
    rollUps: [
      ...hours.map((end) => rollUp({ end, tier: 'hour' })),
      // Begun, and not over: what it says of the hour is old.
      rollUp({ end: NOW, tier: 'hour', closed: false, rev: 1 }),
      ...minutes.map((end) => rollUp({ end })),
    ],
    windows: windows.map((end) => windowResult({ end })),
  })
  return { store: watched, asked }
}

const spanOf = (ms: number, points: number) => ({
  ...{ scope, monitor, group, now: NOW, hopMs: 1_000 },
  ...{ from: NOW - ms, to: NOW, points },
})

test('[T6] the coarsest tier answers that is fine enough and still kept', () => {
  const chosen = (ms: number, points: number, changes: { ago?: number } = {}): Tier => {
    const { ago = 0 } = changes
    return chooseTier({ ...spanOf(ms, points), from: NOW - ago - ms, to: NOW - ago })
  }
  assert.equal(chosen(10 * MINUTE, 600), 'live')
  assert.equal(chosen(10 * HOUR - 1, 600), 'live')
  assert.equal(chosen(10 * HOUR, 600), 'minute')
  assert.equal(chosen(25 * DAY, 600), 'hour')
  assert.equal(chosen(365 * DAY, 600), 'hour')
  // Half an hour in 600 points of last month: windows are gone, and minutes are there.
  assert.equal(chosen(HOUR / 2, 600, { ago: 32 * DAY }), 'minute')
  assert.equal(chosen(HOUR / 2, 600, { ago: 100 * DAY }), 'hour')
  assert.equal(chosen(HOUR / 2, 600, { ago: 900 * DAY }), 'hour')
  assert.equal(chooseTier({ ...spanOf(HOUR, 600), needsStates: true }), 'minute')
})

test('[T6] what hours do not have yet comes from minutes, and then from windows', async () => {
  const { store, asked } = await filled()

  const { tier, parts, next } = await seriesOf(store, spanOf(DAY, 12))

  assert.equal(tier, 'hour')
  assert.equal(next, undefined)
  const told = parts.map((part) => [part.tier, part.rows.length, part.rows.at(-1)?.end])
  assert.deepEqual(told, [
    ['hour', 23, NOW - HOUR],
    ['minute', 55, NOW - 5 * MINUTE],
    ['live', 300, NOW],
  ])
  assert.ok(asked.every(({ limit }) => limit <= 2_000))
  const alone = await seriesOf(store, { ...spanOf(DAY, 12), joinsTail: false })
  assert.deepEqual(
    alone.parts.map((part) => part.tier),
    ['hour'],
  )
})

test('[T6] an answer is bounded, and the next one goes on where it ended', async () => {
  const { store, asked } = await filled()
  const ends: number[] = []
  let from: number | undefined = NOW - HOUR
  while (from !== undefined) {
    const answer = await seriesOf(store, { ...spanOf(HOUR, 600), from, rowsMax: 2_500 })
    const rows = answer.parts.flatMap((part) => part.rows)
    assert.ok(rows.length <= 2_500)
    ends.push(...rows.map(({ end }) => end))
    from = answer.next
  }
  const expected = Array.from({ length: 3_600 }, (_, i) => NOW - HOUR + (i + 1) * 1_000)
  assert.deepEqual(ends, expected)
  assert.deepEqual(
    asked.map(({ limit }) => limit),
    [2_000, 500, 2_000],
  )
})

const writer = new ByteWriter()
const spec: MonitorSpec = {
  id: monitor,
  definition: windowResult().definition,
  groupBy: ['stream', 'pop'],
  window: { sizeMs: 10_000, hopMs: 1_000, latenessMs: 0, emitMs: 0, correctionMs: 0 },
  aggregates: [
    { name: 'rtt', kind: 'quantile', field: 'x', digits: 3, q: 0.95 },
    { name: 'viewers', kind: 'distinct', field: 'session', digits: 0 },
  ],
  values: [
    {
      name: 'twice',
      expression: {
        op: '*',
        left: { op: 'name', name: 'viewers' },
        right: { op: 'number', value: 2 },
      },
    },
  ],
  rules: [],
  scopes: ['site'],
}

/** One hour of a day, with 100 values of which each is there once, and its viewers. */
function hourOf(day: number, viewers: readonly string[]): RollUp {
  const rtt = quantile.zero()
  for (let x = 1; x <= 100; x++) quantile.add(rtt, day * 1_000 + x)
  const seen = distinct.zero()
  for (const name of viewers) distinct.add(seen, couponOf(utf8(name)) ?? 0, 1)
  const [first, second] = spec.aggregates
  const states = [
    aggregateState.encode(first!, rtt, writer),
    aggregateState.encode(second!, seen, writer),
  ]
  return rollUp({ tier: 'hour', end: NOW - day * DAY, states })
}

test('[T7] a viewer of two days counts once, and any percentile is known of both', () => {
  const rows = [hourOf(1, ['ann', 'bob']), hourOf(0, ['bob', 'eve'])]

  const merged = mergedOver(spec, rows, 50)

  assert.equal(merged?.['viewers'], 3)
  assert.equal(merged?.['twice'], 6)
  // Of 200 values the 100th: half of them are the first day's.
  assert.ok(Math.abs(merged!['p50(rtt)']! - 100) <= 1.0005)
  assert.ok(Math.abs(merged!['rtt']! - 1_090) <= 11)
  assert.ok(Math.abs(percentileOf(spec, rows[1]!, 25)['p25(rtt)']! - 25) <= 0.26)
})

test('[T7] of windows, and of another definition, nothing is merged', () => {
  const other = { ...spec, definition: 'ffffffffffffffff' }

  assert.equal(mergedOver(spec, [windowResult()]), undefined)
  assert.equal(mergedOver(other, [hourOf(0, ['ann'])]), undefined)
  assert.deepEqual(percentileOf(other, hourOf(0, []), 50), {})
})
