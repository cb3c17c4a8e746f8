import { compileNumber, type TextSlots } from '../alert/compile-expression.ts'
import { compileRule, type CompiledRule } from '../alert/compile-rule.ts'
import type { MonitorSpec } from '../model/monitor.ts'
import type { Group } from '../model/pane.ts'
import { aggregateState, type AggregateState } from '../sketch/aggregate-state.ts'
import { sliceMsOf } from '../window/slice.ts'

/** A monitor ready to turn merged panes into values and ticks; compiled once. */
export type CompiledMonitor = {
  readonly spec: MonitorSpec
  readonly sliceMs: number
  readonly rules: readonly CompiledRule[]
  /** Names by slot: aggregates first, then values. */
  readonly names: readonly string[]
  /** Results by slot, NaN = undefined (A16). */
  readonly valuesOf: (states: readonly AggregateState[]) => Float64Array
  readonly textsOf: (group: Group) => TextSlots
}

/** Compiles a monitor's values and rules to closures over slots. */
export function compileMonitor(spec: MonitorSpec): CompiledMonitor {
  const names = [
    ...spec.aggregates.map((aggregate) => aggregate.name),
    ...spec.values.map((value) => value.name),
  ]
  const numbers = new Map(names.map((name, slot) => [name, slot]))
  const texts = new Map(spec.groupBy.map((name, slot) => [name, slot]))
  const values = spec.values.map(({ expression }) => compileNumber(expression, numbers))
  const valuesOf = (states: readonly AggregateState[]): Float64Array => {
    const slots = new Float64Array(names.length).fill(NaN)
    spec.aggregates.forEach((aggregate, i) => {
      slots[i] = aggregateState.result(aggregate, states[i]!) ?? NaN
    })
    // In order: a value may use those written above it.
    values.forEach((valueOf, i) => (slots[spec.aggregates.length + i] = valueOf(slots)))
    return slots
  }
  return {
    spec,
    sliceMs: sliceMsOf(spec.window),
    rules: spec.rules.map((rule) => compileRule(rule, spec.window.hopMs, { numbers, texts })),
    names,
    valuesOf,
    textsOf: (group) => group.map((value) => value ?? undefined),
  }
}

/** Defined values by name: what a window record and a step show. */
export function namedValues(
  names: readonly string[],
  values: Float64Array,
): Readonly<Record<string, number>> {
  const named: Record<string, number> = {}
  names.forEach((name, slot) => {
    if (Number.isFinite(values[slot])) named[name] = values[slot]!
  })
  return named
}
