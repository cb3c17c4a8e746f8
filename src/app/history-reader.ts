import type { Config } from '../config/config.ts'
import type { HistoryProgress } from '../history/fact-asker.ts'
import { historySpec, type HistorySpec } from '../history/history-spec.ts'
import { keepHistory } from '../history/keep-history.ts'
import { QuerySlots } from '../history/query-slots.ts'
import type { Clock } from '../std/clock.ts'
import type { Lane } from '../std/lane.ts'
import type { Replaceable } from '../std/replaceable.ts'
import type { Store } from '../store/store.ts'
import type { ClaimReader } from './claim-reader.ts'
import { evaluateSpec } from './readers.ts'

/** Queries for rules that ask the past, in flight at once (D5). */
const QUERIES_MAX = 8

/** Whose past the reader for history asks: of the rules that are judged here. */
export function pastSpec(config: Config): HistorySpec {
  return historySpec(config.monitors, evaluateSpec(config).judgedElsewhere)
}

/** The reader that asks the store what the past was: it runs where the store is written. */
export function historyReader(deps: {
  readonly store: Store
  readonly clock: Clock
  readonly lane: Lane
  readonly progress: { readonly history: HistoryProgress }
  readonly spec: Replaceable<HistorySpec>
}): ClaimReader {
  const { store, clock, lane, spec } = deps
  const given = { store, clock, lane, spec, slots: new QuerySlots(QUERIES_MAX) }
  const progress = deps.progress.history
  const read: ClaimReader['read'] = (claim, log) => keepHistory({ ...given, progress, log }, claim)
  return { group: 'history', topic: 'windows', read }
}
