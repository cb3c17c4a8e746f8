import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Expression } from '../../model/expression.ts'
import { expressionText } from './expression-text.ts'

const a: Expression = { op: 'name', name: 'a' }
const number = (value: number): Expression => ({ op: 'number', value })

test('an expression reads as its author could have written it', () => {
  const above: Expression = { op: '>', left: a, right: number(4.5) }
  const cases: readonly (readonly [Expression, string])[] = [
    [above, 'a > 4.5'],
    [{ op: '&&', left: above, right: { op: '!', operand: above } }, '(a > 4.5) && !(a > 4.5)'],
    [{ op: 'negate', operand: number(2) }, '-2'],
    [{ op: 'in', left: a, list: [{ op: 'text', value: 'x"y' }, number(1)] }, 'a in ["x\\"y", 1]'],
    [{ op: 'base', name: 'a', spanMs: 300_000 }, 'base(a, 5m)'],
    [{ op: 'bool', value: true }, 'true'],
  ]
  for (const [expression, text] of cases) assert.equal(expressionText(expression), text)
})
