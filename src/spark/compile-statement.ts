import type { MonitorSpec } from '../model/monitor.ts'
import { assert } from '../std/assert.ts'
import { fnv1a64 } from '../std/hash.ts'
import { gcd, sliceMsOf } from '../window/slice.ts'
import {
  aggregateColumns,
  foldsOf,
  laneColumns,
  stateMembers,
  type Fold,
} from './compile-aggregates.ts'
import { refusals, rowsSql, seenSql, weightsOf } from './compile-rows.ts'
import { columnOf, nameOfSite, numberSql, textSql } from './compile-text.ts'
import { whereSql } from './compile-where.ts'
import type { Observed, SiteProgram } from './site-program.ts'
import type { Relation } from './spark-session.ts'
import type { SparkSpec } from './spark-spec.ts'

const OBSERVED_AS = 'seen'

export type SiteGiven = {
  readonly spec: SparkSpec
  readonly site: string
  /** The site of rows that name none. */
  readonly ownSite: string
  readonly monitors: readonly MonitorSpec[]
  readonly skewMs: number
  /** Of `readings`. */
  readonly partitions: number
}

/** All monitors of a site as one query (spark.md 5): pure text, equal for equal monitors. */
export function compileSite(given: SiteGiven): SiteProgram {
  const { spec, site, monitors, partitions } = given
  const name = nameOfSite(site)
  const [raw, seen, rows] = [`raw_${name}`, `seen_${name}`, `rows_${name}`]
  const weights = weightsOf(spec.rates)
  const metrics = metricsOf(partitions, weights)
  const otherSites = spec.sites.filter((other) => other !== site)
  const seenText = seenSql(raw, { ...given, otherSites })
  const rowsText = rowsSql(seen, monitors)
  const evictionMs = monitors.map(({ window }) => sliceMsOf(window)).reduce(lcm, 1)
  const statement = statementSql(rows, { site, monitors, weights, evictionMs })
  const delayMs = delayMsOf(monitors) + spec.spreadMs
  const texts = [
    seenText,
    rowsText,
    statement,
    `${delayMs}`,
    `${spec.shufflePartitions}`,
    ...metrics,
  ]
  return {
    site,
    hash: fnv1a64(texts),
    views: (source) => [
      { name: raw, relation: source },
      { name: seen, relation: observe({ kind: 'sql', query: seenText }, metrics) },
      {
        name: rows,
        relation: {
          kind: 'watermark',
          input: { kind: 'sql', query: rowsText },
          eventTime: 'at',
          delay: `${delayMs} milliseconds`,
        },
      },
    ],
    statement: { kind: 'sql', query: statement },
    observedAs: OBSERVED_AS,
    observed: (values) => observedOf(values, partitions),
    delayMs,
    evictionMs,
  }
}

const observe = (input: Relation, metrics: readonly string[]): Relation => ({
  kind: 'observe',
  input,
  name: OBSERVED_AS,
  metrics,
})

const lcm = (a: number, b: number): number => (a / gcd(a, b)) * b

/** How long after a slice's end rows of it are still folded, but for the spread (section 7). */
export const delayMsOf = (monitors: readonly MonitorSpec[]): number =>
  Math.max(0, ...monitors.map(({ window }) => window.latenessMs + window.correctionMs))

function metricsOf(partitions: number, weights: readonly number[]): readonly string[] {
  const ofPartition = (value: string) => (_: unknown, partition: number) =>
    `max(CASE WHEN refused IS NULL AND partition = ${partition} THEN ${value} END)`
  const known = weights.map(numberSql).join(', ')
  return [
    ...Array.from({ length: partitions }, ofPartition('t')),
    ...Array.from({ length: partitions }, ofPartition('CAST(f_final AS BIGINT)')),
    'count_if(refused IS NULL AND NOT beat)',
    'count_if(refused IS NULL AND beat)',
    ...refusals.map((reason) => `count_if(refused = '${reason}')`),
    `count_if(refused IS NULL AND NOT beat AND NOT (w IN (${known}) OR coalesce(f_sampled = 'request', FALSE)))`,
  ]
}

function observedOf(values: readonly unknown[], partitions: number): Observed {
  const numbers = values.map((value) => (typeof value === 'number' ? value : undefined))
  const byPartition = (from: number): ReadonlyMap<number, number> =>
    new Map(
      numbers
        .slice(from, from + partitions)
        .flatMap((value, partition) => (value === undefined ? [] : [[partition, value]])),
    )
  const counts = numbers.slice(2 * partitions).map((value) => value ?? 0)
  return {
    watermarks: byPartition(0),
    finals: byPartition(partitions),
    rows: counts[0] ?? 0,
    beats: counts[1] ?? 0,
    refused: new Map(refusals.map((reason, i) => [reason, counts[2 + i] ?? 0])),
    otherRates: counts[2 + refusals.length] ?? 0,
  }
}

