import type { RollUp, Tier } from '../model/roll-up.ts'
import type { WindowResult } from '../model/window-result.ts'
import type { SeriesQuery, Store } from '../store/store.ts'
import { chooseTier, type TierQuestion } from './choose-tier.ts'

/** Rows of one question to a store. */
const PAGE_ROWS = 2_000
/** Rows of one answer: more begin at its `next`. */
const ROWS_MAX = 40_000

/** One group over a span, as fine as asked for. */
export type SpanQuery = Pick<SeriesQuery, 'scope' | 'monitor' | 'group'> &
  TierQuestion & {
    /** Rows of the answer at most; 40,000 where nothing is said, or more. */
    readonly rowsMax?: number
    /** Instead of the tier that fits. */
    readonly tier?: Tier
    /** Whether what the tier does not have yet is taken from finer ones; else it ends there. */
    readonly joinsTail?: boolean
  }

/** Rows of one tier, oldest first. */
export type SeriesPart = {
  readonly tier: Tier
  readonly rows: readonly (WindowResult | RollUp)[]
}

export type SpanAnswer = {
  /** The tier that was chosen. */
  readonly tier: Tier
  /** Rows of it, then of finer ones where it has not come so far yet. */
  readonly parts: readonly SeriesPart[]
  /** Ask again from here for the rest; undefined where this is all. */
  readonly next: number | undefined
}

const FINER: Readonly<Record<Tier, Tier | undefined>> = {
  hour: 'minute',
  minute: 'live',
  live: undefined,
}

/**
 * One group's results with ends in (from, to], of the coarsest tier that is fine enough (T6), page
 * by page. What lies in no closed row of it yet is answered from finer tiers: results of another
 * length, which is why parts are kept apart. Reads at most 40,000 rows, 2,000 at a time.
 */
export async function seriesOf(store: Store, query: SpanQuery): Promise<SpanAnswer> {
  const { rowsMax = ROWS_MAX, joinsTail = true, needsStates = false } = query
  const chosen = query.tier ?? chooseTier(query)
  const parts: SeriesPart[] = []
  let left = Math.min(rowsMax, ROWS_MAX)
  let tier: Tier | undefined = chosen
  let { from } = query
  let next: number | undefined
  while (tier !== undefined && left > 0 && from < query.to) {
    const read = await pagesOf(store, { ...query, tier, from }, left)
    const rows: SeriesPart['rows'] = tier === 'live' ? read.rows : closedOnly(read.rows)
    if (rows.length > 0 || parts.length === 0) parts.push({ tier, rows })
    left -= rows.length
    from = rows.at(-1)?.end ?? from
    next = read.isAll ? undefined : (rows.at(-1) ?? read.rows.at(-1))?.end
    if (!read.isAll || !joinsTail) break
    tier = needsStates && FINER[tier] === 'live' ? undefined : FINER[tier]
  }
  return { tier: chosen, parts, next }
}

async function pagesOf(
  store: Store,
  query: SpanQuery & { readonly tier: Tier },
  rowsMax: number,
): Promise<{ readonly rows: SeriesPart['rows']; readonly isAll: boolean }> {
  const { scope, monitor, group, tier, to } = query
  const rows: (WindowResult | RollUp)[] = []
  let { from } = query
  for (;;) {
    const limit = Math.min(PAGE_ROWS, rowsMax - rows.length)
    const page = await store.series({ scope, monitor, group, tier, from, to, limit })
    rows.push(...page)
    if (page.length < limit) return { rows, isAll: true }
    if (rows.length >= rowsMax) return { rows, isAll: false }
    from = page.at(-1)?.end ?? to
  }
}

/** Without the hours at the end that are not over: finer rows say more of that time. */
function closedOnly(rows: SeriesPart['rows']): SeriesPart['rows'] {
  return rows.slice(0, rows.findLastIndex(({ closed }) => closed) + 1)
}
