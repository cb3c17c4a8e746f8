import type { Expression } from '../model/expression.ts'
import type { AggregateSpec, RuleSpec } from '../model/monitor.ts'

/** Whether open windows may be tried (V3), or which part of the rule can become untrue again. */
export type Monotony =
  { readonly monotone: true } | { readonly monotone: false; readonly because: string }

/** What decides it: the monitor's aggregates, and which fields are never negative. */
export type MonotonyFacts = {
  readonly aggregates: readonly AggregateSpec[]
  /** Names of D and E measures: a negative one never reaches a sum (formats.md 1.3). */
  readonly neverNegative: ReadonlySet<string>
}

/** A distinct count is exact, hence only grows, as long as its sketch is a list (formats.md 5). */
const DISTINCT_EXACT_MAX = 256

/**
 * Whether a rule can only become truer as rows are added (V3): each `when` and the gate are `&&` of
 * `sum | count | max > constant`, sums over fields that are never negative. In a gate a distinct
 * count up to 256 is as good. Conservative: anything else waits for the window's close.
 */
export function monotony(
  rule: Pick<RuleSpec, 'levels' | 'gate'>,
  { aggregates, neverNegative }: MonotonyFacts,
): Monotony {
  if (rule.levels.length === 0) return { monotone: false, because: 'it judges silence alone' }
  const growing = new Set(aggregates.filter((a) => grows(a, neverNegative)).map(({ name }) => name))
  const distinct = new Set(
    aggregates.filter(({ kind }) => kind === 'distinct').map(({ name }) => name),
  )
  for (const { severity, when } of rule.levels) {
    if (!onlyRises(when, (name) => growing.has(name))) {
      return { monotone: false, because: `when of ${severity} can become untrue as rows are added` }
    }
  }
  const gateRises =
    rule.gate === undefined ||
    onlyRises(
      rule.gate,
      (name, constant) =>
        growing.has(name) || (distinct.has(name) && constant <= DISTINCT_EXACT_MAX),
    )
  if (!gateRises) return { monotone: false, because: 'gate can become untrue as rows are added' }
  return { monotone: true }
}

function grows({ kind, field }: AggregateSpec, neverNegative: ReadonlySet<string>): boolean {
  if (kind === 'count' || kind === 'max') return true
  return kind === 'sum' && field !== undefined && neverNegative.has(field)
}

type Grows = (name: string, constant: number) => boolean

function onlyRises(expression: Expression, growing: Grows): boolean {
  switch (expression.op) {
    case '&&':
      return onlyRises(expression.left, growing) && onlyRises(expression.right, growing)
    case '>':
    case '>=':
      return isAbove(expression.left, expression.right, growing)
    case '<':
    case '<=':
      return isAbove(expression.right, expression.left, growing)
    default:
      return false
  }
}

function isAbove(name: Expression, constant: Expression, growing: Grows): boolean {
  return name.op === 'name' && constant.op === 'number' && growing(name.name, constant.value)
}
