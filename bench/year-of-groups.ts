import assert from 'node:assert/strict'
import type { MonitorSpec } from '../src/model/monitor.ts'
import type { PaneState } from '../src/model/pane.ts'
import type { RollUp } from '../src/model/roll-up.ts'
import { mergedOver } from '../src/recall/merged-over.ts'
import { seriesOf } from '../src/recall/series-of.ts'
import { aggregateState } from '../src/sketch/aggregate-state.ts'
import { couponOf } from '../src/sketch/coupon.ts'
import { distinct } from '../src/sketch/distinct.ts'
import { quantile } from '../src/sketch/quantile.ts'
import { sum } from '../src/sketch/sum.ts'
import { ByteWriter, utf8 } from '../src/std/bytes.ts'
import { systemClock } from '../src/std/clock.ts'
import { prng } from '../src/std/prng.ts'
import type { Store } from '../src/store/store.ts'
import { printFigure } from './figure.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** The end of the year, a full hour. */
const NOW = Math.floor(systemClock.now() / HOUR_MS) * HOUR_MS
const MINUTE_DAYS = 35
const ASKED = 60
const DEFINITION = '8c1f000000000000'
/** Sets of states that rows share in turn: making nine million sketches is not what is measured. */
const TEMPLATES = 64
const VIEWERS = 60
const SAMPLES = 200

const spec: MonitorSpec = {
  id: 'tcp-retransmits',
  definition: DEFINITION,
  groupBy: ['stream', 'pop'],
  window: { sizeMs: 10_000, hopMs: 1_000, latenessMs: 2_000, emitMs: 200, correctionMs: 60_000 },
  aggregates: [
    { name: 'retrans', kind: 'sum', field: 'retrans', digits: 0 },
    { name: 'rtt', kind: 'quantile', field: 'rtt_ms', digits: 3, q: 0.95 },
    { name: 'viewers', kind: 'distinct', field: 'session', digits: 0 },
  ],
  values: [],
  rules: [],
  scopes: ['site'],
}

const writer = new ByteWriter()
const random = prng(2026)
const templates = Array.from({ length: TEMPLATES }, (): readonly PaneState[] => {
  const [first, second, third] = spec.aggregates
  const total = sum.add(sum.zero(0), random.below(900))
  const rtt = quantile.zero()
  for (let i = 0; i < SAMPLES; i++) quantile.add(rtt, 5 + random.below(120_000) / 1_000)
  const seen = distinct.zero()
  for (let i = 0; i < VIEWERS; i++) {
    distinct.add(seen, couponOf(utf8(`viewer-${random.below(5_000)}`)) ?? 0, 1)
  }
  return [
    aggregateState.encode(first!, total, writer),
    aggregateState.encode(second!, rtt, writer),
    aggregateState.encode(third!, seen, writer),
  ]
})

const groupOf = (i: number) => ({ stream: `stream-${i}`, pop: `pop-${i % 7}` })

/** What a row says by its place alone, so that answers can be checked. */
const retransAt = (group: number, end: number): number => (group * 31 + (end / MINUTE_MS) * 7) % 997

function rollUpOf(group: number, end: number, tier: RollUp['tier']): RollUp {
  const named = groupOf(group)
  const key = JSON.stringify(Object.values(named))
  const rows = 3_600
  return {
    v: 1,
    id: `ams1|${spec.id}|${key}|${end}`,
    scope: 'ams1',
    monitor: spec.id,
    definition: DEFINITION,
    group: named,
    start: end - (tier === 'hour' ? HOUR_MS : MINUTE_MS),
    end,
    rev: rows * 4096 + 9,
    closed: true,
    rows,
    values: { retrans: retransAt(group, end), rtt: 87.104 + (group % 9), viewers: 60 },
    sources: { expected: 4, reported: 4, missing: [] },
    complete: true,
    corrected: false,
    receipt: { event: end - 12, read: end - 5, pane: end + 3, closed: end + 62_000 },
    tier,
    states: templates[(group * 13 + end / MINUTE_MS) % TEMPLATES]!,
  }
}

/** How large the year is: of all groups hours, of some minutes of the last 35 days. */
export type YearSize = {
  readonly groups: number
  readonly minuteGroups: number
  readonly days: number
}

export type YearDeps = {
  readonly bench: string
  readonly store: Store
  /** What the store takes on disk, once all of it is there. */
  readonly storedBytes: () => Promise<number>
  readonly say: (text: string) => void
}

