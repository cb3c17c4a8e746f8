import type { MonitorSpec } from '../model/monitor.ts'
import { weightOf } from '../sketch/weight.ts'
import { fieldsRead, parseLayers } from './compile-fields.ts'
import { columnOf, layered, textSql } from './compile-text.ts'

/** What rows are judged by. */
export type RowsGiven = {
  readonly site: string
  /** The site of rows that name none. */
  readonly ownSite: string
  /** Whose rows another query of the same topic reads. */
  readonly otherSites: readonly string[]
  readonly monitors: readonly MonitorSpec[]
  readonly skewMs: number
}

/** Why rows are refused, in the order in which they are asked. */
export const refusals = [
  'bytes',
  'json',
  'shape',
  'ts',
  'ts_unit',
  'ts_range',
  'stream',
  'p',
  'site',
  'skewed',
] as const

/** The weights that distinct counts keep a sketch for, rising; 1 is always one of them. */
export const weightsOf = (rates: readonly number[]): readonly number[] =>
  [...new Set([1, ...rates.map(weightOf)])].sort((a, b) => a - b)

/**
 * Every row that this query has to answer for, with its checked fields, what it stands for (Z7) and
 * why it is refused. A row that cannot be read counts for whoever has the rows without a site.
 */
export function seenSql(raw: string, given: RowsGiven): string {
  const { site, ownSite, otherSites, skewMs, monitors } = given
  const others = otherSites.map(textSql).join(', ')
  const layers = [
    ...parseLayers(fieldsRead(monitors)),
    `SELECT *, coalesce(f_src = 'beat', FALSE) AS beat,
  CASE WHEN fault IS NULL THEN CAST(f_ts AS BIGINT) END AS t,
  coalesce(CASE WHEN fault IS NULL THEN f_site END, ${textSql(ownSite)}) AS site,
  1D / coalesce(CASE WHEN fault IS NULL THEN f_p END, 1D) AS inverse`,
    `SELECT *, CASE WHEN abs(inverse - floor(inverse + 0.5D)) <= 0.01D * inverse
    THEN CAST(floor(inverse + 0.5D) AS DOUBLE) ELSE inverse END AS w,
  CASE WHEN fault IS NOT NULL THEN fault WHEN site <> ${textSql(site)} THEN 'site'
    WHEN t > kts + ${skewMs} AND NOT (beat AND f_final IS NOT NULL) THEN 'skewed' END AS refused`,
  ]
  return layered(raw, layers) + (others === '' ? '' : `\nWHERE site NOT IN (${others})`)
}

/**
 * Rows that count, each with what totals, quantiles and distinct counts need of it, and the event
 * time by which state is let go of. The last heartbeat of a replay is far ahead, so it is told with
 * the batch and moves nothing here.
 */
export function rowsSql(seen: string, monitors: readonly MonitorSpec[]): string {
  const measured = monitors.flatMap(({ aggregates }) =>
    aggregates.flatMap(({ kind, field = '' }) => (kind === 'quantile' ? [field] : [])),
  )
  const buckets = [...new Set(measured)].map(
    (field) => `,\n  ${bucketSql(columnOf(field))} AS ${bucketOf(field)}`,
  )
  return layered(`${seen}\nWHERE refused IS NULL AND NOT (beat AND f_final IS NOT NULL)`, [
    'SELECT *, timestamp_millis(t) AS at, coalesce(f_session, f_conn, f_client) AS name',
    `SELECT *, CASE WHEN w <> 1D THEN sqrt(w * (w - 1D)) END AS root,
  CASE WHEN w = 1D THEN NULL WHEN name IS NULL OR f_sampled = 'request' THEN hash(name, t)
    ELSE hash(name) END AS hash`,
    `SELECT *, CASE WHEN f_sampled = 'request' THEN 1D ELSE w END AS distinct_w,
  hash & 63 AS bucket, CASE WHEN hash & 64 <> 0 THEN -1D ELSE 1D END AS sign${buckets.join('')}`,
  ])
}

/** Where the bucket of a quantile's field stands. */
export const bucketOf = (field: string): string => `b_${field}`

const LN_GAMMA = '0.020000666706669435D'

/** Z9. */
function bucketSql(column: string): string {
  const units = `floor(${column} * 1000D + 0.5D)`
  const exponent = (of: string): string => `ceil(ln(${of}) / ${LN_GAMMA})`
  return `CAST(CASE WHEN ${units} > 0 THEN ${exponent(units)} WHEN ${units} = 0 THEN -1
    WHEN ${units} < 0 THEN -2 - ${exponent(`-${units}`)} END AS INT)`
}
