import { prng, type Prng } from '../../std/prng.ts'
import type { Reading } from '../../model/reading.ts'
import { nightAudience } from './night-audience.ts'
import { nightFaultAt, nightSites, type NightFault } from './night-faults.ts'
import { nightRows } from './night-rows.ts'
import { nightSeat, type NightSeat } from './night-seat.ts'

/** One simulated night; equal options give equal rows. */
export type NightOptions = {
  readonly seed: number
  /** Epoch ms at which the night begins. */
  readonly startAt: number
  /** Rows a second at the greatest audience, over all sites; about, since people come and go. */
  readonly rowsPerSecond?: number
  readonly channelCount?: number
}

/** One second of the night, `[startAt, endAt)`. */
export type NightSecond = {
  readonly startAt: number
  readonly endAt: number
  /** In order of event time. */
  readonly rows: readonly Reading[]
  /** Sites whose collector is stopped: they have no rows and must send no heartbeat. */
  readonly deadSites: readonly string[]
}

/** A segment's two rows every 4 s and a player's report every 8 s. */
const ROWS_PER_SEAT_SECOND = 2 / 4 + 1 / 8
/** Seats that are always taken, so that a channel without rows is a fault and not a bad evening. */
const REGULARS = 2

type Channel = { readonly seats: readonly NightSeat[]; readonly regularCount: number }

/**
 * A football night at three sites and some 200 channels: the audience rises to the kick-off, leaves
 * at half time and after the final whistle, and `nightFaults` go wrong on a schedule. Everything is
 * a function of the options and of the second asked for, so the night can begin anywhere.
 */
export function matchNight(options: NightOptions): { second(number: number): NightSecond } {
  const channels = seated(options)
  return {
    second(number) {
      const startAt = options.startAt + number * 1000
      const fault = nightFaultAt(options, startAt)
      const random = prng(options.seed ^ Math.imul(number + 1, 0x9e3779b1))
      const audience = nightAudience(startAt - options.startAt)
      const rows: Reading[] = []
      for (const { seats, regularCount } of channels) {
        const taken = Math.max(regularCount, Math.round(seats.length * audience))
        for (const seat of seats.slice(0, taken)) {
          const kind = suffers(seat, fault)
          if (kind === 'dead-site' || kind === 'silent-channel') continue
          rows.push(...nightRows({ seat, second: number, at: startAt, fault: kind }, random))
        }
      }
      rows.sort((a, b) => a.ts - b.ts)
      const deadSites = fault?.kind === 'dead-site' ? [fault.site] : []
      return { startAt, endAt: startAt + 1000, rows, deadSites }
    },
  }
}

function suffers(seat: NightSeat, fault: NightFault | undefined): NightFault['kind'] | undefined {
  if (fault === undefined || fault.site !== seat.site) return undefined
  if (fault.pop !== undefined && fault.pop !== seat.pop) return undefined
  if (fault.stream !== undefined && fault.stream !== seat.stream) return undefined
  return fault.kind
}

/** Every channel its regulars, the rest of the seats by popularity (Zipf's law, exponent 1). */
function seated(options: NightOptions): readonly Channel[] {
  const { rowsPerSecond = 2_000, channelCount = 200 } = options
  const perSite = Math.ceil(rowsPerSecond / ROWS_PER_SEAT_SECOND / nightSites.length)
  const regularCount = Math.min(REGULARS, Math.floor(perSite / channelCount))
  const others = perSite - regularCount * channelCount
  let harmonic = 0
  for (let rank = 1; rank <= channelCount; rank++) harmonic += 1 / rank
  const random = prng(options.seed)
  return nightSites.flatMap((site) =>
    Array.from({ length: channelCount }, (_, i) => {
      const seatCount = regularCount + Math.round(others / (i + 1) / harmonic)
      return { seats: seatsOf({ site, channel: i + 1, seatCount }, random), regularCount }
    }),
  )
}

const seatsOf = (
  place: { readonly site: string; readonly channel: number; readonly seatCount: number },
  random: Prng,
): readonly NightSeat[] =>
  Array.from({ length: place.seatCount }, (_, number) => nightSeat({ ...place, number }, random))
