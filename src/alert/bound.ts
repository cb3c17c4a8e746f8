import type { RuleSpec } from '../model/monitor.ts'
import type { Truth } from './compile-expression.ts'

/** Values and half of their 95 % intervals by slot, as a rule sees them of one window. */
type Estimated = { readonly values: Float64Array; readonly margins?: Float64Array }

/**
 * The numbers that `when` is read at and those at the other end of the interval (S6): the same
 * array where the rule has no bound or nothing is estimated. An unknown margin makes its value
 * undefined, which is NaN.
 */
export function endsRead(
  bound: RuleSpec['bound'],
  { values, margins }: Estimated,
): readonly [near: Float64Array, far: Float64Array] {
  if (bound === undefined || margins === undefined) return [values, values]
  const lower = values.map((value, slot) => value - margins[slot]!)
  const upper = values.map((value, slot) => value + margins[slot]!)
  return bound === 'lower' ? [lower, upper] : [upper, lower]
}

/** Whether what was asked at both ends holds at both, as Kleene's `and`; an error outweighs all. */
export function heldAtBoth(near: Truth, far: Truth): Truth {
  if (near === 'error' || far === 'error') return 'error'
  if (near === 'false' || far === 'false') return 'false'
  return near === 'unknown' ? near : far
}
