import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import test from 'node:test'
import { loadConfig } from '../../src/config/load-config.ts'
import type { FactRecord } from '../../src/model/pane.ts'
import type { RollUp } from '../../src/model/roll-up.ts'
import type { Step } from '../../src/model/step.ts'
import { SimulatedClock } from '../../src/std/simulated-clock.ts'
import type { SeriesView } from '../../src/serve/contract.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { temporaryFolder } from '../rig/cli.ts'
import { RunningApp } from '../rig/running-app.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** A full hour: the first of which all is made here. */
const START = 1_795_384_800_000
const MINUTES = 80
const STEP_MS = 5_000
/** A slice before it: of the first one readers do not know whether they saw it whole (T2). */
const FIRST = START - 2 * STEP_MS
/** Who is in it: some in each partition. */
const EARLIER = Array.from({ length: 16 }, (_, i) => `earlier${i}`)
/** Turns of the event loop after each step of the clock: all readers are idle long before. */
const TURNS = 40
const PARTITIONS = 2

/** One has the same hours of a week in the store, one is new, one has five hours of today. */
const [WEEKLY, NEW, DAILY] = ['weekly', 'new', 'daily']
const STREAMS = [WEEKLY, NEW, DAILY]
/** A row each step, two a window. */
const USUAL_PER_ROW = 50
const WINDOWS_PER_HOUR = 360
/** What a window of the next hour has on other days. */
const CALM = 30
/** In these minutes, for half a minute each, everybody has three times as much. */
const SPIKES = [8, 30, 76]
/** In these minutes each row of the new one is a bad one. */
const BAD = { from: 33, to: 38 }

const TEXT = `
version: 1
log: { kind: memory, partitions: ${PARTITIONS} }
store: { kind: sqlite }
monitors:
  - id: tcp
    group_by: [stream]
    window: { size: 10s, lateness: 2s }
    aggregates: { retrans: { sum: retrans }, bad: { sum: bad }, rows: { count: rows } }
    values: { share: bad / rows }
    rules:
      - alert: OfTheHour
        when: retrans > 2.5 * base("retrans", "1h")
        clear: retrans < 1.5 * base("retrans", "1h")
        severity: warning
      - alert: OfOtherDays
        when: retrans > 2.5 * same_hour("retrans", 7)
        clear: retrans < 1.5 * same_hour("retrans", 7)
        severity: warning
      - alert: OfTheDay
        when: retrans > 2.5 * base("retrans", "1d")
        clear: retrans < 1.5 * base("retrans", "1d")
        severity: warning
      - alert: Spent
        when: over("share", "1h") > 0.1
        clear: over("share", "1h") < 0.09
        severity: warning
`

/** An hour as the reader of hours would have made it, of so much a window. */
function hourOf(stream: string, end: number, perWindow: number): RollUp {
  const loaded = loadConfig({ text: TEXT, env: {} })
  assert.ok(loaded.ok)
  const [spec] = loaded.config.monitors
  return {
    ...{ v: 1, id: `all|tcp|["${stream}"]|${end}`, scope: 'all', monitor: 'tcp', tier: 'hour' },
    ...{ definition: spec?.definition ?? '', group: { stream }, start: end - HOUR, end },
    ...{ rev: 4097, closed: true, rows: 1, values: { retrans: perWindow * WINDOWS_PER_HOUR } },
    sources: { expected: 1, reported: 1, missing: [] },
    ...{ complete: true, corrected: false, states: [] },
    receipt: { event: end, read: end, pane: end, closed: end },
  }
}

/** Days that nobody wants to wait for. */
async function storeDays(folder: string, clock: SimulatedClock): Promise<void> {
  await mkdir(join(folder, 'data'))
  const store = openSqliteStore({
    ...{ file: join(folder, 'data', 'store.db'), clock },
    onSetAside: ({ reason }) => assert.fail(reason),
  })
  const usual = 2 * USUAL_PER_ROW
  const days = [1, 2, 3, 4, 5, 6, 7].flatMap((day) => [
    hourOf(WEEKLY, START + HOUR - day * DAY, usual),
    hourOf(WEEKLY, START + 2 * HOUR - day * DAY, CALM),
  ])
  const hours = [0, 1, 2, 3, 4].map((ago) => hourOf(DAILY, START - ago * HOUR, usual))
  await store.migrate()
  await store.upsert({ rollUps: [...days, ...hours] })
  await store.close()
}

function rowsAt(at: number) {
  if (at < START) {
    return EARLIER.map((stream) => ({ ts: at, site: 'here', stream, bad: 0, retrans: 1 }))
  }
  const minute = Math.floor((at - START) / MINUTE)
  const isSpike = SPIKES.includes(minute) && (at - START) % MINUTE < MINUTE / 2
  const isBad = minute >= BAD.from && minute < BAD.to
  return STREAMS.map((stream) => ({
    ...{ ts: at, site: 'here', stream, bad: isBad && stream === NEW ? 1 : 0 },
    retrans: isSpike ? 3 * USUAL_PER_ROW : USUAL_PER_ROW,
  }))
}

async function recordsOf<T>(app: RunningApp, topic: string): Promise<readonly T[]> {
  const records: T[] = []
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const path = `/api/tail?topic=${topic}&partition=${partition}&from=earliest&limit=100000`
    const lines = (await app.text(path)).split('\n').filter((line) => line !== '')
    records.push(...lines.map((line) => (JSON.parse(line) as { value: T }).value))
  }
  return records
}

