import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileCondition, compileNumber } from './compile-expression.ts'
import { parseExpression, type Names } from './expression.ts'

const slots = {
  numbers: new Map([
    ['a', 0],
    ['b', 1],
  ]),
  texts: new Map([['stream', 0]]),
}
const names: Names = { a: 'number', b: 'number', stream: 'text' }

type Given = { a?: number; b?: number; stream?: string }
const at = ({ a = NaN, b = NaN }: Given) => Float64Array.of(a, b)

function parsed(source: string, kind: 'values' | 'condition') {
  const result = parseExpression(source, { kind, names })
  assert.ok(result.ok)
  return result.expression
}
const number = (source: string, given: Given) =>
  compileNumber(parsed(source, 'values'), slots.numbers)(at(given))
const truth = (source: string, given: Given) =>
  compileCondition(parsed(source, 'condition'), slots)(at(given), [given.stream])

test('[V2] a value that cannot be computed is NaN, never zero', () => {
  assert.equal(number('a / b', { a: 1, b: 4 }), 0.25)
  assert.equal(number('-a + 2 * b - 1', { a: 1, b: 4 }), 6)
  assert.equal(number('a / b', { a: 0, b: 0 }), NaN)
  assert.equal(number('a / b', { a: 1, b: 0 }), NaN)
  assert.equal(number('a / b', { a: 1 }), NaN)
  assert.equal(number('a * b', { a: 1e300, b: 1e300 }), NaN)
})

const cases: readonly (readonly [string, Given, string])[] = [
  ['a > 1', { a: 2 }, 'true'],
  ['a >= 1', { a: 1 }, 'true'],
  ['a < 1', { a: 1 }, 'false'],
  ['a <= 1', { a: 1 }, 'true'],
  ['a == 1', { a: 1 }, 'true'],
  ['a != 1', { a: 1 }, 'false'],
  ['a != 1', {}, 'unknown'],
  ['!(a > 1)', {}, 'unknown'],
  ['!(a > 1)', { a: 0 }, 'true'],
  ['a > 1 && b > 1', { a: 0 }, 'false'],
  ['b > 1 && a > 1', { a: 0 }, 'false'],
  ['a > 1 && b > 1', { a: 2 }, 'unknown'],
  ['a > 1 || b > 1', { a: 2 }, 'true'],
  ['b > 1 || a > 1', { a: 2 }, 'true'],
  ['a > 1 || b > 1', { a: 0 }, 'unknown'],
  ['a in [1, 2]', { a: 2 }, 'true'],
  ['a in [1, 2]', { a: 3 }, 'false'],
  ['a in [1, 2]', {}, 'unknown'],
  ['stream in ["x"]', { stream: 'x' }, 'true'],
  ['stream in ["x"]', { stream: 'y' }, 'false'],
  ['stream in ["x"]', {}, 'unknown'],
  ['stream == "x"', { stream: 'x' }, 'true'],
  ['"x" != stream', { stream: 'x' }, 'false'],
  ['stream != "x"', {}, 'unknown'],
  ['true', {}, 'true'],
  ['false', {}, 'false'],
]

for (const [source, given, expected] of cases) {
  test(`[A16] ${source} with ${JSON.stringify(given)} is ${expected}`, () => {
    assert.equal(truth(source, given), expected)
  })
}

test('[A14] a number that is not finite from defined operands is an error', () => {
  assert.equal(truth('a * b > 1', { a: 1e300, b: 1e300 }), 'error')
  assert.equal(truth('a * b - a * b > 1', { a: 1e300, b: 1e300 }), 'error')
  assert.equal(truth('a * 10 in [1]', { a: 1e308 }), 'error')
  assert.equal(truth('a * 10 > 1 || b > 1', { a: 1e308 }), 'error')
  assert.equal(truth('a * 10 > 1 || b > 1', { a: 1e308, b: 2 }), 'true')
})
