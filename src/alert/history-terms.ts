import type { Expression } from '../model/expression.ts'
import { termText, type HistoryTerm } from '../model/history-term.ts'
import type { RuleSpec } from '../model/monitor.ts'

/** What rules ask of the past, each term once by its text, in the order of the rules. */
export function historyTerms(
  rules: readonly Pick<RuleSpec, 'levels' | 'gate'>[],
): ReadonlyMap<string, HistoryTerm> {
  const terms = new Map<string, HistoryTerm>()
  for (const { levels, gate } of rules) {
    for (const { when, clear } of levels) {
      gather(when, terms)
      if (clear !== undefined) gather(clear, terms)
    }
    if (gate !== undefined) gather(gate, terms)
  }
  return terms
}

function gather(expression: Expression, terms: Map<string, HistoryTerm>): void {
  switch (expression.op) {
    case 'base':
    case 'same_hour':
    case 'trend':
    case 'over':
      return void terms.set(termText(expression), expression)
    case 'number':
    case 'text':
    case 'bool':
    case 'name':
      return
    case '!':
    case 'negate':
      return gather(expression.operand, terms)
    case 'in':
      return gather(expression.left, terms)
    default:
      gather(expression.left, terms)
      gather(expression.right, terms)
  }
}
