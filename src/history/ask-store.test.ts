import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HistoryTerm } from '../model/history-term.ts'
import type { RollUp } from '../model/roll-up.ts'
import type { WindowResult } from '../model/window-result.ts'
import { aggregateState } from '../sketch/aggregate-state.ts'
import { count } from '../sketch/count.ts'
import { couponOf } from '../sketch/coupon.ts'
import { distinct } from '../sketch/distinct.ts'
import { quantile } from '../sketch/quantile.ts'
import { sum } from '../sketch/sum.ts'
import { ByteWriter, utf8 } from '../std/bytes.ts'
import { Lane } from '../std/lane.ts'
import { prng } from '../std/prng.ts'
import { SimulatedClock } from '../std/simulated-clock.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { askStore } from './ask-store.ts'
import { asking, NIGHT, rollUpAt, windowAt } from './history-house.suite.ts'

const [S, M, H, D] = [1000, 60_000, 3_600_000, 86_400_000]
const monitor = { spec: asking([]), sets: [] }
const term = (op: HistoryTerm['op'], name: string, spanMs: number): HistoryTerm => ({
  op,
  name,
  spanMs,
})

/** What a term is at this end, with these rows in the store. */
async function ask(
  asked: HistoryTerm,
  rows: { readonly windows?: readonly WindowResult[]; readonly rollUps?: readonly RollUp[] },
  end = NIGHT,
): Promise<number | undefined> {
  const clock = new SimulatedClock()
  const store = openMemoryStore({ clock })
  await store.upsert(rows)
  return askStore({ store, lane: new Lane(clock) }, asked, {
    monitor,
    scope: 'all',
    named: { stream: 'arena-1' },
    end,
  })
}

const minutes = (count: number, of: (i: number) => Record<string, number>): RollUp[] =>
  Array.from({ length: count }, (_, i) => rollUpAt(NIGHT - (count - i) * M, of(i)))

test('[H1] a base of windows is their median before this window’s start', async () => {
  const windows = Array.from({ length: 40 }, (_, i) =>
    windowAt(NIGHT - i * 10 * S, { retrans: i, viewers: 2 * i }),
  )

  // In (−310 s, −10 s]: windows 1 to 30.
  assert.equal(await ask(term('base', 'retrans', 5 * M), { windows }), 15.5)
  assert.equal(await ask(term('base', 'viewers', 5 * M), { windows }), 31)
})

test('[H4] minutes are made as long as a window, and named values of them again', async () => {
  const rollUps = minutes(60, (i) => ({ retrans: 600 + 6 * i, rows: 60, p95: 40 + i, each: 999 }))

  const ofLastHour = (name: string) => ask(term('base', name, H), { rollUps })
  // 10 s of 60 s; this window’s start lies behind all 60 ends.
  assert.equal(await ofLastHour('retrans'), (600 + 6 * 29.5) / 6)
  assert.equal(await ofLastHour('rows'), 10)
  assert.equal(await ofLastHour('p95'), 69.5)
  assert.equal(await ofLastHour('each'), (600 + 6 * 29.5) / 60)
})

test('[H5] less than a quarter of the rows is no past, gaps and other panes apart', async () => {
  const base = term('base', 'retrans', H)
  const some = minutes(15, () => ({ retrans: 60 }))
  const others = minutes(60, () => ({ retrans: 6000 })).map((row, i) =>
    i % 3 === 0
      ? { ...row, definition: 'ffffffffffffffff' }
      : i % 3 === 1
        ? { ...row, complete: false }
        : { ...row, values: {} },
  )

  assert.equal(await ask(base, { rollUps: some }), 10)
  assert.equal(await ask(base, { rollUps: some.slice(1) }), undefined)
  assert.equal(await ask(base, { rollUps: [...others.slice(0, 40), ...some.slice(1)] }), undefined)
  assert.equal(await ask(base, {}), undefined)
})

