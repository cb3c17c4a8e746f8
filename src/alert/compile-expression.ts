import type { Expression } from '../model/expression.ts'
import { termText } from '../model/history-term.ts'
import { assert } from '../std/assert.ts'

/**
 * What a condition says. `unknown`: a value that it needs is undefined (A16). `error`: numbers that
 * are all defined gave one that is not finite (A14).
 */
export type Truth = 'true' | 'false' | 'unknown' | 'error'

/** Where each name lies: numbers in a Float64Array (NaN = undefined), texts in an array. */
export type Slots = {
  readonly numbers: ReadonlyMap<string, number>
  readonly texts: ReadonlyMap<string, number>
}

/** Texts by slot; undefined where the group lacks the label. */
export type TextSlots = readonly (string | undefined)[]

type NumberOf = (values: Float64Array) => number
type TruthOf = (values: Float64Array, texts: TextSlots) => Truth
type TextOf = (texts: TextSlots) => string | undefined

/**
 * One of the monitor's `values` as a closure over the slots. NaN where an operand is undefined or
 * the result is not finite: 0/0 and x/0 are unknown, never zero (V2).
 */
export function compileNumber(expression: Expression, numbers: Slots['numbers']): NumberOf {
  const raw = arithmetic(expression, numbers)
  return (values) => {
    const value = raw(values)
    return Number.isFinite(value) ? value : NaN
  }
}

/**
 * A `when`, `clear` or `gate` as a closure over the slots. Three-valued as Kleene's logic: an
 * unknown side counts only where the other side does not decide; an error outweighs an unknown.
 */
export function compileCondition(expression: Expression, slots: Slots): TruthOf {
  switch (expression.op) {
    case 'bool': {
      const truth = expression.value ? 'true' : 'false'
      return () => truth
    }
    case '!': {
      const operand = compileCondition(expression.operand, slots)
      return (values, texts) => not(operand(values, texts))
    }
    case '&&':
    case '||': {
      const decides = expression.op === '&&' ? 'false' : 'true'
      const left = compileCondition(expression.left, slots)
      const right = compileCondition(expression.right, slots)
      return (values, texts) => {
        const a = left(values, texts)
        return a === decides ? a : joined(a, right(values, texts), decides)
      }
    }
    case 'in':
      return membership(expression, slots)
    default:
      assert('left' in expression, 'a condition is made of truths: the parser checked its types')
      return comparison(expression, slots)
  }
}

const not = (truth: Truth): Truth =>
  truth === 'true' ? 'false' : truth === 'false' ? 'true' : truth

function joined(a: Truth, b: Truth, decides: Truth): Truth {
  if (b === decides) return b
  if (a === 'error' || b === 'error') return 'error'
  return a === 'unknown' ? a : b
}

const isText = (expression: Expression, slots: Slots): boolean =>
  expression.op === 'text' || (expression.op === 'name' && slots.texts.has(expression.name))

function comparison(
  expression: Extract<Expression, { left: Expression; right: Expression }>,
  slots: Slots,
): TruthOf {
  const { op, left, right } = expression
  if (isText(left, slots))
    return textComparison(op === '==', textOf(left, slots), textOf(right, slots))
  const a = arithmetic(left, slots.numbers)
  const b = arithmetic(right, slots.numbers)
  const holds = numberComparison(op)
  return (values) => {
    const x = a(values)
    const y = b(values)
    if (isBroken(x) || isBroken(y)) return 'error'
    if (x !== x || y !== y) return 'unknown'
    return holds(x, y) ? 'true' : 'false'
  }
}

const isBroken = (value: number): boolean => value === Infinity || value === -Infinity

function numberComparison(op: string): (a: number, b: number) => boolean {
  switch (op) {
    case '>':
      return (a, b) => a > b
    case '>=':
      return (a, b) => a >= b
    case '<':
      return (a, b) => a < b
    case '<=':
      return (a, b) => a <= b
    case '==':
      return (a, b) => a === b
    default:
      assert(op === '!=', 'the parser lets comparisons through only')
      return (a, b) => a !== b
  }
}

function textComparison(isEqual: boolean, a: TextOf, b: TextOf): TruthOf {
  return (_, texts) => {
    const x = a(texts)
    const y = b(texts)
    if (x === undefined || y === undefined) return 'unknown'
    return (x === y) === isEqual ? 'true' : 'false'
  }
}

function textOf(expression: Expression, slots: Slots): TextOf {
  if (expression.op === 'text') return () => expression.value
  assert(expression.op === 'name', 'texts are names or literals')
  const slot = slots.texts.get(expression.name)
  assert(slot !== undefined, 'each name of a checked expression has a slot')
  return (texts) => texts[slot]
}

function membership({ left, list }: Extract<Expression, { op: 'in' }>, slots: Slots): TruthOf {
  const items = new Set(
    list.map((item) => (item.op === 'text' || item.op === 'number' ? item.value : undefined)),
  )
  if (isText(left, slots)) {
    const text = textOf(left, slots)
    return (_, texts) => {
      const value = text(texts)
      return value === undefined ? 'unknown' : items.has(value) ? 'true' : 'false'
    }
  }
  const number = arithmetic(left, slots.numbers)
  return (values) => {
    const value = number(values)
    if (isBroken(value)) return 'error'
    return value !== value ? 'unknown' : items.has(value) ? 'true' : 'false'
  }
}

/** NaN = an operand is undefined; ±Infinity = it broke. `/` by zero is undefined, not broken. */
function arithmetic(expression: Expression, slots: Slots['numbers']): NumberOf {
  switch (expression.op) {
    case 'number': {
      const { value } = expression
      return () => value
    }
    case 'name': {
      const slot = slots.get(expression.name)
      assert(slot !== undefined, 'each name of a checked expression has a slot')
      return (values) => values[slot]!
    }
    case 'base':
    case 'same_hour':
    case 'trend':
    case 'over': {
      const slot = slots.get(termText(expression))
      assert(slot !== undefined, 'each term of a checked expression has a slot')
      return (values) => values[slot]!
    }
    case 'negate': {
      const operand = arithmetic(expression.operand, slots)
      return (values) => -operand(values)
    }
    default:
      assert(
        'left' in expression && 'right' in expression,
        'the parser refuses all else in a number',
      )
      return binary(
        expression.op,
        arithmetic(expression.left, slots),
        arithmetic(expression.right, slots),
      )
  }
}

function binary(op: string, left: NumberOf, right: NumberOf): NumberOf {
  switch (op) {
    case '+':
      return (values) => {
        const a = left(values)
        const b = right(values)
        return kept(a, b, a + b)
      }
    case '-':
      return (values) => {
        const a = left(values)
        const b = right(values)
        return kept(a, b, a - b)
      }
    case '*':
      return (values) => {
        const a = left(values)
        const b = right(values)
        return kept(a, b, a * b)
      }
    default:
      assert(op === '/', 'the parser lets + - * / through only')
      return (values) => {
        const a = left(values)
        const b = right(values)
        return b === 0 ? NaN : kept(a, b, a / b)
      }
  }
}

/** Infinity − Infinity is NaN and would pass for unknown: what broke stays broken. */
function kept(a: number, b: number, result: number): number {
  return result !== result && a === a && b === b ? Infinity : result
}
