import type { Prng } from '../../../src/std/prng.ts'
import { WORLD_BEGAN_AT } from '../core/process-clock.ts'
import { between, oneOf } from '../core/seed.ts'

/** Lines that are due together. */
export type Post = {
  /** Ms since the world began. */
  readonly atMs: number
  /** NDJSON, one row a line, or what somebody took for one. */
  readonly lines: readonly string[]
  /** Its rows have numbers, so that it may be sent twice and counts once (D7). */
  readonly isNumbered: boolean
}

/** Who writes rows, and for how long. */
export type Writer = {
  /** Absent in rows of the process' own site. */
  readonly site?: string
  /** Row names begin with it. */
  readonly name: string
  /** Writes its own numbers into its rows (D7). */
  readonly isNumbered: boolean
  readonly fromMs: number
  readonly troubledMs: number
  readonly endMs: number
  /** Longest time between two posts while there is trouble. */
  readonly gapMs: number
}

/** Names as people give them, and as they should not. */
const STREAMS = ['s0', 's|1"\\', 'ś\u2028two'] as const
const HOSTILE_SHARE = 0.03

/**
 * What one writer sends: rows every so often, some late, some ahead of their time, some that are no
 * rows; streams that burst and fall silent; then one row a second to the end.
 */
export function postsOf(random: Prng, writer: Writer): readonly Post[] {
  const { site, name, isNumbered, fromMs, troubledMs, endMs, gapMs } = writer
  const spans = (count: number) =>
    Array.from({ length: count }, () => spanOf(random, { fromMs, troubledMs }))
  const [bursts, silences] = [spans(3), spans(2)]
  const posts: Post[] = []
  let count = 0
  let atMs = fromMs + random.below(1_000)
  while (atMs < endMs) {
    const isTroubled = atMs < troubledMs
    // A sender that ends in silence would hold back the windows that are to be judged.
    const isLast = atMs + 1_000 >= endMs
    const rows = Array.from({ length: isTroubled ? between(random, 1, 5) : 1 }, () => {
      const stream = oneOf(random, STREAMS)
      const isIn = (span: Span) => isWithin(span, stream, atMs)
      if (!isLast && silences.some(isIn)) return undefined
      if (isTroubled && random.next() < HOSTILE_SHARE) return hostileLine(random)
      count++
      return JSON.stringify({
        ts: WORLD_BEGAN_AT + (isTroubled ? tsOf(random, atMs) : atMs),
        ...(site !== undefined && { site }),
        stream,
        ...(isNumbered && { n: count, collector: name }),
        ...measured(random, bursts.some(isIn)),
        ...sampledOf(count),
        u: `${name}-${count}`,
      })
    })
    const lines = rows.filter((row) => row !== undefined)
    if (lines.length > 0) posts.push({ atMs, lines, isNumbered })
    atMs += isTroubled ? between(random, 50, gapMs) : 1_000
  }
  return posts
}

type Span = { readonly stream: string; readonly fromMs: number; readonly toMs: number }

function spanOf(
  random: Prng,
  { fromMs, troubledMs }: { readonly fromMs: number; readonly troubledMs: number },
): Span {
  const from = between(random, fromMs, troubledMs)
  return {
    stream: oneOf(random, STREAMS),
    fromMs: from,
    toMs: from + between(random, 2_000, 12_000),
  }
}

const isWithin = (span: Span, stream: string, atMs: number): boolean =>
  span.stream === stream && span.fromMs <= atMs && atMs < span.toMs

/** Most rows are of now, some late, a few from the future (W9). */
function tsOf(random: Prng, atMs: number): number {
  const roll = random.next()
  if (roll < 0.85) return atMs - random.below(300)
  if (roll < 0.95) return atMs - random.below(4_000)
  if (roll < 0.985) return atMs - random.below(30_000)
  return atMs + between(random, 100, 30_000)
}

function measured(random: Prng, isBurst: boolean): object {
  if (random.next() < 0.6) {
    return {
      src: 'tcp',
      conn: `c${random.below(30)}`,
      retrans: isBurst ? between(random, 20, 60) : random.below(6),
      // Without a round trip, as `ss` shows a connection that has just begun.
      ...(random.next() < 0.95 && {
        rtt_ms: (isBurst ? 20_000 : 2_000 + random.below(4_000)) / 100,
      }),
    }
  }
  return {
    src: 'http',
    ...(random.next() < 0.7 && { pop: 'p0' }),
    status: isBurst && random.next() < 0.8 ? 503 : 200,
    bytes: random.below(100_000),
  }
}

const VIEWERS = 17

/**
 * Who is watching: of some sessions and requests a sample came, the others are seen whole (S1).
 * Without chance, so that all else stays what a seed has made it.
 */
function sampledOf(count: number): object {
  const viewer = count % VIEWERS
  if (viewer < 3) return { session: `v${viewer}`, p: 0.5 }
  if (viewer === 3) return { session: 'v3', p: 0.1 }
  if (viewer === 4) return { client: 'a1', p: 0.5 }
  if (viewer === 5) return { session: `v${viewer}`, p: 0.5, sampled: 'request' }
  if (viewer === 6) return { p: 0.25, sampled: 'request' }
  return viewer % 2 === 0 ? { session: `v${viewer}` } : {}
}

/** What collectors are sent by mistake or in malice; none of it is a row. */
const hostileLine = (random: Prng): string =>
  oneOf(random, [
    '{"ts":1795383150000,"stream":"s0"',
    '[1795383150000,"s0"]',
    'null',
    '{"ts":"soon","stream":"s0","src":"tcp"}',
    '{"ts":1795383150,"stream":"s0","src":"tcp"}',
    '{"ts":1795383150000,"stream":"","src":"tcp"}',
    '{"ts":1795383150000,"stream":"a\\u0000b","src":"tcp"}',
    '{"ts":1795383150000,"__proto__":{"stream":"s0"},"src":"tcp"}',
    '{"ts":1795383150000,"stream":"s0","p":7,"src":"tcp"}',
    `{"ts":1795383150000,"stream":"s0","src":"tcp","x":"${'y'.repeat(17_000)}"}`,
    `${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`,
  ])
