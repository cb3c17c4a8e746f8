import type { Expression } from '../../model/expression.ts'
import type { MonitorSpec, RuleSpec } from '../../model/monitor.ts'
import type { ThresholdView } from '../contract.ts'

type Bound = Pick<ThresholdView, 'name' | 'value' | 'op'>

const MIRRORED = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const

const isOrder = (op: string): op is ThresholdView['op'] => op in MIRRORED

/** Comparisons of one name with one number anywhere in an expression; others draw no line. */
function bounds(expression: Expression): readonly Bound[] {
  const { op } = expression
  if (op === '&&' || op === '||') {
    return [...bounds(expression.left), ...bounds(expression.right)]
  }
  if (!isOrder(op) || !('left' in expression) || !('right' in expression)) return []
  const { left, right } = expression
  if (left.op === 'name' && right.op === 'number') {
    return [{ name: left.name, value: right.value, op }]
  }
  if (left.op === 'number' && right.op === 'name') {
    return [{ name: right.name, value: left.value, op: MIRRORED[op] }]
  }
  return []
}

const ofRule = (rule: RuleSpec): readonly ThresholdView[] =>
  rule.levels.flatMap(({ severity, when }) =>
    bounds(when).map((bound) => ({ ...bound, level: severity, alert: rule.alert })),
  )

/** The constants that a monitor's rules judge by, in the order of the rules: lines in a chart. */
export const thresholdsOf = (monitor: MonitorSpec): readonly ThresholdView[] =>
  monitor.rules.flatMap(ofRule)

/** Every value of a monitor's windows, what its rules judge first. */
export function namesByThreshold(monitor: MonitorSpec): readonly string[] {
  const all = [...monitor.values, ...monitor.aggregates].map(({ name }) => name)
  const judged = thresholdsOf(monitor).map(({ name }) => name)
  return [...new Set([...judged.filter((name) => all.includes(name)), ...all])]
}
