import type { Expression } from '../model/expression.ts'

/** The names that an expression reads of one window; what the past was has names of its own. */
export function namesIn(expression: Expression): readonly string[] {
  switch (expression.op) {
    case 'number':
    case 'text':
    case 'bool':
    case 'base':
    case 'same_hour':
    case 'trend':
    case 'over':
      return []
    case 'name':
      return [expression.name]
    case '!':
    case 'negate':
      return namesIn(expression.operand)
    case 'in':
      return namesIn(expression.left)
    default:
      return [...namesIn(expression.left), ...namesIn(expression.right)]
  }
}
