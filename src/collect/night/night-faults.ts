import { prng } from '../../std/prng.ts'

/** What can go wrong in the simulated night. */
export type NightFaultKind =
  | 'retransmit-storm'
  | 'silent-channel'
  | 'http-errors'
  | 'latency-inflation'
  | 'late-segments'
  | 'dead-site'

/** The ground truth of one fault; half-open `[startAt, endAt)` in epoch ms. */
export type NightFault = {
  readonly kind: NightFaultKind
  readonly startAt: number
  readonly endAt: number
  readonly site: string
  /** Absent: all of the site. */
  readonly pop?: string
  /** Absent: every channel. */
  readonly stream?: string
}

/** `sim-` is the label: whoever sees such a site's name sees that it is no real one. */
export const nightSites: readonly string[] = ['sim-ams1', 'sim-lyo1', 'sim-waw1']
/** Edge servers of a site, in the order of their numbers. */
export const nightPops = (site: string): readonly string[] => [`${site}-e1`, `${site}-e2`]

/** The first fault begins here, so that whoever starts the night soon sees an alert. */
const FIRST_AFTER_MS = 5_000
const EVERY_MS = 75_000
/** Only channels with an audience fail: a fault that nobody could measure would prove nothing. */
const RANK_MAX = 5

const SCHEDULE = [
  { kind: 'retransmit-storm', durationMs: 40_000 },
  { kind: 'silent-channel', durationMs: 50_000 },
  { kind: 'http-errors', durationMs: 40_000 },
  { kind: 'latency-inflation', durationMs: 40_000 },
  { kind: 'late-segments', durationMs: 40_000 },
  { kind: 'dead-site', durationMs: 60_000 },
] as const satisfies readonly { kind: NightFaultKind; durationMs: number }[]

type NightStart = { readonly seed: number; readonly startAt: number }

/** The fault that is on at an instant; there is never more than one. */
export function nightFaultAt(night: NightStart, at: number): NightFault | undefined {
  const fault = nightFaults(night, at + 1).at(-1)
  return fault !== undefined && at < fault.endAt ? fault : undefined
}

/** The ground truth up to `untilAt`: all faults that begin before it, in order. */
export function nightFaults(night: NightStart, untilAt: number): readonly NightFault[] {
  const turns = Math.ceil((untilAt - night.startAt - FIRST_AFTER_MS) / EVERY_MS)
  return Array.from({ length: Math.max(0, turns) }, (_, turn) => faultOf(night, turn))
}

function faultOf(night: NightStart, turn: number): NightFault {
  const { kind, durationMs } = SCHEDULE[turn % SCHEDULE.length] ?? SCHEDULE[0]
  const random = prng(night.seed ^ Math.imul(turn + 1, 0x85ebca6b))
  const site = pick(nightSites, turn === 0 ? 0 : random.below(nightSites.length))
  const pop = pick(nightPops(site), turn === 0 ? 0 : random.below(2))
  const stream = `arena-${turn === 0 ? 1 : 1 + random.below(RANK_MAX)}`
  const startAt = night.startAt + FIRST_AFTER_MS + turn * EVERY_MS
  const where = { kind, startAt, endAt: startAt + durationMs, site }
  switch (kind) {
    case 'dead-site':
      return where
    case 'silent-channel':
      return { ...where, stream }
    default:
      return { ...where, pop, stream }
  }
}

const pick = (names: readonly string[], index: number): string => names[index] ?? ''
