import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Expression } from '../model/expression.ts'
import { compileGradient } from './gradient.ts'

const SLOTS = new Map([
  ['a', 0],
  ['b', 1],
  ['c', 2],
])

const leaf: fc.Arbitrary<Expression> = fc.oneof(
  fc.constantFrom('a', 'b', 'c').map((name) => ({ op: 'name', name }) as const),
  fc.integer({ min: 1, max: 9 }).map((value) => ({ op: 'number', value }) as const),
)
const { tree } = fc.letrec<{ tree: Expression }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    tie('tree').map((operand) => ({ op: 'negate', operand }) as const),
    fc
      .tuple(fc.constantFrom('+', '-', '*', '/'), tie('tree'), tie('tree'))
      .map(([op, left, right]) => ({ op, left, right })),
  ),
}))

function valueOf(expression: Expression, at: readonly number[]): number {
  if (expression.op === 'number') return expression.value
  if (expression.op === 'name') return at[SLOTS.get(expression.name)!]!
  if (expression.op === 'negate') return -valueOf(expression.operand, at)
  assert.ok('left' in expression && 'right' in expression)
  const [a, b] = [valueOf(expression.left, at), valueOf(expression.right, at)]
  if (expression.op === '+') return a + b
  if (expression.op === '-') return a - b
  return expression.op === '*' ? a * b : a / b
}

test('[S5] the slopes of a value are the limits of its differences', () => {
  const point = [1.7, 2.3, 3.1]
  fc.assert(
    fc.property(tree, (expression) => {
      const slopes = new Float64Array(3)
      compileGradient(expression, SLOTS)(Float64Array.from(point), slopes, 1)

      for (let slot = 0; slot < 3; slot++) {
        const step = 1e-6
        const moved = (by: number) =>
          valueOf(
            expression,
            point.map((value, i) => (i === slot ? value + by : value)),
          )
        const difference = (moved(step) - moved(-step)) / (2 * step)
        // Differences of steep expressions are themselves inexact.
        if (!Number.isFinite(difference) || Math.abs(moved(0)) > 1e4) continue
        assert.ok(Math.abs(slopes[slot]! - difference) <= 1e-3 * (1 + Math.abs(difference)))
      }
    }),
    { seed: 4, numRuns: 300 },
  )
})
