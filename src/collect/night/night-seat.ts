import type { Prng } from '../../std/prng.ts'
import { nightPops } from './night-faults.ts'

/** One viewer's place: sessions come and go on it, its path and its screen stay. */
export type NightSeat = {
  readonly site: string
  readonly stream: string
  readonly pop: string
  readonly asn: string
  readonly device: string
  /** Names the seat within its site: `12-3`, channel and number. */
  readonly name: string
  readonly minRttMs: number
  readonly bitrateKbps: number
  /** Seconds that one session stays. */
  readonly stayS: number
  /** Second within the cycle of segments at which it asks for the next one. */
  readonly phase: number
}

const ASNS = ['3320', '12322', '3215', '5617', '1136', '6830']
const DEVICES = ['tv', 'tv', 'stb', 'phone', 'desktop', 'tablet']
const LADDER_KBPS = [1_200, 2_500, 4_500, 4_500, 6_500]

/** The traits of one seat, taken from the next numbers of `random`. */
export function nightSeat(
  place: { readonly site: string; readonly channel: number; readonly number: number },
  random: Prng,
): NightSeat {
  const { site, channel, number } = place
  const of = (list: readonly string[]): string => list[random.below(list.length)] ?? ''
  return {
    site,
    stream: `arena-${channel}`,
    pop: nightPops(site)[number % 2] ?? site,
    asn: of(ASNS),
    device: of(DEVICES),
    name: `${channel}-${number}`,
    minRttMs: 6 + random.below(36),
    bitrateKbps: LADDER_KBPS[random.below(LADDER_KBPS.length)] ?? 2_500,
    stayS: 300 + random.below(1_500),
    phase: random.below(8),
  }
}
