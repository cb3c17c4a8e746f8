import type { AggregateSpec, MonitorSpec } from '../model/monitor.ts'
import { assert } from '../std/assert.ts'
import { scaleOf } from '../sketch/sum.ts'
import { sliceMsOf } from '../window/slice.ts'
import { bucketOf } from './compile-rows.ts'
import { columnOf, numberSql, textSql } from './compile-text.ts'
import { whereSql } from './compile-where.ts'

/** Monitors that take, group and cut rows alike: their rows are folded once. */
export type Fold = {
  /** From 1. */
  readonly number: number
  readonly monitors: readonly MonitorSpec[]
  readonly sliceMs: number
  readonly states: readonly PlacedState[]
}

/** What a kind of state needs of the table: each a column that all folds share. */
type Lane = 'total' | 'error' | 'min' | 'max' | 'mean' | 'bucket' | 'value'

/** An aggregate of a fold, and which column of each of its lanes is its own. */
export type PlacedState = { readonly spec: AggregateSpec; readonly at: number }

const LANES: Readonly<Record<AggregateSpec['kind'], readonly Lane[]>> = {
  count: ['total', 'error'],
  sum: ['total', 'error'],
  min: ['min'],
  max: ['max'],
  mean: ['mean'],
  quantile: ['bucket'],
  distinct: ['value'],
}

/** Two aggregates of one fold with one name have one state. */
const stateName = ({ kind, field, digits, where }: AggregateSpec): string =>
  JSON.stringify([kind, field, digits, where])

/** The folds of some monitors, and where their states stand. */
export function foldsOf(monitors: readonly MonitorSpec[]): readonly Fold[] {
  const alike = Map.groupBy(monitors, ({ where, groupBy, window }) =>
    JSON.stringify([where, groupBy, sliceMsOf(window)]),
  )
  return [...alike.values()].map((some, i) => ({
    number: i + 1,
    monitors: some,
    sliceMs: Math.min(...some.map(({ window }) => sliceMsOf(window))),
    states: placed(some.flatMap(({ aggregates }) => aggregates)),
  }))
}

function placed(aggregates: readonly AggregateSpec[]): readonly PlacedState[] {
  const specs = new Map(aggregates.map((spec) => [stateName(spec), spec]))
  const used = new Map<string, number>()
  return [...specs.values()].map((spec) => {
    const lanes = LANES[spec.kind].join()
    const at = used.get(lanes) ?? 0
    used.set(lanes, at + 1)
    return { spec, at }
  })
}

/**
 * What each row brings to the columns: a row belongs to one fold, so a column serves a state of
 * every fold, and the state of a group is as wide as the widest fold and no wider.
 */
export function laneColumns(folds: readonly Fold[]): readonly string[] {
  const columns = new Map<string, string[]>()
  for (const { number, states } of folds) {
    for (const { spec, at } of states) {
      for (const lane of LANES[spec.kind]) {
        const name = `${lane}_${at}`
        const cases = columns.get(name) ?? []
        cases.push(`WHEN ${number} THEN ${broughtSql(lane, spec)}`)
        columns.set(name, cases)
      }
    }
  }
  return [...columns].map(([name, cases]) => `CASE k.m ${cases.join(' ')} END AS ${name}`)
}

function broughtSql(lane: Lane, spec: AggregateSpec): string {
  const { where, field } = spec
  const tests = where === undefined ? [] : [whereSql(where)]
  if (spec.kind === 'count' && field !== undefined) tests.push(`${columnOf(field)} IS NOT NULL`)
  const value = valueSql(lane, spec)
  return tests.length === 0 ? value : `CASE WHEN ${tests.join(' AND ')} THEN ${value} END`
}

function valueSql(lane: Lane, { kind, field = '', digits }: AggregateSpec): string {
  const column = columnOf(field)
  const scale = scaleOf(digits)
  switch (lane) {
    case 'total':
      if (kind === 'count') return 'floor(w + 0.5D)'
      return `floor(w * ${column} * ${numberSql(scale)} + 0.5D)`
    case 'error': {
      const finer = kind === 'count' ? '1D * 100D' : `${column} * ${numberSql(scale * 100)}`
      return `sign * floor(root * ${finer} + 0.5D)`
    }
    case 'mean':
      return `floor(${column} * 1000D + 0.5D)`
    case 'bucket':
      return bucketOf(field)
    default:
      return column
  }
}