async function playHours(t: test.TestContext) {
  const folder = await temporaryFolder(t)
  const clock = new SimulatedClock(FIRST)
  await storeDays(folder, clock)
  const app = await RunningApp.start(t, { folder, text: TEXT, clock })
  for (let at = FIRST; at < START + MINUTES * MINUTE; at += STEP_MS) {
    clock.advance(STEP_MS)
    await app.post(rowsAt(at))
    for (let turn = 0; turn < TURNS; turn++) await setImmediate()
  }
  const steps = await recordsOf<Step>(app, 'transitions')
  const panes = await recordsOf<FactRecord>(app, 'panes')
  const query = new URLSearchParams({
    ...{ monitor: 'tcp', scope: 'all', group: JSON.stringify({ stream: NEW }), tier: 'hour' },
    ...{ from: `${START}`, to: `${START + HOUR}`, points: '2', tail: '0' },
  })
  const hours = await app.json<SeriesView>(`/api/series?${query}`)
  await app.app.stop()
  return { steps, facts: panes.filter(({ site }) => site === 'history'), hours }
}

const minuteOf = (at: number): number => (at - START) / MINUTE

/** By the minute: which alert of which stream did what. */
const told = ({ at, alert, labels, step }: Step): string =>
  `${Math.floor(minuteOf(at))} ${labels['stream']} ${alert} ${step}`

/** In which minute a term is known of a stream for the first time; from there on it stays so. */
function firstKnown(facts: readonly FactRecord[], stream: string, term: string): number {
  const said = facts.filter(({ group, facts: by }) => group[0] === stream && term in by)
  const first = said.findIndex(({ facts: by }) => by[term] !== null)
  assert.ok(said.slice(0, first).every(({ facts: by }) => by[term] === null))
  assert.ok(said.slice(first).every(({ facts: by }) => by[term] !== null))
  return minuteOf(said[first]?.at ?? NaN)
}

const isIn = (value: number, [from, to]: readonly [number, number]): void =>
  assert.ok(value >= from && value <= to, `${value}`)

test(
  '[H3] [H4] [H5] [H7] [T2] [T4] minutes and hours of the past are those that were rolled up here',
  { timeout: 300_000 },
  async (t) => {
    const { steps, facts, hours } = await playHours(t)
    const fired = steps.filter(({ step }) => step === 'firing' || step === 'resolved')
    const inSpikes = fired.filter(({ at }) => SPIKES.includes(Math.floor(minuteOf(at))))
    const others = fired.filter((step) => !inSpikes.includes(step))

    // Before the past is old enough only the days in the store are one.
    const inMinute = (minute: number) =>
      inSpikes.map(told).filter((x) => x.startsWith(`${minute} `))
    const comesAndGoes = (alerts: readonly string[]) =>
      alerts.flatMap((alert) => [`${alert} firing`, `${alert} resolved`]).sort()
    assert.deepEqual(inMinute(8).sort(), comesAndGoes([`8 ${WEEKLY} OfOtherDays`]))
    const [early, late] = [30, 76].map((minute) =>
      STREAMS.map((stream) => `${minute} ${stream} OfTheHour`),
    ) as [string[], string[]]
    assert.deepEqual(inMinute(30).sort(), comesAndGoes([...early, `30 ${WEEKLY} OfOtherDays`]))
    assert.deepEqual(inMinute(76).sort(), comesAndGoes([...late, `76 ${DAILY} OfTheDay`]))

    // A quarter of an hour in minutes; the sixth hour of the day is the one that was made here.
    for (const stream of STREAMS) {
      isIn(firstKnown(facts, stream, 'base(retrans, 1h)'), [16, 18])
      isIn(firstKnown(facts, stream, 'over(share, 1h)'), [16, 18])
    }
    isIn(firstKnown(facts, DAILY, 'base(retrans, 1d)'), [61, 72])
    const sum = 60 * 12 * USUAL_PER_ROW + 2 * 6 * 2 * USUAL_PER_ROW
    assert.deepEqual(hours.ends, [START + HOUR])
    assert.deepEqual(hours.values['retrans'], [sum])

    // The bad share of all rows so far, and the calm of the next hour on other days.
    const [spent, paid, normal, ...more] = others.toSorted((a, b) => a.at - b.at)
    assert.deepEqual(more, [])
    assert.ok(spent !== undefined && paid !== undefined && normal !== undefined)
    assert.deepEqual([spent.alert, paid.alert, normal.alert], ['Spent', 'Spent', 'OfOtherDays'])
    const share = spent.value['over(share, 1h)'] ?? NaN
    const minutes = Math.round(BAD.from / (1 - share))
    isIn(minutes, [37, 38])
    assert.equal(share, (minutes - BAD.from) / minutes)
    isIn(minuteOf(paid.at), [57, 59])
    isIn(minuteOf(normal.at), [60, 71])
    assert.equal(normal.value['same_hour(retrans, 7)'], CALM)

    const usual = 2 * USUAL_PER_ROW
    const summaries = inSpikes.flatMap(({ step, at, annotations }) =>
      step === 'firing' && minuteOf(at) > 70 ? [annotations['summary']] : [],
    )
    assert.deepEqual(summaries.toSorted(), [
      `retrans ${3 * usual}, base(retrans, 1d) ${usual}`,
      ...STREAMS.map(() => `retrans ${3 * usual}, base(retrans, 1h) ${usual}`),
    ])
    for (const step of fired) t.diagnostic(`${told(step)}: ${step.annotations['summary']}`)
  },
)
