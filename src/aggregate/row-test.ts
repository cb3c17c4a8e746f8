import { assert } from '../std/assert.ts'
import type { Expression } from '../model/expression.ts'
import type { WantedField } from '../wire/field-plan.ts'
import type { FieldBatch } from './field-batch.ts'

/** Whether one row of the batch is taken; a comparison with an absent field is false. */
export type RowTest = (batch: FieldBatch, row: number) => boolean

type Comparison = Extract<Expression, { left: Expression; right: Expression }>

const MIRRORED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

/** Compiles a checked `where` to tests over columns: no object per row, no parsing per row. */
export function compileRowTest(expression: Expression, batch: FieldBatch): RowTest {
  switch (expression.op) {
    case 'bool': {
      const value = expression.value
      return () => value
    }
    case '&&': {
      const left = compileRowTest(expression.left, batch)
      const right = compileRowTest(expression.right, batch)
      return (b, row) => left(b, row) && right(b, row)
    }
    case '||': {
      const left = compileRowTest(expression.left, batch)
      const right = compileRowTest(expression.right, batch)
      return (b, row) => left(b, row) || right(b, row)
    }
    case '!': {
      const inner = compileRowTest(expression.operand, batch)
      return (b, row) => !inner(b, row)
    }
    case 'in': {
      const equal = expression.list.map((item) =>
        compileRowTest({ op: '==', left: expression.left, right: item }, batch),
      )
      return (b, row) => equal.some((test) => test(b, row))
    }
    default:
      assert('left' in expression && 'right' in expression, 'config admits no other row test')
      return compileComparison(expression, batch)
  }
}

function compileComparison(expression: Comparison, batch: FieldBatch): RowTest {
  const named = expression.left.op === 'name'
  const [side, literal] = named
    ? [expression.left, literalOf(expression.right)]
    : [expression.right, literalOf(expression.left)]
  assert(side.op === 'name', 'one side of a row test is a field')
  const field = batch.field(side.name)
  const op = named ? expression.op : (MIRRORED[expression.op] ?? expression.op)
  if (typeof literal === 'number') return compareNumber({ field, op, literal })
  const id = batch.literal(literal)
  assert(op === '==' || op === '!=', 'texts are compared for equality')
  if (op === '==') return (b, row) => b.ids[field]![row]! === id
  return (b, row) => b.ids[field]![row]! >= 0 && b.ids[field]![row]! !== id
}

function compareNumber(test: { field: number; op: string; literal: number }): RowTest {
  const { field, literal } = test
  switch (test.op) {
    case '==':
      return (b, row) => b.has(field, row) && b.numbers[field]![row]! === literal
    case '!=':
      return (b, row) => b.has(field, row) && b.numbers[field]![row]! !== literal
    case '<':
      return (b, row) => b.has(field, row) && b.numbers[field]![row]! < literal
    case '<=':
      return (b, row) => b.has(field, row) && b.numbers[field]![row]! <= literal
    case '>':
      return (b, row) => b.has(field, row) && b.numbers[field]![row]! > literal
    default:
      assert(test.op === '>=', 'config admits no other comparison')
      return (b, row) => b.has(field, row) && b.numbers[field]![row]! >= literal
  }
}

function literalOf(expression: Expression): number | string {
  if (expression.op === 'negate') {
    const inner = literalOf(expression.operand)
    assert(typeof inner === 'number', 'only a number is negated')
    return -inner
  }
  assert(expression.op === 'number' || expression.op === 'text', 'one side is a literal')
  return expression.value
}

/** The fields that a row test reads, with the kind that it reads them as. */
export function fieldsOfRowTest(expression: Expression): readonly WantedField[] {
  switch (expression.op) {
    case 'in':
      return expression.list.flatMap((item) =>
        fieldsOfRowTest({ op: '==', left: expression.left, right: item }),
      )
    case '!':
      return fieldsOfRowTest(expression.operand)
    case '&&':
    case '||':
      return [...fieldsOfRowTest(expression.left), ...fieldsOfRowTest(expression.right)]
    default: {
      if (!('left' in expression) || !('right' in expression)) return []
      const sides = [expression.left, expression.right]
      const kind = sides.some((side) => side.op === 'text') ? 'text' : 'number'
      return sides.flatMap((side) => (side.op === 'name' ? [{ name: side.name, kind }] : []))
    }
  }
}

/** The text literals of a row test: interned first, so that their ids never change. */
export function literalsOfRowTest(expression: Expression): readonly string[] {
  if (expression.op === 'text') return [expression.value]
  if (expression.op === '!' || expression.op === 'negate')
    return literalsOfRowTest(expression.operand)
  if (expression.op === 'in')
    return [expression.left, ...expression.list].flatMap(literalsOfRowTest)
  if ('left' in expression && 'right' in expression)
    return [...literalsOfRowTest(expression.left), ...literalsOfRowTest(expression.right)]
  return []
}