/** The states of a group in a slice, as expressions over those columns. */
export function aggregateColumns(
  folds: readonly Fold[],
  weights: readonly number[],
): readonly string[] {
  const widths = new Map<Lane, number>()
  for (const { states } of folds) {
    for (const { spec, at } of states) {
      for (const lane of LANES[spec.kind]) {
        widths.set(lane, Math.max(widths.get(lane) ?? 0, at + 1))
      }
    }
  }
  return [...widths].flatMap(([lane, width]) =>
    Array.from({ length: width }, (_, at) => gatheredSql(lane, at, weights)).flat(),
  )
}

function gatheredSql(lane: Lane, at: number, weights: readonly number[]): readonly string[] {
  const column = `${lane}_${at}`
  switch (lane) {
    case 'total':
      // Doubles, as in our engine: exact up to 2^53 in any order, and nothing that overflows.
      return [`sum(CAST(${column} AS DOUBLE)) AS ${column}`]
    case 'mean':
      return [`sum(CAST(${column} AS DOUBLE)) AS ${column}`, `count(${column}) AS ${column}_count`]
    case 'error':
      return [
        `tuple_sketch_agg_double(bucket, ${column}, 7, 'sum') ${isThere(column)} AS ${column}`,
      ]
    case 'min':
      return [`min(${column}) AS ${column}`]
    case 'max':
      return [`max(${column}) AS ${column}`]
    case 'bucket':
      return [`approx_top_k(${column}, 8192, 8192) ${isThere(column)} AS ${column}`]
    case 'value':
      return weights.map((weight, i) => {
        const rows = isThere(column, ` AND distinct_w = ${numberSql(weight)}`)
        return `hll_sketch_agg(${column}, 12) ${rows} AS ${column}_${i}`
      })
  }
}

const isThere = (column: string, and = ''): string => `FILTER (WHERE ${column} IS NOT NULL${and})`

/** The members of `states` in a JSON pane, as pairs for `named_struct` (spark.md 5.3). */
export function stateMembers(
  { states }: Fold,
  monitor: MonitorSpec,
  weights: readonly number[],
): readonly string[] {
  return monitor.aggregates.flatMap((spec) => {
    const state = states.find((each) => stateName(each.spec) === stateName(spec))
    assert(state !== undefined, 'a fold has the states of all its monitors')
    return membersOf(spec, state.at, weights)
  })
}

function membersOf(spec: AggregateSpec, at: number, weights: readonly number[]): readonly string[] {
  const { name } = spec
  const member = (suffix: string, value: string): string => `${textSql(name + suffix)}, ${value}`
  switch (spec.kind) {
    case 'count':
    case 'sum':
      return [
        member(spec.digits === 0 ? '' : '.units', unitsSql(`total_${at}`)),
        member('.e', `CASE WHEN sampled THEN coalesce(base64(error_${at}), '') END`),
      ]
    case 'mean':
      return [member('.sum.units', unitsSql(`mean_${at}`)), member('.count', `mean_${at}_count`)]
    case 'quantile':
      return [member('', `transform(bucket_${at}, z -> array(CAST(z.item AS BIGINT), z.count))`)]
    case 'distinct': {
      const sketches = weights.map((weight, i) => {
        const sketch = `value_${at}_${i}`
        const some = `CASE WHEN hll_sketch_estimate(${sketch}) > 0 THEN base64(${sketch}) END`
        return `${textSql(String(weight))}, ${some}`
      })
      return [member('', `named_struct(${sketches.join(', ')})`)]
    }
    default:
      return [member('', `${spec.kind}_${at}`)]
  }
}

/** A number of units as an integer; `floor` ends at ± 2^63, where the reader calls it inexact. */
const unitsSql = (units: string): string => `floor(${units})`
