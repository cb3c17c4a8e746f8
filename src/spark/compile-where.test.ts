import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Expression } from '../model/expression.ts'
import { textSql } from './compile-text.ts'
import { depthOfTest, fieldsOfTest, whereSql } from './compile-where.ts'

const field = (name: string): Expression => ({ op: 'name', name })
const text = (value: string): Expression => ({ op: 'text', value })
const number = (value: number): Expression => ({ op: 'number', value })
const isTcp: Expression = { op: '==', left: field('src'), right: text('tcp') }
const isSlow: Expression = { op: '>=', left: field('rtt_ms'), right: number(40) }

const CASES: readonly (readonly [Expression, string])[] = [
  [isTcp, "f_src = 'tcp'"],
  [{ op: '!=', left: text("o'b"), right: field('pop') }, "CAST(X'6f2762' AS STRING) <> f_pop"],
  [{ op: '<', left: number(1.5), right: field('x') }, '1.5D < f_x'],
  [{ op: '>', left: field('x'), right: { op: 'negate', operand: number(1) } }, 'f_x > -1D'],
  [{ op: '&&', left: isTcp, right: isSlow }, "(f_src = 'tcp' AND f_rtt_ms >= 40D)"],
  [{ op: '||', left: isTcp, right: isSlow }, "(f_src = 'tcp' OR f_rtt_ms >= 40D)"],
  [{ op: '!', operand: isTcp }, "NOT coalesce(f_src = 'tcp', FALSE)"],
  [{ op: 'in', left: field('pop'), list: [text('a'), text('b')] }, "f_pop IN ('a', 'b')"],
  [{ op: 'in', left: field('pop'), list: [] }, 'FALSE'],
  [{ op: 'bool', value: true }, 'TRUE'],
]

for (const [test_, sql] of CASES) {
  test(`[Z8] a row test is compiled to ${sql}`, () => assert.equal(whereSql(test_), sql))
}

test('[Z8] a chain of one operator is one parenthesis, however long', () => {
  const both: Expression = { op: '&&', left: isTcp, right: isSlow }
  const chain: Expression = { op: '||', left: { op: '||', left: both, right: isTcp }, right: both }
  const pair = "(f_src = 'tcp' AND f_rtt_ms >= 40D)"

  assert.equal(whereSql(chain), `(${pair} OR f_src = 'tcp' OR ${pair})`)
  const long = Array<Expression>(500).fill(isTcp)
  assert.equal(depthOfTest(long.reduce((left, right) => ({ op: '||', left, right }))), 2)
})

test('[Z8] a field is text where it is compared with text, and a number elsewhere', () => {
  const both: Expression = { op: '||', left: { op: '!', operand: isTcp }, right: isSlow }

  assert.deepEqual(fieldsOfTest(both), [
    { name: 'src', kind: 'text' },
    { name: 'rtt_ms', kind: 'number' },
  ])
})

test('[Z6] no text is ever spliced in that could end or escape a literal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (any) => {
      assert.match(textSql(any), /^'[^'\\]*'$|^CAST\(X'[0-9a-f]*' AS STRING\)$/)
    }),
  )
})