type StatementGiven = {
  readonly site: string
  readonly monitors: readonly MonitorSpec[]
  readonly weights: readonly number[]
  readonly evictionMs: number
}

/** Rows to panes: each row once for every fold that takes it, then one aggregation for all. */
function statementSql(
  rows: string,
  { site, monitors, weights, evictionMs }: StatementGiven,
): string {
  const folds = foldsOf(monitors)
  const exploded = `SELECT *, explode(array_compact(array(
    ${folds.map(takenSql).join(',\n    ')}))) AS k
  FROM ${rows}`
  const brought = `SELECT k, partition, kts, t, w, f_spread, bucket, distinct_w, window(at, '${evictionMs} milliseconds') AS e,
    ${laneColumns(folds).join(',\n    ')}
  FROM (${exploded})`
  const gathered = `SELECT k, partition, count(1) AS rows, max(t) AS event_max, max(kts) AS appended_max,
    bool_or(f_spread IS NOT NULL) AS spread, bool_or(w > 1D) AS sampled,
    ${aggregateColumns(folds, weights).join(',\n    ')}
  FROM (${brought})
  GROUP BY k, partition, e`
  const told = folds.some((fold) => fold.monitors.length > 1)
    ? `SELECT *, explode(CASE k.m ${eachFold(folds, (fold) => `array(${numbersOf(fold, monitors).join(', ')})`)} END) AS i
  FROM (${gathered})`
    : `SELECT *, k.m AS i FROM (${gathered})`
  return `SELECT concat(CAST(CASE i ${eachMonitor(folds, monitors, (_, { id }) => textSql(id))} END AS BINARY), X'00', CAST(to_json(k.g) AS BINARY)) AS key,
  concat(CASE i ${eachMonitor(folds, monitors, (_, monitor) => textSql(headOf(monitor)))} END,
    to_json(k.g), ${textSql(`,"site":${JSON.stringify(site)},"partition":`)}, partition, ',"start":', k.s,
    ',"rev":', rows, ',"closed":null,"spread":', spread, ',"sampled":', sampled, ',"states":',
    CASE i ${eachMonitor(folds, monitors, (fold, monitor) => `to_json(named_struct(${stateMembers(fold, monitor, weights).join(', ')}))`)} END,
    ',"event_max":', event_max, ',"read_at":', unix_millis(current_timestamp()), ',"appended_max":', appended_max, '}') AS value
FROM (${told})`
}

const eachFold = (folds: readonly Fold[], of: (fold: Fold) => string): string =>
  folds.map((fold) => `WHEN ${fold.number} THEN ${of(fold)}`).join(' ')

function eachMonitor(
  folds: readonly Fold[],
  monitors: readonly MonitorSpec[],
  of: (fold: Fold, monitor: MonitorSpec) => string,
): string {
  const cases = folds.flatMap((fold) =>
    fold.monitors.map(
      (monitor) => `WHEN ${numberOf(monitor, fold, monitors)} THEN ${of(fold, monitor)}`,
    ),
  )
  return cases.join('\n      ')
}

const numbersOf = (fold: Fold, monitors: readonly MonitorSpec[]): readonly number[] =>
  fold.monitors.map((monitor) => numberOf(monitor, fold, monitors))

/** A monitor's number: that of its fold where it is alone in it, so that mostly one is enough. */
function numberOf(monitor: MonitorSpec, fold: Fold, monitors: readonly MonitorSpec[]): number {
  if (fold.monitors.length === 1) return fold.number
  return monitors.length + 1 + monitors.indexOf(monitor)
}

function headOf(monitor: MonitorSpec): string {
  const { id, definition, window } = monitor
  const head = { v: 1, monitor: id, definition, length: sliceMsOf(window) }
  return `${JSON.stringify(head).slice(0, -1)},"group":`
}

/** Which slice and group a row falls into, or NULL: no fold takes a heartbeat. */
function takenSql({ number, monitors, sliceMs }: Fold): string {
  const [monitor] = monitors
  assert(monitor !== undefined, 'a fold is one of some monitor')
  const { where, groupBy } = monitor
  const test = where === undefined ? 'NOT beat' : `NOT beat AND ${whereSql(where)}`
  const group =
    groupBy.length === 0
      ? 'CAST(array() AS ARRAY<STRING>)'
      : `array(${groupBy.map(columnOf).join(', ')})`
  return `CASE WHEN ${test} THEN named_struct('m', ${number}, 's', t - pmod(t, ${sliceMs}), 'g', ${group}) END`
}
