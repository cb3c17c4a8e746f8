/** Counters since a connection began; absent is unknown. */
export type ConnectionCounters = {
  readonly retrans?: number | undefined
  readonly segs_out?: number | undefined
  readonly bytes_sent?: number | undefined
  readonly bytes_retrans?: number | undefined
  readonly dsack_dups?: number | undefined
}

/** One connection as one poll saw it; `conn` is its identity, as good as the source has one. */
export type ConnectionSample = {
  readonly conn: string
  readonly counters: ConnectionCounters
}

/** What one connection did in the `spanMs` up to `at`. */
export type ConnectionDelta<Sample extends ConnectionSample> = {
  readonly sample: Sample
  /** Event time, epoch ms. */
  readonly at: number
  readonly spanMs: number
  /** A piece of a delta that was seen late and distributed (C2). */
  readonly isSpread: boolean
  /** The last piece, the only one that the sample's gauges describe. */
  readonly isLast: boolean
  readonly deltas: ConnectionCounters
}

const COUNTERS = ['retrans', 'segs_out', 'bytes_sent', 'bytes_retrans', 'dsack_dups'] as const
/** The most rows that one gap becomes; beyond, its pieces are longer than a period (D5). */
const PIECES_MAX = 120

type Seen = { counters: ConnectionCounters; at: number }

/**
 * Turns cumulative counters into deltas, connection by connection (C1, C2). Holds at most
 * `connectionsMax` connections and forgets those not seen for `forgetMs`. While it is full, more
 * connections are counted in `refusedCount` and say nothing: a total that is too small is marked
 * so, one that is too great could not be told from a fault.
 */
export class ConnectionDeltas {
  readonly #periodMs: number
  readonly #connectionsMax: number
  readonly #forgetMs: number
  readonly #seen = new Map<string, Seen>()
  #previousAt: number | undefined
  #isPreviousComplete = false
  refusedCount = 0

  constructor(options: { periodMs: number; connectionsMax?: number; forgetMs?: number }) {
    this.#periodMs = options.periodMs
    this.#connectionsMax = options.connectionsMax ?? 200_000
    this.#forgetMs = options.forgetMs ?? 60_000
  }

  get connectionCount(): number {
    return this.#seen.size
  }

  /**
   * The deltas of one poll at `at`, lazily: it must be read to its end. A connection that did
   * nothing gives no row, so that an idle one is no sign of life.
   */
  *poll<Sample extends ConnectionSample>(
    at: number,
    samples: Iterable<Sample>,
  ): Generator<ConnectionDelta<Sample>> {
    // The machine's clock was set back: nothing can be said of the time between, so begin anew.
    if (at <= (this.#previousAt ?? -Infinity)) this.#restart()
    const sincePreviousMs = at - (this.#previousAt ?? -Infinity)
    const isBornSince = this.#isPreviousComplete && sincePreviousMs <= 2 * this.#periodMs
    const refusedBefore = this.refusedCount
    for (const sample of samples) {
      const seen = this.#seen.get(sample.conn)
      if (seen === undefined && this.#seen.size >= this.#connectionsMax) this.refusedCount++
      else {
        this.#seen.set(sample.conn, { counters: sample.counters, at })
        if (seen !== undefined) yield* this.#since(seen, sample, at)
        else if (isBornSince) yield* pieces(sample, sample.counters, { at, gapMs: sincePreviousMs })
      }
    }
    this.#previousAt = at
    this.#isPreviousComplete = this.refusedCount === refusedBefore
    this.#forget(at)
  }

  *#since<Sample extends ConnectionSample>(
    seen: Seen,
    sample: Sample,
    at: number,
  ): Generator<ConnectionDelta<Sample>> {
    const gapMs = at - seen.at
    const isLong = gapMs > 2 * this.#periodMs
    if (hasFallen(seen.counters, sample.counters)) {
      // A new connection under an old name: born within the gap, so counted whole if that is short.
      if (!isLong) yield* pieces(sample, sample.counters, { at, gapMs })
      return
    }
    const deltas = difference(seen.counters, sample.counters)
    yield* pieces(sample, deltas, isLong ? { at, gapMs, periodMs: this.#periodMs } : { at, gapMs })
  }

  #restart(): void {
    this.#seen.clear()
    this.#previousAt = undefined
    this.#isPreviousComplete = false
  }

  #forget(at: number): void {
    for (const [conn, seen] of this.#seen) {
      if (at - seen.at > this.#forgetMs) this.#seen.delete(conn)
    }
  }
}

const hasFallen = (before: ConnectionCounters, now: ConnectionCounters): boolean =>
  COUNTERS.some((name) => (now[name] ?? Infinity) < (before[name] ?? -Infinity))

function difference(before: ConnectionCounters, now: ConnectionCounters): ConnectionCounters {
  const deltas: { -readonly [Name in keyof ConnectionCounters]: number } = {}
  for (const name of COUNTERS) {
    const [from, to] = [before[name], now[name]]
    if (from !== undefined && to !== undefined) deltas[name] = to - from
  }
  return deltas
}

/** One row, or with a period one row per period: integer shares by largest remainder (C2). */
function* pieces<Sample extends ConnectionSample>(
  sample: Sample,
  deltas: ConnectionCounters,
  gap: { readonly at: number; readonly gapMs: number; readonly periodMs?: number },
): Generator<ConnectionDelta<Sample>> {
  const isSpread = gap.periodMs !== undefined
  const wanted = Math.round(gap.gapMs / (gap.periodMs ?? gap.gapMs))
  const count = isSpread ? Math.min(wanted, PIECES_MAX) : 1
  const edges = Array.from({ length: count + 1 }, (_, i) => Math.floor((gap.gapMs * i) / count))
  const spans = edges.slice(1).map((edge, i) => edge - (edges[i] ?? 0))
  const shares = COUNTERS.map((name) => {
    const total = deltas[name]
    return total === undefined ? undefined : largestRemainder(total, spans)
  })
  for (let i = 0; i < count; i++) {
    const part: { -readonly [Name in keyof ConnectionCounters]: number } = {}
    let activity = 0
    for (let c = 0; c < COUNTERS.length; c++) {
      const share = shares[c]?.[i]
      const name = COUNTERS[c]
      if (share === undefined || name === undefined) continue
      part[name] = share
      activity += share
    }
    if (activity === 0) continue
    const at = gap.at - gap.gapMs + (edges[i + 1] ?? 0)
    yield { sample, at, spanMs: spans[i] ?? 0, isSpread, isLast: i === count - 1, deltas: part }
  }
}

/** Hamilton's method: floors first, the rest to the greatest remainders, earlier ones first. */
function largestRemainder(total: number, weights: readonly number[]): readonly number[] {
  const weight = weights.reduce((sum, each) => sum + each, 0)
  // In two parts, so that every product is exact below 2^53.
  const [whole, rest] = [Math.floor(total / weight), total % weight]
  const shares = weights.map((each) => whole * each + Math.floor((rest * each) / weight))
  const left = total - shares.reduce((sum, each) => sum + each, 0)
  const order = weights.map((each, i) => ({ i, over: (rest * each) % weight }))
  order.sort((a, b) => b.over - a.over || a.i - b.i)
  for (const { i } of order.slice(0, Math.max(0, left))) shares[i] = (shares[i] ?? 0) + 1
  return shares
}
