import { NocturneError } from '../../model/nocturne-error.ts'
import type { SiteMinute } from '../../model/roll-up.ts'
import type { HistoryPlace } from '../../store/store.ts'
import { queryField, type Query } from '../answer/query-field.ts'
import { seriesAnswer } from '../answer/series-answer.ts'
import type { CoverageView, GroupView, HistoryView, SeriesView } from '../contract.ts'
import type { Answer, Route } from './route.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** The longest span of any question. */
const SPAN_MS_MAX = 400 * DAY_MS
const SERIES_MS = 600_000
/** Groups older than this are not among the worst now. */
const WORST_MS = 60_000
const INSTANT_MAX = 4_102_444_800_000
/** A page of coverage: a day and an hour. */
const MINUTES_MAX = 1_500
/** Monitors of which one group is shown at once, and over how long. */
const LINES_MAX = 20
const LINES_MS_MAX = HOUR_MS
const TIERS = ['live', 'minute', 'hour'] as const

function spanOf(
  fields: Query,
  of: { readonly now: number; readonly ms: number; readonly msMax?: number },
): { readonly from: number; readonly to: number } {
  const { now, ms, msMax = SPAN_MS_MAX } = of
  const to = queryField.integerOr(fields, 'to', { least: 0, most: INSTANT_MAX, otherwise: now })
  const otherwise = Math.max(0, to - ms)
  const from = queryField.integerOr(fields, 'from', { least: 0, most: to, otherwise })
  if (to - from > msMax) {
    throw new NocturneError('SERVE_QUERY_INVALID', `over ${msMax / HOUR_MS} hours`)
  }
  return { from, to }
}

const flag = (fields: Query, name: string, otherwise: '0' | '1'): boolean =>
  (queryField.oneOf(fields, name, ['0', '1']) ?? otherwise) === '1'

const series: Answer = (context, { query }): Promise<SeriesView> => {
  const now = context.clock.now()
  const fields = query as Query
  const { from, to } = spanOf(fields, { now, ms: SERIES_MS })
  const tier = queryField.oneOf(fields, 'tier', TIERS)
  const percentile = queryField.integerOr(fields, 'percentile', {
    ...{ least: 0, most: 100, otherwise: -1 },
  })
  return seriesAnswer(context, {
    scope: queryField.text(fields, 'scope'),
    monitor: queryField.text(fields, 'monitor'),
    group: queryField.group(fields, 'group'),
    ...{ now, to },
    from: queryField.integerOr(fields, 'cursor', { least: from, most: to, otherwise: from }),
    points: queryField.integerOr(fields, 'points', { least: 2, most: 600, otherwise: 600 }),
    ...(tier !== undefined && { tier }),
    ...(percentile >= 0 && { percentile }),
    isMerged: flag(fields, 'merge', '0'),
    joinsTail: flag(fields, 'tail', '1'),
  })
}

const worst: Answer = async ({ store, clock }, { query }) => {
  const fields = query as Query
  const now = clock.now()
  const order = queryField.oneOf(fields, 'order', ['highest', 'lowest']) ?? 'highest'
  const at = queryField.integerOr(fields, 'at', { least: 0, most: INSTANT_MAX, otherwise: now })
  const windows = await store.worst({
    monitor: queryField.text(fields, 'monitor'),
    value: queryField.text(fields, 'value'),
    order,
    at,
    notBefore: at - WORST_MS,
    skip: queryField.integerOr(fields, 'skip', { least: 0, most: 10_000, otherwise: 0 }),
    limit: queryField.integerOr(fields, 'limit', { least: 1, most: 500, otherwise: 20 }),
  })
  return { now, windows }
}

/** All monitors that group by the labels that the group has, in the order of their file. */
const group: Answer = async (context, { query }): Promise<GroupView> => {
  const now = context.clock.now()
  const fields = query as Query
  const named = queryField.group(fields, 'group')
  const scope = queryField.text(fields, 'scope')
  const span = spanOf(fields, { now, ms: SERIES_MS, msMax: LINES_MS_MAX })
  const labels = Object.keys(named).sort().join('\0')
  const alike = context.view.monitors.list.filter(
    ({ groupBy }) => [...groupBy].sort().join('\0') === labels,
  )
  const lines: GroupView['lines'][number][] = []
  for (const { id: monitor } of alike.slice(0, LINES_MAX)) {
    const asked = { scope, monitor, group: named, now, ...span, tier: 'live' } as const
    lines.push({ monitor, ...(await seriesAnswer(context, asked)) })
  }
  return { now, scope, group: named, lines, hidden: alike.length - lines.length }
}

const history: Answer = async ({ store, clock }, { query }): Promise<HistoryView> => {
  const now = clock.now()
  const fields = query as Query
  const { from, to } = spanOf(fields, { now, ms: DAY_MS })
  const limit = queryField.integerOr(fields, 'limit', { least: 1, most: 500, otherwise: 100 })
  const fingerprint = queryField.textOr(fields, 'fingerprint', '')
  const cursor = queryField.textOr(fields, 'cursor', '')
  const records = await store.history({
    ...{ from, to, limit },
    ...(fingerprint !== '' && { fingerprint }),
    ...(cursor !== '' && { after: placeOf(cursor) }),
  })
  const steps = records.flatMap((record) => (record.kind === 'notice' ? [] : [record]))
  const last = steps.length < limit ? undefined : steps.at(-1)
  return { now, from, to, records, next: last === undefined ? null : cursorOf(last) }
}

const cursorOf = ({ at, seq, id }: HistoryPlace): string => `${at}.${seq}.${id}`

function placeOf(cursor: string): HistoryPlace {
  const [, at, seq, id] = /^(\d{1,15})\.(\d{1,15})\.(.+)$/.exec(cursor) ?? []
  if (id === undefined) throw new NocturneError('SERVE_QUERY_INVALID', 'cursor is none of ours')
  return { at: Number(at), seq: Number(seq), id }
}

const coverage: Answer = async ({ store, clock }, { query }): Promise<CoverageView> => {
  const now = clock.now()
  const fields = query as Query
  const site = queryField.text(fields, 'site')
  const span = spanOf(fields, { now, ms: DAY_MS })
  const { to } = span
  const cursor = { least: span.from, most: to, otherwise: span.from }
  const from = queryField.integerOr(fields, 'cursor', cursor)
  const minutes = await store.coverage({ site, from, to, limit: MINUTES_MAX })
  const last = minutes.length < MINUTES_MAX ? undefined : minutes.at(-1)
  const end = last === undefined ? to : last.at + MINUTE_MS
  return {
    ...{ now, site, from, to },
    minutes: minutes.map(minuteView),
    over: Math.max(0, Math.floor(Math.min(end, now) / MINUTE_MS) - Math.ceil(from / MINUTE_MS)),
    known: minutes.length,
    whole: minutes.filter(({ expected, reported }) => reported >= expected).length,
    next: last === undefined ? null : last.at + 1,
  }
}

const minuteView = ({ at, expected, reported, rows, late, rejected, lagMs }: SiteMinute) => ({
  ...{ at, expected, reported, rows, late, rejected, lag_ms: lagMs },
})

const get = (path: string, answer: Answer): Route => ({
  method: 'GET',
  path,
  bodyBytesMax: 0,
  answer,
})

/** What is asked of the store; each answer's worst case stands in docs/store.md. */
export const historyRoutes: readonly Route[] = [
  get('/api/series', series),
  get('/api/worst', worst),
  get('/api/group', group),
  get('/api/history', history),
  get('/api/coverage', coverage),
]
