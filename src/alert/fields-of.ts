import type { Expression } from '../model/expression.ts'
import type { Names, NameKind } from './expression.ts'

/**
 * The fields that a row expression reads, each with the kind that its constants give it: what the
 * scanner must extract. Meant for trees of `parseExpression` with `{ kind: 'row' }`.
 */
export function fieldsOf(expression: Expression): Names {
  const fields = new Map<string, NameKind>()
  collect(expression, fields)
  return Object.fromEntries(fields)
}

function collect(expression: Expression, into: Map<string, NameKind>): void {
  if ('operand' in expression) collect(expression.operand, into)
  else if ('list' in expression) compared(expression.left, expression.list[0], into)
  else if ('right' in expression) {
    compared(expression.left, expression.right, into)
    compared(expression.right, expression.left, into)
  }
}

function compared(
  side: Expression,
  other: Expression | undefined,
  into: Map<string, NameKind>,
): void {
  if (side.op === 'name') into.set(side.name, other?.op === 'text' ? 'text' : 'number')
  else collect(side, into)
}
