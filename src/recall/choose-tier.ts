import type { Tier } from '../model/roll-up.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/** How long each tier is kept where nothing else is said. */
const keptMsDefault: Readonly<Record<Tier, number>> = {
  live: 30 * DAY_MS,
  minute: 35 * DAY_MS,
  hour: 400 * DAY_MS,
}

/** What a choice between tiers depends on. */
export type TierQuestion = {
  readonly from: number
  readonly to: number
  readonly now: number
  /** Points that are asked for over the span. */
  readonly points: number
  /** The monitor's hop. */
  readonly hopMs: number
  readonly keptMs?: Readonly<Record<Tier, number>>
  /** Only roll-ups have states, which other percentiles are made of. */
  readonly needsStates?: boolean
}

/** How far apart the rows of a tier are. */
export const stepMsOf = (tier: Tier, hopMs: number): number =>
  tier === 'live' ? hopMs : tier === 'minute' ? Math.max(MINUTE_MS, hopMs) : HOUR_MS

/**
 * The coarsest tier that is fine enough, by its step, and still kept over the whole span (T6); the
 * finest that is kept where none is fine enough, and hours where none is kept.
 */
export function chooseTier(question: TierQuestion): Tier {
  const { from, to, now, points, hopMs, keptMs = keptMsDefault, needsStates = false } = question
  const tiers: readonly Tier[] = needsStates ? ['minute', 'hour'] : ['live', 'minute', 'hour']
  const kept = tiers.filter((tier) => from >= now - keptMs[tier])
  const fine = kept.findLast((tier) => stepMsOf(tier, hopMs) <= (to - from) / points)
  return fine ?? kept[0] ?? 'hour'
}
