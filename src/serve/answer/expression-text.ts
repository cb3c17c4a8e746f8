import type { Expression } from '../../model/expression.ts'
import { termText } from '../../model/history-term.ts'
import type { RuleSpec } from '../../model/monitor.ts'

/** An expression as its author could have written it; every binary inside another has brackets. */
export function expressionText(expression: Expression, isInner = false): string {
  switch (expression.op) {
    case 'number':
      return String(expression.value)
    case 'text':
      return JSON.stringify(expression.value)
    case 'bool':
      return String(expression.value)
    case 'name':
      return expression.name
    case 'base':
    case 'same_hour':
    case 'trend':
    case 'over':
      return termText(expression)
    case '!':
      return `!${expressionText(expression.operand, true)}`
    case 'negate':
      return `-${expressionText(expression.operand, true)}`
    case 'in': {
      const list = expression.list.map((item) => expressionText(item)).join(', ')
      return `${expressionText(expression.left, true)} in [${list}]`
    }
    default: {
      const { left, op, right } = expression
      const text = `${expressionText(left, true)} ${op} ${expressionText(right, true)}`
      return isInner ? `(${text})` : text
    }
  }
}

/** What opens a rule, in one line: its levels, else how long a silence it bears. */
export function ruleText(rule: RuleSpec): string {
  const silence =
    rule.absentAfterMs === undefined ? [] : [`absent for ${rule.absentAfterMs / 1e3}s`]
  return [...rule.levels.map(({ when }) => expressionText(when)), ...silence].join(' or ')
}
