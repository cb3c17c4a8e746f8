import type { Severity } from '../../model/monitor.ts'
import type { Condition, DataState } from '../../model/step.ts'
import type { FeedState, StateCode } from '../contract.ts'

export type SiteState = 'up' | 'delayed' | 'down' | 'unknown'

/** All that a cell's picture depends on. */
export type CellFacts = {
  readonly feed: FeedState
  readonly site: SiteState
  readonly data: DataState
  /** Whether the newest closed window had every source. */
  readonly complete: boolean
  /** Age of the newest window with rows against its limit (U3). */
  readonly age: 'within' | 'over' | 'never'
  readonly condition: Condition
  readonly level: Severity
  /** The open alert is about silence. */
  readonly absent: boolean
}

/** What is drawn; `hatched` says that the data behind it is not believed now. */
export type CellHealth = { readonly state: StateCode; readonly hatched: boolean }

const OF_LEVEL = { info: 'i', warning: 'w', critical: 'c' } as const satisfies Record<
  Severity,
  StateCode
>

/** Why a cell cannot be believed, weightiest first; undefined where it can. */
function doubt(facts: CellFacts): StateCode | undefined {
  if (facts.feed !== 'live') return 'o'
  if (facts.site === 'down') return 'd'
  if (facts.site === 'unknown' || facts.age === 'never') return 'u'
  if (facts.data === 'nodata') return 'n'
  if (facts.data === 'error') return 'u'
  if (facts.site === 'delayed') return 'l'
  if (facts.age === 'over') return 'o'
  if (!facts.complete) return 'm'
  return undefined
}

/**
 * Healthy only when everything that could contradict it was heard and agrees; an alert stays an
 * alert whatever is unknown beside it, hatched; anything else that is unknown is grey (SPEC U2).
 */
export function cellHealth(facts: CellFacts): CellHealth {
  const doubted = doubt(facts)
  const hatched = doubted !== undefined
  if (facts.condition === 'firing') {
    return { state: facts.absent ? 'n' : OF_LEVEL[facts.level], hatched: hatched && !facts.absent }
  }
  if (facts.condition === 'recovering') return { state: 'r', hatched }
  if (facts.condition === 'pending') return { state: 's', hatched }
  // Ended is an answer, not a doubt, but only while the feed that said so is alive.
  if (facts.data === 'ended' && facts.feed === 'live') return { state: 'e', hatched: false }
  return { state: doubted ?? 'h', hatched }
}