test('[H1] the same hour is the median of that hour on the days before', async () => {
  // It is 00:00:05 when this window starts: the hour from 0 to 1.
  const end = NIGHT + 15 * S
  const hours = Array.from({ length: 8 * 24 }, (_, i) => {
    const at = NIGHT + H - (i + 1) * H
    return rollUpAt(
      at,
      { retrans: at % D === H ? 3600 * (1 + (NIGHT - at) / D) : 1 },
      { tier: 'hour' },
    )
  })
  const days = hours.filter((row) => row.end % D === H)
  const week = term('same_hour', 'retrans', 7 * D)
  const expected = days.slice(0, 7).map(({ values }) => values['retrans']! / 360)

  const found = await ask(week, { rollUps: hours }, end)
  const ofFour = await ask(week, { rollUps: days.slice(0, 4) }, end)

  assert.equal(days.length, 8)
  assert.equal(found, expected.sort((a, b) => a - b)[3])
  assert.ok(ofFour !== undefined)
  assert.equal(await ask(week, { rollUps: days.slice(0, 3) }, end), undefined)
})

test('[H1] a trend is what the line that fits best rose by over the span', async () => {
  const rollUps = minutes(40, (i) => ({ retrans: 6 * (100 + 2 * i + (i % 2)) }))
  const windows = Array.from({ length: 40 }, (_, i) =>
    windowAt(NIGHT - i * 10 * S, { viewers: -i }),
  )

  const rise = await ask(term('trend', 'retrans', 30 * M), { rollUps })
  const viewers = await ask(term('trend', 'viewers', 5 * M), { windows })

  // Two a minute; the zigzag of one hardly tilts it.
  assert.ok(rise !== undefined && Math.abs(rise - 60) < 0.5, String(rise))
  assert.ok(viewers !== undefined && Math.abs(viewers - 30) < 1e-9, String(viewers))
  assert.equal(await ask(term('trend', 'retrans', 30 * M), { rollUps: [] }), undefined)
})

test('[H1] [H4] a month is one window: sums, percentiles and distinct counts', async () => {
  const random = prng(7)
  const writer = new ByteWriter()
  const rtts: number[] = []
  const sessions = new Set<string>()
  let total = 0
  const rollUps = Array.from({ length: 30 * 24 }, (_, i) => {
    const of = { sum: sum.zero(0), count: count.zero() }
    const sketches = { quantile: quantile.zero(), distinct: distinct.zero() }
    for (let rows = random.below(5); rows >= 0; rows--) {
      const [retrans, rtt, session] = [random.below(90), random.below(300), random.below(2000)]
      total += retrans
      rtts.push(rtt)
      sessions.add(`v${session}`)
      sum.add(of.sum, retrans)
      count.add(of.count)
      quantile.add(sketches.quantile, rtt)
      distinct.add(sketches.distinct, couponOf(utf8(`v${session}`))!, 1)
    }
    const all = [of.sum, of.count, sketches.quantile, sketches.distinct]
    const states = monitor.spec.aggregates.map((spec, place) =>
      aggregateState.encode(spec, all[place]!, writer),
    )
    return rollUpAt(NIGHT - i * H, {}, { tier: 'hour', states })
  })
  const outside = { ...rollUps[0]!, ...rollUpAt(NIGHT - 30 * D, {}, { tier: 'hour' }) }
  const rows = { rollUps: [...rollUps, { ...outside, states: rollUps[0]!.states }] }
  const month = (name: string) => ask(term('over', name, 30 * D), rows)

  const [retrans, each, p95, viewers] = [
    await month('retrans'),
    await month('each'),
    await month('p95'),
    await month('viewers'),
  ]

  assert.equal(retrans, total)
  assert.equal(each, total / rtts.length)
  const exact = rtts.sort((a, b) => a - b)[Math.ceil(0.95 * rtts.length) - 1]!
  assert.ok(p95 !== undefined && Math.abs(p95 - exact) <= 0.01 * exact + 1, `${p95}, ${exact}`)
  const off = Math.abs((viewers ?? NaN) - sessions.size) / sessions.size
  assert.ok(off < 5 * 0.0163, `${viewers} of ${sessions.size}`)
})

test('[H5] a month of which a state cannot be read is not known', async () => {
  const rollUps = Array.from({ length: 30 * 24 }, (_, i) =>
    rollUpAt(NIGHT - i * H, {}, { tier: 'hour' }),
  )

  assert.equal(await ask(term('over', 'retrans', 30 * D), { rollUps }), undefined)
})
