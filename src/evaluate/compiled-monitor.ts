import { compileNumber, type TextSlots } from '../alert/compile-expression.ts'
import { compileRule, type CompiledRule } from '../alert/compile-rule.ts'
import type { MonitorSpec } from '../model/monitor.ts'
import type { Group } from '../model/pane.ts'
import { compileErrorBars, type ErrorBarsOf } from '../sketch/error-bars.ts'
import { sliceMsOf } from '../window/slice.ts'
import { PastTerms } from './past/past-terms.ts'

/** A monitor ready to turn merged panes into values and ticks; compiled once. */
export type CompiledMonitor = {
  readonly spec: MonitorSpec
  readonly sliceMs: number
  readonly definitionHigh: number
  readonly definitionLow: number
  readonly rules: readonly CompiledRule[]
  /** Names by slot: aggregates first, then values. */
  readonly names: readonly string[]
  /** What rules ask of the past: slots behind the values (H2). */
  readonly past: PastTerms
  /** Fills the slots of the named values from those of the aggregates; NaN = undefined (A16). */
  readonly derive: (slots: Float64Array) => void
  /** Errors of all slots, where rows of a sample are in the states (S2). */
  readonly errorBars: ErrorBarsOf
  readonly textsOf: (group: Group) => TextSlots
}

/** Compiles a monitor's values and rules to closures over slots. */
export function compileMonitor(spec: MonitorSpec): CompiledMonitor {
  const names = [
    ...spec.aggregates.map((aggregate) => aggregate.name),
    ...spec.values.map((value) => value.name),
  ]
  const past = new PastTerms(spec.rules, names.length)
  const numbers = new Map([...names.map((name, slot) => [name, slot] as const), ...past.slots])
  const texts = new Map(spec.groupBy.map((name, slot) => [name, slot]))
  const values = spec.values.map(({ expression }) => compileNumber(expression, numbers))
  const first = spec.aggregates.length
  return {
    spec,
    sliceMs: sliceMsOf(spec.window),
    definitionHigh: parseInt(spec.definition.slice(0, 8), 16),
    definitionLow: parseInt(spec.definition.slice(8), 16),
    rules: spec.rules.map((rule) => compileRule(rule, spec.window.hopMs, { numbers, texts })),
    names,
    past,
    // In order: a value may use those written above it.
    derive: (slots) => {
      for (let i = 0; i < values.length; i++) slots[first + i] = values[i]!(slots)
    },
    errorBars: compileErrorBars(spec),
    textsOf,
  }
}

/** The group itself where each label is there, as nearly always. */
const textsOf = (group: Group): TextSlots =>
  isWhole(group) ? group : group.map((value) => value ?? undefined)

const isWhole = (group: Group): group is readonly string[] => !group.includes(null)
