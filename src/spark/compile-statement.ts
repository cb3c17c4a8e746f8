import type { MonitorSpec } from '../model/monitor.ts'
import { assert } from '../std/assert.ts'
import { sliceMsOf } from '../window/slice.ts'
import {
  aggregateColumns,
  foldsOf,
  laneColumns,
  stateMembers,
  type Fold,
} from './compile-aggregates.ts'
import { columnOf, textSql } from './compile-text.ts'
import { whereSql } from './compile-where.ts'

export type StatementGiven = {
  readonly site: string
  readonly monitors: readonly MonitorSpec[]
  /** What distinct counts keep a sketch for. */
  readonly weights: readonly number[]
  readonly evictionMs: number
}

/**
 * Rows to records of `panes`: each row once for every fold that takes it, then one aggregation for
 * all. A window of the common length of all slices says when state may be let go of; the slice
 * itself is an ordinary part of the key (W4).
 */
export function statementSql(rows: string, given: StatementGiven): string {
  const folds = foldsOf(given.monitors)
  if (folds.length === 0) return nothingSql(rows)
  const exploded = `SELECT *, explode(array_compact(array(
    ${folds.map(takenSql).join(',\n    ')}))) AS k
  FROM ${rows}`
  const brought = `SELECT k, partition, kts, t, w, f_spread, bucket, distinct_w,
    window(at, '${given.evictionMs} milliseconds') AS e,
    ${laneColumns(folds).join(',\n    ')}
  FROM (${exploded})`
  const gathered = `SELECT k, partition, count(1) AS rows, max(t) AS event_max,
    max(kts) AS appended_max, bool_or(f_spread IS NOT NULL) AS spread, bool_or(w > 1D) AS sampled,
    ${aggregateColumns(folds, given.weights).join(',\n    ')}
  FROM (${brought})
  GROUP BY k, partition, e`
  return `${paneSql(folds, given)}
FROM (SELECT *, ${monitorSql(folds, given.monitors)} AS i FROM (${gathered}))`
}

/** Without monitors rows are read for their watermarks alone: all of them have a time. */
const nothingSql = (rows: string): string =>
  `SELECT CAST(NULL AS BINARY) AS key, CAST(NULL AS STRING) AS value FROM ${rows} WHERE t IS NULL`

/** Which slice and group a row falls into, or NULL: no fold takes a heartbeat. */
function takenSql({ number, monitors, sliceMs }: Fold): string {
  const [monitor] = monitors
  assert(monitor !== undefined, 'a fold is one of some monitor')
  const { where, groupBy } = monitor
  const columns = groupBy.map(columnOf).join(', ')
  // Without a row of its own an array has no type.
  const group = columns === '' ? 'CAST(array() AS ARRAY<STRING>)' : `array(${columns})`
  const taken = `'m', ${number}, 's', t - pmod(t, ${sliceMs}), 'g', ${group}`
  const test = where === undefined ? '' : ` AND ${whereSql(where)}`
  return `CASE WHEN NOT beat${test} THEN named_struct(${taken}) END`
}

/** The number of a monitor, which a fold of several has a pane for each. */
function monitorSql(folds: readonly Fold[], monitors: readonly MonitorSpec[]): string {
  if (folds.every((fold) => fold.monitors.length === 1)) return 'k.m'
  const cases = folds.map((fold) => {
    const numbers = fold.monitors.map((monitor) => numberOf(monitor, fold, monitors))
    return `WHEN ${fold.number} THEN array(${numbers.join(', ')})`
  })
  return `explode(CASE k.m ${cases.join(' ')} END)`
}

/** That of its fold where it is alone in it, so that mostly one number is enough. */
function numberOf(monitor: MonitorSpec, fold: Fold, monitors: readonly MonitorSpec[]): number {
  if (fold.monitors.length === 1) return fold.number
  return monitors.length + 1 + monitors.indexOf(monitor)
}

function paneSql(folds: readonly Fold[], { site, monitors, weights }: StatementGiven): string {
  const each = (of: (monitor: MonitorSpec, fold: Fold) => string): string => {
    const cases = folds.flatMap((fold) =>
      fold.monitors.map(
        (monitor) => `WHEN ${numberOf(monitor, fold, monitors)} THEN ${of(monitor, fold)}`,
      ),
    )
    return `CASE i ${cases.join('\n      ')} END`
  }
  const key = [
    `CAST(${each(({ id }) => textSql(id))} AS BINARY)`,
    `X'00'`,
    'CAST(to_json(k.g) AS BINARY)',
  ]
  const value = [
    each((monitor) => textSql(headOf(monitor))),
    'to_json(k.g)',
    textSql(`,"site":${JSON.stringify(site)},"partition":`),
    `partition, ',"start":', k.s, ',"rev":', rows, ',"closed":null'`,
    `',"spread":', spread, ',"sampled":', sampled, ',"states":'`,
    each((monitor, fold) => statesSql(stateMembers(fold, monitor, weights))),
    `',"event_max":', event_max, ',"read_at":', unix_millis(current_timestamp())`,
    `',"appended_max":', appended_max, '}'`,
  ]
  return `SELECT concat(${key.join(', ')}) AS key,
  concat(${value.join(',\n    ')}) AS value`
}

const statesSql = (members: readonly string[]): string =>
  `to_json(named_struct(${members.join(',\n        ')}))`

/** A pane up to its group. */
function headOf({ id, definition, window }: MonitorSpec): string {
  const head = { v: 1, monitor: id, definition, length: sliceMsOf(window) }
  return `${JSON.stringify(head).slice(0, -1)},"group":`
}
