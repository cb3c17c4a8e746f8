import type { HistoryTerm } from './history-term.ts'

/** What `where`, `values`, `when`, `clear` and `gate` are once CEL was parsed and checked: data. */
export type Expression =
  | { readonly op: 'number'; readonly value: number }
  | { readonly op: 'text'; readonly value: string }
  | { readonly op: 'bool'; readonly value: boolean }
  | { readonly op: 'name'; readonly name: string }
  | { readonly op: Binary; readonly left: Expression; readonly right: Expression }
  | { readonly op: '!' | 'negate'; readonly operand: Expression }
  | { readonly op: 'in'; readonly left: Expression; readonly list: readonly Expression[] }
  | HistoryTerm

/** Arithmetic gives a number, all else a truth. */
export type Binary = '+' | '-' | '*' | '/' | '==' | '!=' | '<' | '<=' | '>' | '>=' | '&&' | '||'