/** Writes a year of roll-ups, asks for months of it, checks the answers and prints the figures. */
export async function measureYear(deps: YearDeps, size: YearSize): Promise<void> {
  const { bench, store, storedBytes, say } = deps
  const { groups, minuteGroups, days } = size
  await store.migrate()
  const hours = await written(deps, { groups, days, stepMs: HOUR_MS, tier: 'hour' })
  const hourBytes = await storedBytes()
  await written(deps, {
    ...{ groups: minuteGroups, stepMs: MINUTE_MS, tier: 'minute' },
    days: Math.min(days, MINUTE_DAYS),
  })
  const minuteBytes = (await storedBytes()) - hourBytes
  say(`${hours} hours written`)
  const yearMs = days * DAY_MS
  const month = await asked(store, { groups, spanMs: Math.min(yearMs, 30 * DAY_MS) })
  const year = await asked(store, { groups, spanMs: yearMs })
  const merged = await asked(store, { groups, spanMs: Math.min(yearMs, 30 * DAY_MS), merge: true })
  const day = await asked(store, { groups: minuteGroups, spanMs: DAY_MS })

  const print = (figure: string, samples: readonly number[], atMost?: number) =>
    printFigure(bench, { figure, unit: 'ms', samples, ...(atMost !== undefined && { atMost }) })
  print('a month of one group', month, 200)
  print('a month of one group, slowest of all', [Math.max(...month)], 200)
  print('a month of one group, merged, with a percentile', merged, 200)
  print('a year of one group', year)
  print('a day of one group by minutes', day)
  const perYear = (bytes: number, of: number, ofDays: number) => (bytes / of / ofDays) * 365
  const mib = (bytes: number) => [bytes / 1_048_576]
  const hourly = perYear(hourBytes, groups, days)
  const minutely = perYear(minuteBytes, minuteGroups, Math.min(days, MINUTE_DAYS))
  printFigure(bench, { figure: 'hours of a group-year', unit: 'MiB', samples: mib(hourly) })
  const kept = (minutely / 365) * MINUTE_DAYS
  printFigure(bench, { figure: 'minutes of a group, 35 days', unit: 'MiB', samples: mib(kept) })
  printFigure(bench, {
    ...{ figure: 'bytes of an hour of a group', unit: 'B', samples: [hourBytes / hours] },
  })
}

type Writing = {
  readonly groups: number
  readonly days: number
  readonly stepMs: number
  readonly tier: RollUp['tier']
}

/**
 * A week of all groups at a time, one group after another, but for the last day, which comes as
 * roll-ups do, a step of all groups at a time. Answers how many rows there are.
 */
async function written({ bench, store, say }: YearDeps, writing: Writing): Promise<number> {
  const { groups, days, stepMs, tier } = writing
  const steps = (days * DAY_MS) / stepMs
  const dayFrom = steps - DAY_MS / stepMs
  const weekSteps = (7 * DAY_MS) / stepMs
  const rates: number[] = []
  for (let from = 0; from < dayFrom; from += weekSteps) {
    const to = Math.min(from + weekSteps, dayFrom)
    const since = performance.now()
    for (let group = 0; group < groups; group++) {
      const ends = Array.from(
        { length: to - from },
        (_, i) => NOW - (steps - from - i - 1) * stepMs,
      )
      await store.upsert({ rollUps: ends.map((end) => rollUpOf(group, end, tier)) })
    }
    rates.push((((to - from) * groups) / (performance.now() - since)) * 1_000)
    say(`${tier} ${Math.round((to / steps) * 100)} %, ${Math.round(rates.at(-1) ?? 0)} rows/s`)
  }
  printFigure(bench, {
    figure: `${tier}s written, a week at a time`,
    unit: 'rows/s',
    samples: rates,
  })
  const stepRates: number[] = []
  for (let step = dayFrom; step < steps; step++) {
    const since = performance.now()
    const end = NOW - (steps - step - 1) * stepMs
    const all = Array.from({ length: groups }, (_, group) => rollUpOf(group, end, tier))
    await store.upsert({ rollUps: all })
    stepRates.push((groups / (performance.now() - since)) * 1_000)
  }
  printFigure(bench, {
    ...{ figure: `${tier}s written, as they come`, unit: 'rows/s', samples: stepRates },
  })
  return groups * steps
}

type Asking = { readonly groups: number; readonly spanMs: number; readonly merge?: boolean }

/** The time of each question, over groups drawn by chance. */
async function asked(store: Store, { groups, spanMs, merge = false }: Asking): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < ASKED; i++) {
    const group = random.below(groups)
    const span = { from: NOW - spanMs, to: NOW, now: NOW, points: 600, hopMs: 1_000 }
    const of = { scope: 'ams1', monitor: spec.id, group: groupOf(group) }
    const startedAt = performance.now()
    const { parts, tier } = await seriesOf(store, { ...of, ...span, needsStates: merge })
    const rows = parts.flatMap((part) => part.rows)
    const result = merge ? mergedOver(spec, rows, 50) : undefined
    times.push(performance.now() - startedAt)
    const stepMs = tier === 'hour' ? HOUR_MS : MINUTE_MS
    assert.equal(rows.length, spanMs / stepMs)
    for (const row of rows) assert.equal(row.values['retrans'], retransAt(group, row.end))
    if (merge) assert.ok((result?.['p50(rtt)'] ?? 0) > 5 && (result?.['viewers'] ?? 0) > VIEWERS)
  }
  return times
}
