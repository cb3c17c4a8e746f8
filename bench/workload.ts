import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { prng, type Prng } from '../src/std/prng.ts'

/** What is written: `rowsPerSecond` rows a second for `seconds` seconds of event time. */
export type WorkloadSpec = {
  readonly seconds: number
  readonly rowsPerSecond: number
  readonly seed: number
  /** How many streams the rows are spread over. */
  readonly streamCount?: number
}

type Stream = {
  readonly name: string
  readonly cdn: string
  readonly codec: string
  readonly rttMs: number
  readonly loss: number
  readonly kbps: number
  /** Instant within a minute at which it falls silent for 15 s, or −1. */
  readonly quietFrom: number
  session: string
  sessionEndsAt: number
  seq: number
}

/** Event time of the first row: 2026-01-01T00:00:00Z. */
export const WORKLOAD_START_AT = Date.UTC(2026, 0, 1)
const LATE_SHARE = 0.01
const LATE_MS_MAX = 4000
const QUIET_EVERY = 100
const QUIET_MS = 15_000
const MINUTE_MS = 60_000

/**
 * Telemetry of many streams as NDJSON in order of arrival: about 300 bytes a row, one row in a
 * hundred up to four seconds late, one stream in a hundred silent for 15 s of every minute. The
 * same spec gives the same bytes.
 */
export function* workloadLines(spec: WorkloadSpec): Iterable<string> {
  const random = prng(spec.seed)
  const streams = Array.from({ length: spec.streamCount ?? 1000 }, (_, i) => newStream(i, random))
  const total = Math.round(spec.seconds * spec.rowsPerSecond)
  for (let i = 0; i < total; i++) {
    const at = Math.floor((i * 1000) / spec.rowsPerSecond)
    let stream = streams[random.below(streams.length)]!
    while (isQuiet(stream, at)) stream = streams[random.below(streams.length)]!
    yield row(stream, at, random)
  }
}

/** Writes a workload to a file; answers its size in bytes. */
export async function writeWorkload(path: string, spec: WorkloadSpec): Promise<number> {
  const file = createWriteStream(path, { highWaterMark: 1_048_576 })
  let text = ''
  for (const line of workloadLines(spec)) {
    text += line
    if (text.length < 262_144) continue
    if (!file.write(text)) await once(file, 'drain')
    text = ''
  }
  file.end(text)
  await once(file, 'close')
  return file.bytesWritten
}

function newStream(i: number, random: Prng): Stream {
  return {
    name: `ch${String(i).padStart(4, '0')}`,
    cdn: ['alpha', 'beta', 'gamma'][random.below(3)]!,
    codec: ['h264', 'hevc', 'av1'][random.below(3)]!,
    rttMs: 15 + 60 * random.next(),
    loss: random.next() ** 4 * 4,
    kbps: [1800, 3500, 6000, 9000][random.below(4)]!,
    quietFrom: i % QUIET_EVERY === 7 ? random.below(MINUTE_MS) : -1,
    session: hex(random),
    sessionEndsAt: 30_000 + random.below(90_000),
    seq: 0,
  }
}

const isQuiet = ({ quietFrom }: Stream, at: number): boolean =>
  quietFrom >= 0 && (at + MINUTE_MS - quietFrom) % MINUTE_MS < QUIET_MS

const hex = (random: Prng): string =>
  Array.from({ length: 2 }, () =>
    random
      .below(2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('')

function row(stream: Stream, at: number, random: Prng): string {
  if (at >= stream.sessionEndsAt) {
    stream.session = hex(random)
    stream.sessionEndsAt = at + 30_000 + random.below(90_000)
  }
  const lateMs = random.next() < LATE_SHARE ? 1 + random.below(LATE_MS_MAX) : 0
  const retrans = Math.floor(-Math.log(1 - random.next()) * stream.loss)
  const rttMs = stream.rttMs * (0.8 + 0.4 * random.next()) + retrans * 12 * random.next()
  const stallMs = random.next() < 0.002 ? random.below(2500) : 0
  const bufferMs = Math.max(0, 8000 - stallMs * 3 - random.below(2000))
  return (
    `{"ts":${WORKLOAD_START_AT + Math.max(0, at - lateMs)},"site":"s1","stream":"${stream.name}"` +
    `,"session":"${stream.session}","seq":${stream.seq++},"retrans":${retrans}` +
    `,"bytes_acked":${Math.floor(stream.kbps * 125 * (0.5 + random.next()))}` +
    `,"rtt_ms":${rttMs.toFixed(2)},"rtt_var_ms":${(rttMs * 0.2 * random.next()).toFixed(2)}` +
    `,"stall_ms":${stallMs},"buffer_ms":${bufferMs},"bitrate_kbps":${stream.kbps}` +
    `,"dropped_frames":${stallMs >> 5},"codec":"${stream.codec}","cdn":"${stream.cdn}"` +
    `,"player":"web-5.2","region":"eu-north","viewers":${100 + random.below(900)}}\n`
  )
}
