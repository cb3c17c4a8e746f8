import type { Prng } from '../../std/prng.ts'
import type { Reading } from '../../model/reading.ts'
import type { NightFaultKind } from './night-faults.ts'
import type { NightSeat } from './night-seat.ts'

/** Play time of one segment, and how often a player reports. */
const SEGMENT_S = 4
const REPORT_S = 8
const SEGMENT_BYTES_MAX = 1_448

/** One second of one seat; `fault` is what it suffers from, if anything. */
export type NightMoment = {
  readonly seat: NightSeat
  /** Number of the second since the start of the night, and its beginning as an instant. */
  readonly second: number
  readonly at: number
  readonly fault: NightFaultKind | undefined
}

const round3 = (value: number): number => Math.round(value * 1000) / 1000

/** The readings of one seat in one second: what its socket, its request and its player say. */
export function nightRows(moment: NightMoment, random: Prng): readonly Reading[] {
  const beat = moment.second + moment.seat.phase
  const rows: Reading[] = []
  if (beat % SEGMENT_S === 0) rows.push(socketRow(moment, random), requestRow(moment, random))
  if (beat % REPORT_S === 1) rows.push(playerRow(moment, random))
  return rows
}

/** What every row of a session says; `simulated` marks it wherever it shows. */
function sessionRow(moment: NightMoment, src: string, ts: number): Reading {
  const { site, stream, pop, asn, device, name, stayS } = moment.seat
  const visit = Math.floor((moment.second + name.length * 131) / stayS)
  const session = `s.${site}-${name}-${visit}`
  return { ts, site, stream, session, src, pop, asn, device, simulated: 1 }
}

/** All sockets are polled once a second, at its end; an idle one would say nothing. */
function socketRow(moment: NightMoment, random: Prng): Reading {
  const { seat, fault } = moment
  const row = sessionRow(moment, 'tcp', moment.at + 999)
  const isStorm = fault === 'retransmit-storm'
  const bytes = Math.round((seat.bitrateKbps * SEGMENT_S * 125 * (95 + random.below(11))) / 100)
  const segments = Math.ceil(bytes / SEGMENT_BYTES_MAX)
  const lossRatio = isStorm ? 0.07 + 0.06 * random.next() : 0.0004 * random.next()
  const retrans = Math.floor(segments * lossRatio + random.next() * (isStorm ? 1 : 0.5))
  const inflation = fault === 'latency-inflation' ? 7 + 3 * random.next() : 1 + 0.5 * random.next()
  const rateKbps = seat.bitrateKbps * (isStorm ? 0.8 + random.next() : 3 + 6 * random.next())
  return {
    ...row,
    conn: `${seat.site}.${row.session?.slice(2) ?? ''}`,
    retrans,
    segs_out: segments + retrans,
    bytes_sent: bytes + retrans * SEGMENT_BYTES_MAX,
    bytes_retrans: retrans * SEGMENT_BYTES_MAX,
    rtt_ms: round3(Math.max(seat.minRttMs, 5) * inflation),
    min_rtt_ms: seat.minRttMs,
    cwnd: isStorm ? 2 + random.below(8) : 20 + random.below(100),
    delivery_rate_kbps: round3(rateKbps),
    slow: rateKbps < 1.1 * seat.bitrateKbps ? 1 : 0,
    span_ms: 1000,
  }
}

/** A request counts when its last byte was sent. */
function requestRow(moment: NightMoment, random: Prng): Reading {
  const { seat, fault } = moment
  const row = sessionRow(moment, 'http', moment.at + random.below(999))
  const isMiss = random.next() < 0.05
  const ttfbMs = isMiss ? 60 + random.below(140) : 3 + random.below(25)
  if (fault === 'http-errors' && random.next() < 0.4) {
    return { ...row, object: 'av', cache: 'error', status: 503, bytes: 312, ttfb_ms: ttfbMs }
  }
  const isLate = fault === 'late-segments' && random.next() < 0.5
  const shareOfReal = isLate ? 1.1 + random.next() : 0.08 + 0.3 * random.next()
  return {
    ...row,
    object: 'av',
    cache: isMiss ? 'miss' : 'hit',
    status: 200,
    bytes: seat.bitrateKbps * SEGMENT_S * 125,
    ttfb_ms: ttfbMs,
    transfer_ms: Math.round(SEGMENT_S * 1000 * shareOfReal) + ttfbMs,
    object_ms: SEGMENT_S * 1000,
    bitrate_kbps: seat.bitrateKbps,
  }
}

function playerRow(moment: NightMoment, random: Prng): Reading {
  const { seat, fault } = moment
  const row = sessionRow(moment, 'player', moment.at + random.below(999))
  const isStarved = fault === 'late-segments' || fault === 'http-errors'
  const stallMs = isStarved && random.next() < 0.6 ? 400 + random.below(2_600) : 0
  return {
    ...row,
    play_ms: REPORT_S * 1000 - stallMs,
    stall_ms: stallMs,
    stall_net_ms: stallMs,
    stalls: stallMs > 0 ? 1 : 0,
    bitrate_kbps: seat.bitrateKbps,
    throughput_kbps: Math.round(seat.bitrateKbps * (isStarved ? 0.7 : 3 + 4 * random.next())),
    live_latency_ms: 6_000 + random.below(3_000) + stallMs,
  }
}
