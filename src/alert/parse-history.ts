import type { ASTNode } from '@marcbachmann/cel-js'
import {
  historyKinds,
  spanMsOf,
  type HistoryKind,
  type HistoryTerm,
} from '../model/history-term.ts'

type Call = Extract<ASTNode, { op: 'call' }>

/** The term, or what to write instead, and at which node. */
export type ReadTerm =
  | { readonly ok: true; readonly term: HistoryTerm }
  | { readonly ok: false; readonly message: string; readonly node: ASTNode }

const DAY_MS = 86_400_000
const SPAN_MS_MIN = 300_000
const SPAN_MS_MAX = 400 * DAY_MS
const DAYS_MAX = 28

/** How each is written: what people are shown who wrote it otherwise. */
const WRITTEN: Readonly<Record<HistoryKind, string>> = {
  base: 'base("name", "1h")',
  same_hour: 'same_hour("name", 7)',
  trend: 'trend("name", "30m")',
  over: 'over("name", "30d")',
}

/** Reads a call of `base`, `same_hour`, `trend` or `over` (H1); undefined for another function. */
export function historyTerm(node: Call): ReadTerm | undefined {
  const [called, given] = node.args
  const op = historyKinds.find((each) => each === called)
  if (op === undefined) return undefined
  const [first, second] = given
  const refuse = (message: string, at: ASTNode): ReadTerm => ({ ok: false, message, node: at })
  if (first === undefined || second === undefined || given.length !== 2)
    return refuse(`write ${WRITTEN[op]}`, node)
  if (first.op !== 'value' || typeof first.args !== 'string' || first.args === '')
    return refuse(`the name stands in quotes: write ${WRITTEN[op]}`, first)
  const name = first.args
  const value = second.op === 'value' ? second.args : undefined
  if (op === 'same_hour') {
    const days = typeof value === 'bigint' || typeof value === 'number' ? Number(value) : NaN
    if (!Number.isInteger(days) || days < 1 || days > DAYS_MAX)
      return refuse(`write how many days back, 1 to ${DAYS_MAX}, as ${WRITTEN[op]}`, second)
    return { ok: true, term: { op, name, spanMs: days * DAY_MS } }
  }
  const spanMs = typeof value === 'string' ? spanMsOf(value) : undefined
  if (spanMs === undefined)
    return refuse(`write the span with its unit (s m h d) in quotes, as ${WRITTEN[op]}`, second)
  if (spanMs < SPAN_MS_MIN || spanMs > SPAN_MS_MAX)
    return refuse(`a span is 5m to 400d, as ${WRITTEN[op]}`, second)
  return { ok: true, term: { op, name, spanMs } }
}
