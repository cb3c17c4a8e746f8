import type { HistoryTerm } from '../model/history-term.ts'
import type { RollUp, Tier } from '../model/roll-up.ts'
import type { WindowResult } from '../model/window-result.ts'
import type { Lane } from '../std/lane.ts'
import type { Store } from '../store/store.ts'
import { Comparable } from './comparable.ts'
import { historyPlan, type HistoryPlan } from './history-plan.ts'
import type { HistoryMonitor } from './history-spec.ts'
import { slopeOf, type Point } from './slope.ts'
import { median } from './median.ts'

/** One group in one scope, when its newest window had closed. */
export type Asker = {
  readonly monitor: HistoryMonitor
  readonly scope: string
  readonly named: Readonly<Record<string, string>>
  readonly end: number
}

/** The store, and whose turn it is to ask: before each page the caller waits for it. */
export type AskedStore = { readonly store: Pick<Store, 'series'>; readonly lane: Lane }

type Row = WindowResult | RollUp

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** Rows of a page: some milliseconds of work, which is all that a page of somebody may wait. */
const PAGE_ROWS = { live: 250, minute: 200, hour: 100 } as const satisfies Record<Tier, number>

/**
 * What a term is for a group now; undefined where the past is too young to say (H5).
 * @throws STORE_UNAVAILABLE and what else the store throws.
 */
export async function askStore(
  asked: AskedStore,
  term: HistoryTerm,
  asker: Asker,
): Promise<number | undefined> {
  const { spec } = asker.monitor
  const plan = historyPlan(term, spec.window)
  const number = new Comparable(spec, term.name)
  const start = asker.end - spec.window.sizeMs
  if (term.op === 'over') {
    const span = { tier: plan.tier, from: asker.end - term.spanMs, to: asker.end }
    return merged(rowsOf(asked, asker, span), { plan, number })
  }
  const points: Point[] = []
  const spans =
    term.op === 'same_hour'
      ? sameHours(start, term.spanMs)
      : [{ from: start - term.spanMs, to: start }]
  for (const span of spans) {
    for await (const row of rowsOf(asked, asker, { ...span, tier: plan.tier })) {
      const value = row.closed && row.complete ? number.ofRow(row) : NaN
      if (Number.isFinite(value)) points.push({ at: row.end, value })
    }
  }
  if (points.length < plan.rowsMin) return undefined
  const answer =
    term.op === 'trend' ? slopeOf(points) * term.spanMs : median(points.map(({ value }) => value))
  return Number.isFinite(answer) ? answer : undefined
}

/** The hour that an instant lies in, on each of the days before: one row each. */
function sameHours(at: number, spanMs: number): readonly { from: number; to: number }[] {
  const end = Math.floor(at / HOUR_MS) * HOUR_MS + HOUR_MS
  return Array.from({ length: spanMs / DAY_MS }, (_, i) => {
    const to = end - (i + 1) * DAY_MS
    return { from: to - 1, to }
  })
}

async function merged(
  rows: AsyncIterable<Row>,
  { plan, number }: { readonly plan: HistoryPlan; readonly number: Comparable },
): Promise<number | undefined> {
  const merging = number.merging()
  let count = 0
  for await (const row of rows) {
    if (!('states' in row) || !row.closed) continue
    merging.add(row)
    count++
  }
  const value = count < plan.rowsMin ? NaN : merging.result()
  return Number.isFinite(value) ? value : undefined
}

/** The rows of a span, page by page, oldest first, without those of another definition. */
async function* rowsOf(
  { store, lane }: AskedStore,
  { monitor, scope, named }: Asker,
  span: { readonly tier: Tier; readonly from: number; readonly to: number },
): AsyncGenerator<Row> {
  const { id, definition } = monitor.spec
  const { tier, to } = span
  const limit = PAGE_ROWS[tier]
  const query = { scope, monitor: id, group: named, tier, to, limit }
  let from = span.from
  for (;;) {
    await lane.turn()
    const page = await store.series({ ...query, from })
    for (const row of page) if (row.definition === definition) yield row
    if (page.length < limit) return
    from = page.at(-1)?.end ?? to
  }
}
