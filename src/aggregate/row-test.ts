import type { Expression } from '../model/expression.ts'
import type { WantedField } from '../wire/fields/field-plan.ts'

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
