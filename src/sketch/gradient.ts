import type { Expression } from '../model/expression.ts'
import { assert } from '../std/assert.ts'

/** Adds `seed` times the expression's slope along each slot to `slopes`, at these values. */
export type Gradient = (values: Float64Array, slopes: Float64Array, seed: number) => void

type Node = { readonly value: (values: Float64Array) => number; readonly back: Gradient }

/**
 * How a value moves with each aggregate it is made of, by reverse accumulation (Griewank and
 * Walther, Evaluating Derivatives, 2008): the slopes that carry errors of aggregates over to the
 * value (Taylor linearisation: Wolter, Introduction to Variance Estimation, 2007, chapter 6).
 * Not finite where the value is not, as behind a division by zero.
 */
export const compileGradient = (
  expression: Expression,
  slots: ReadonlyMap<string, number>,
): Gradient => compile(expression, slots).back

function compile(expression: Expression, slots: ReadonlyMap<string, number>): Node {
  switch (expression.op) {
    case 'number': {
      const { value } = expression
      return { value: () => value, back: () => {} }
    }
    case 'name': {
      const slot = slots.get(expression.name)
      assert(slot !== undefined, 'each name of a checked expression has a slot')
      return {
        value: (values) => values[slot]!,
        back: (_, slopes, seed) => {
          slopes[slot]! += seed
        },
      }
    }
    case 'negate': {
      const { value, back } = compile(expression.operand, slots)
      return {
        value: (values) => -value(values),
        back: (values, slopes, seed) => back(values, slopes, -seed),
      }
    }
    default:
      assert('left' in expression && 'right' in expression, 'values are arithmetic: checked')
      return binary(
        expression.op,
        compile(expression.left, slots),
        compile(expression.right, slots),
      )
  }
}

function binary(op: string, left: Node, right: Node): Node {
  const { value: a, back: intoA } = left
  const { value: b, back: intoB } = right
  switch (op) {
    case '+':
    case '-': {
      const sign = op === '+' ? 1 : -1
      return {
        value: (values) => a(values) + sign * b(values),
        back: (values, slopes, seed) => {
          intoA(values, slopes, seed)
          intoB(values, slopes, sign * seed)
        },
      }
    }
    case '*':
      return {
        value: (values) => a(values) * b(values),
        back: (values, slopes, seed) => {
          intoA(values, slopes, seed * b(values))
          intoB(values, slopes, seed * a(values))
        },
      }
    default:
      assert(op === '/', 'the parser lets + - * / through only')
      return {
        value: (values) => a(values) / b(values),
        back: (values, slopes, seed) => {
          const below = b(values)
          intoA(values, slopes, seed / below)
          intoB(values, slopes, (-seed * a(values)) / (below * below))
        },
      }
  }
}
