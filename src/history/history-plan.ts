import { spanText, type HistoryTerm } from '../model/history-term.ts'
import { rollUpStepMs } from '../window/roll-up-step.ts'
import type { WindowSpec } from '../model/monitor.ts'
import type { Tier } from '../model/roll-up.ts'

/** How one term is asked of the store: where, how often, and of how much (H3). */
export type HistoryPlan = {
  readonly tier: Tier
  /** One answer a group in this much event time. */
  readonly everyMs: number
  /** Rows that the span has where nothing is missing. */
  readonly rowsExpected: number
  /** Fewer of them are no past to compare with (H5). */
  readonly rowsMin: number
  /** Queries that one answer takes, pages apart. */
  readonly queries: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** Up to here the windows themselves are read, so that nothing has to be scaled. */
const WINDOWS_SPAN_MS_MAX = 600_000
/** From here on hours are fine enough: at least 24 of them. */
const HOURS_SPAN_MS_MIN = DAY_MS
/** Beyond a month an hour more or less is nothing, and its rows are many. */
const MONTH_MS = 31 * DAY_MS
const EVERY_MS = { live: 30_000, minute: MINUTE_MS, hour: 600_000 } as const
const SHARE_MIN = 0.25

/** Whether a term is answered from the windows themselves and not from roll-ups. */
export const isFromWindows = ({ op, spanMs }: HistoryTerm): boolean =>
  (op === 'base' || op === 'trend') && spanMs <= WINDOWS_SPAN_MS_MAX

/** The coarsest tier that is fine enough for a term, and its schedule. */
export function historyPlan(
  term: HistoryTerm,
  window: Pick<WindowSpec, 'sizeMs' | 'hopMs'>,
): HistoryPlan {
  const { op, spanMs } = term
  if (op === 'same_hour') {
    const days = spanMs / DAY_MS
    const rowsMin = Math.ceil(days / 2)
    return { tier: 'hour', everyMs: EVERY_MS.hour, rowsExpected: days, rowsMin, queries: days }
  }
  const tier = isFromWindows(term) ? 'live' : spanMs < HOURS_SPAN_MS_MIN ? 'minute' : 'hour'
  const minuteMs = rollUpStepMs(window) ?? MINUTE_MS
  const stepMs = { live: window.hopMs, minute: minuteMs, hour: HOUR_MS }[tier]
  const rowsExpected = Math.max(1, Math.floor(spanMs / stepMs))
  const everyMs = op === 'over' && spanMs > MONTH_MS ? HOUR_MS : EVERY_MS[tier]
  const rowsMin = Math.max(op === 'trend' ? 2 : 1, Math.ceil(rowsExpected * SHARE_MIN))
  return { tier, everyMs, rowsExpected, rowsMin, queries: 1 }
}

/** The plan in a few words. */
export const planText = ({ tier, everyMs, rowsExpected }: HistoryPlan): string =>
  `every ${spanText(everyMs)} from ${rowsExpected} ` +
  (tier === 'live' ? 'windows' : `${tier} roll-ups`)
