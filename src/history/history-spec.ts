import { historyTerms } from '../alert/history-terms.ts'
import type { HistoryTerm } from '../model/history-term.ts'
import type { MonitorSpec } from '../model/monitor.ts'
import { siteOf } from '../model/topics.ts'
import { historyPlan } from './history-plan.ts'

/** Terms of one monitor that are asked together, equally often. */
export type TermSet = {
  readonly everyMs: number
  /** By their texts. */
  readonly terms: ReadonlyMap<string, HistoryTerm>
}

/** A monitor some of whose rules ask the past. */
export type HistoryMonitor = { readonly spec: MonitorSpec; readonly sets: readonly TermSet[] }

/** What the reader for history has to know of a configuration. */
export type HistorySpec = {
  /** By id: only those whose rules ask the past. */
  readonly monitors: ReadonlyMap<string, HistoryMonitor>
  /** Sites, or `all`, whose rules others judge (A77): nobody here needs their past. */
  readonly judgedElsewhere: ReadonlySet<string>
}

/** Which monitors ask the past, and how often. */
export function historySpec(
  monitors: readonly MonitorSpec[],
  judgedElsewhere: readonly string[] = [],
): HistorySpec {
  const asking = monitors.flatMap((spec) => {
    const sets = termSets(spec)
    return sets.length === 0 ? [] : [[spec.id, { spec, sets }] as const]
  })
  return { monitors: new Map(asking), judgedElsewhere: new Set(judgedElsewhere) }
}

/** Whether rules are judged here in this scope. */
export const isJudgedHere = ({ judgedElsewhere }: HistorySpec, scope: string): boolean =>
  !judgedElsewhere.has(siteOf(scope))

function termSets(spec: MonitorSpec): readonly TermSet[] {
  const byEvery = new Map<number, Map<string, HistoryTerm>>()
  for (const [text, term] of historyTerms(spec.rules)) {
    const { everyMs } = historyPlan(term, spec.window)
    const terms = byEvery.get(everyMs) ?? new Map<string, HistoryTerm>()
    byEvery.set(everyMs, terms.set(text, term))
  }
  return Array.from(byEvery, ([everyMs, terms]) => ({ everyMs, terms }))
}
