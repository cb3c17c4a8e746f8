import type { Expression } from '../model/expression.ts'
import { assert } from '../std/assert.ts'
import { columnOf, numberSql, textSql } from './compile-text.ts'

export type ReadField = { readonly name: string; readonly kind: 'number' | 'text' }

const OPERATORS: Readonly<Record<string, string>> = {
  '==': '=',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
}

/**
 * A row test as a condition: true exactly where the test holds, else false or NULL. A comparison
 * with an absent field is NULL, which AND and OR treat like our false; under NOT it has to be false
 * (Z8).
 */
export function whereSql(test: Expression): string {
  switch (test.op) {
    case 'bool':
      return test.value ? 'TRUE' : 'FALSE'
    case '&&':
      return `(${chainOf(test, '&&').map(whereSql).join(' AND ')})`
    case '||':
      return `(${chainOf(test, '||').map(whereSql).join(' OR ')})`
    case '!':
      return `NOT coalesce(${whereSql(test.operand)}, FALSE)`
    case 'in':
      return inSql(test.left, test.list)
    default: {
      const operator = OPERATORS[test.op]
      assert('left' in test && 'right' in test, 'config admits no other row test')
      assert(operator !== undefined, 'config admits no arithmetic in a row test')
      return `${sideSql(test.left)} ${operator} ${sideSql(test.right)}`
    }
  }
}

/**
 * The tests that one operator joins, in order. Spark reads a long chain of them without recursion,
 * and one parenthesis within the other with it.
 */
function chainOf(test: Expression, operator: '&&' | '||'): readonly Expression[] {
  if (test.op !== operator) return [test]
  return [...chainOf(test.left, operator), ...chainOf(test.right, operator)]
}

/** How deep parentheses of `whereSql` lie within one another. */
export function depthOfTest(test: Expression): number {
  if (test.op === '!') return 1 + depthOfTest(test.operand)
  if (test.op !== '&&' && test.op !== '||') return 1
  return 1 + Math.max(...chainOf(test, test.op).map(depthOfTest))
}

function inSql(left: Expression, list: readonly Expression[]): string {
  if (list.length === 0) return 'FALSE'
  return `${sideSql(left)} IN (${list.map(sideSql).join(', ')})`
}

function sideSql(side: Expression): string {
  if (side.op === 'name') return columnOf(side.name)
  if (side.op === 'text') return textSql(side.value)
  return numberSql(numberOf(side))
}

function numberOf(side: Expression): number {
  if (side.op === 'negate') return -numberOf(side.operand)
  assert(side.op === 'number', 'one side of a row test is a field, the other a literal')
  return side.value
}

/** The fields that a row test reads, and as what: as text where they are compared with text. */
export function fieldsOfTest(test: Expression): readonly ReadField[] {
  if (test.op === '!') return fieldsOfTest(test.operand)
  if (test.op === '&&' || test.op === '||') {
    return [...fieldsOfTest(test.left), ...fieldsOfTest(test.right)]
  }
  const sides =
    test.op === 'in' ? [test.left, ...test.list] : 'right' in test ? [test.left, test.right] : []
  const kind = sides.some((side) => side.op === 'text') ? 'text' : 'number'
  return sides.flatMap((side) => (side.op === 'name' ? [{ name: side.name, kind }] : []))
}
