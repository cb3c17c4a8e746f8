import { assert } from '../../std/assert.ts'
import type { Expression } from '../../model/expression.ts'
import type { FieldBatch } from '../rows/field-batch.ts'

/**
 * Keeps those of `rows[0 … count)` that pass a test, in place and in order; answers how many. Rows
 * rise. A comparison with an absent field is false.
 */
export type Narrowing = (rows: Int32Array, count: number) => number

type Comparison = Extract<Expression, { left: Expression; right: Expression }>

const MIRRORED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

/** Compiles a checked `where` to loops over the columns of a batch: no call and no object a row. */
export function compileNarrowing(test: Expression, batch: FieldBatch): Narrowing {
  switch (test.op) {
    case 'bool': {
      const { value } = test
      return (_rows, count) => (value ? count : 0)
    }
    case '&&': {
      const left = compileNarrowing(test.left, batch)
      const right = compileNarrowing(test.right, batch)
      return (rows, count) => right(rows, left(rows, count))
    }
    case '||':
      return eitherOf([test.left, test.right].map((side) => compileNarrowing(side, batch)))
    case '!':
      return allBut(compileNarrowing(test.operand, batch))
    case 'in':
      return eitherOf(
        test.list.map((item) =>
          compileNarrowing({ op: '==', left: test.left, right: item }, batch),
        ),
      )
    default:
      assert('left' in test && 'right' in test, 'config admits no other row test')
      return compileComparison(test, batch)
  }
}

/** Rows that pass any of the tests: each is asked only for the rows that none before it took. */
function eitherOf(tests: readonly Narrowing[]): Narrowing {
  const left = new RowList()
  const passed = new RowList()
  return (rows, count) => {
    left.copy(rows, count)
    for (const test of tests) {
      passed.copy(left.rows, left.count)
      passed.count = test(passed.rows, passed.count)
      left.count = without(left.rows, left.count, passed)
    }
    return without(rows, count, left)
  }
}

function allBut(test: Narrowing): Narrowing {
  const passed = new RowList()
  return (rows, count) => {
    passed.copy(rows, count)
    passed.count = test(passed.rows, count)
    return without(rows, count, passed)
  }
}

/** Room for rows that outlives the batch. */
class RowList {
  rows = new Int32Array(0)
  count = 0

  copy(rows: Int32Array, count: number): void {
    if (this.rows.length < count) this.rows = new Int32Array(rows.length)
    this.rows.set(rows.subarray(0, count))
    this.count = count
  }
}

/** Takes some of the rows away, in place; answers how many are left. */
function without(rows: Int32Array, count: number, some: RowList): number {
  let kept = 0
  let next = 0
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    if (next < some.count && some.rows[next] === row) next++
    else rows[kept++] = row
  }
  return kept
}

function compileComparison(test: Comparison, batch: FieldBatch): Narrowing {
  const named = test.left.op === 'name'
  const [side, literal] = named
    ? [test.left, literalOf(test.right)]
    : [test.right, literalOf(test.left)]
  assert(side.op === 'name', 'one side of a row test is a field')
  const field = batch.field(side.name)
  const op = named ? test.op : (MIRRORED[test.op] ?? test.op)
  if (typeof literal === 'number') {
    const compare = compareNumber[op]
    assert(compare !== undefined, 'config admits no other comparison')
    return compare({ batch, field }, literal)
  }
  assert(op === '==' || op === '!=', 'texts are compared for equality')
  return compareText(batch, field, { isEqual: op === '==', id: batch.literal(literal) })
}

function compareText(
  batch: FieldBatch,
  field: number,
  { isEqual, id }: { readonly isEqual: boolean; readonly id: number },
): Narrowing {
  return (rows, count) => {
    const ids = batch.ids[field]!
    let kept = 0
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      const held = ids[row]!
      if (held >= 0 && (held === id) === isEqual) rows[kept++] = row
    }
    return kept
  }
}

type NumberTest = { readonly literal: number; readonly wanted: boolean }

/** Each operator is one of three, or not that one: values and literals are numbers, never NaN. */
const compareNumber: Readonly<Record<string, (at: FieldOf, test: number) => Narrowing>> = {
  '==': (at, literal) => equals(at, { literal, wanted: true }),
  '!=': (at, literal) => equals(at, { literal, wanted: false }),
  '<': (at, literal) => isBelow(at, { literal, wanted: true }),
  '>=': (at, literal) => isBelow(at, { literal, wanted: false }),
  '<=': (at, literal) => isAtMost(at, { literal, wanted: true }),
  '>': (at, literal) => isAtMost(at, { literal, wanted: false }),
}

type FieldOf = { readonly batch: FieldBatch; readonly field: number }

function equals({ batch, field }: FieldOf, { literal, wanted }: NumberTest): Narrowing {
  const bit = batch.bit(field)
  return (rows, count) => {
    const mask = batch.mask(field)
    const values = batch.numbers[field]!
    let kept = 0
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      if ((mask[row]! & bit) !== 0 && (values[row] === literal) === wanted) rows[kept++] = row
    }
    return kept
  }
}

function isBelow({ batch, field }: FieldOf, { literal, wanted }: NumberTest): Narrowing {
  const bit = batch.bit(field)
  return (rows, count) => {
    const mask = batch.mask(field)
    const values = batch.numbers[field]!
    let kept = 0
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      if ((mask[row]! & bit) !== 0 && values[row]! < literal === wanted) rows[kept++] = row
    }
    return kept
  }
}

function isAtMost({ batch, field }: FieldOf, { literal, wanted }: NumberTest): Narrowing {
  const bit = batch.bit(field)
  return (rows, count) => {
    const mask = batch.mask(field)
    const values = batch.numbers[field]!
    let kept = 0
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      if ((mask[row]! & bit) !== 0 && values[row]! <= literal === wanted) rows[kept++] = row
    }
    return kept
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
