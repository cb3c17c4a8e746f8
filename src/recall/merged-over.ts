import { compileNumber } from '../alert/compile-expression.ts'
import type { AggregateSpec, MonitorSpec } from '../model/monitor.ts'
import type { RollUp } from '../model/roll-up.ts'
import type { WindowResult } from '../model/window-result.ts'
import { aggregateState, type AggregateState } from '../sketch/aggregate-state.ts'

/** `retrans`, or `p50(rtt)` where another percentile of a quantile is asked for. */
const percentileName = (aggregate: string, percentile: number): string =>
  `p${percentile}(${aggregate})`

/**
 * A result of roll-ups taken together: all aggregates and values of the monitor over their whole
 * time, distinct counts across it, and another percentile of each quantile (T7). Undefined where
 * no row has states of this monitor's definition.
 */
export function mergedOver(
  monitor: MonitorSpec,
  rows: readonly (WindowResult | RollUp)[],
  percentile?: number,
): Readonly<Record<string, number>> | undefined {
  const { aggregates } = monitor
  let merged: AggregateState[] | undefined
  for (const row of rows) {
    const states = statesOf(monitor, row)
    if (states === undefined) continue
    const before = merged
    merged = states.map((state, i) =>
      before === undefined ? state : aggregateState.merge(aggregates[i]!, before[i]!, state),
    )
  }
  if (merged === undefined) return undefined
  return { ...valuesOf(monitor, merged), ...percentilesOf(aggregates, merged, percentile) }
}

/** A percentile of each of the monitor's quantiles in one roll-up; nothing of a window (T7). */
export function percentileOf(
  monitor: MonitorSpec,
  row: WindowResult | RollUp,
  percentile: number,
): Readonly<Record<string, number>> {
  const states = statesOf(monitor, row)
  return states === undefined ? {} : percentilesOf(monitor.aggregates, states, percentile)
}

function statesOf(
  { aggregates, definition }: MonitorSpec,
  row: WindowResult | RollUp,
): readonly AggregateState[] | undefined {
  if (!('states' in row) || row.definition !== definition) return undefined
  if (row.states.length !== aggregates.length) return undefined
  const states = aggregates.map((spec, i) => aggregateState.decode(spec, row.states[i]!))
  return states.every((state) => state !== undefined) ? states : undefined
}

function valuesOf(
  { aggregates, values }: MonitorSpec,
  states: readonly AggregateState[],
): Readonly<Record<string, number>> {
  const names = [...aggregates, ...values].map(({ name }) => name)
  const numbers = new Map(names.map((name, slot) => [name, slot]))
  const slots = new Float64Array(names.length)
  for (const [i, spec] of aggregates.entries()) {
    slots[i] = aggregateState.result(spec, states[i]!) ?? NaN
  }
  for (const [i, { expression }] of values.entries()) {
    slots[aggregates.length + i] = compileNumber(expression, numbers)(slots)
  }
  const known = names.map((name, slot) => [name, slots[slot]!] as const)
  return Object.fromEntries(known.filter(([, value]) => Number.isFinite(value)))
}

function percentilesOf(
  aggregates: readonly AggregateSpec[],
  states: readonly AggregateState[],
  percentile: number | undefined,
): Readonly<Record<string, number>> {
  if (percentile === undefined) return {}
  const found = aggregates.flatMap((spec, i) => {
    if (spec.kind !== 'quantile') return []
    const value = aggregateState.result({ ...spec, q: percentile / 100 }, states[i]!)
    return value === undefined ? [] : [[percentileName(spec.name, percentile), value] as const]
  })
  return Object.fromEntries(found)
}
