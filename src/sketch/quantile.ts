import { bucketOf, ZERO_BUCKET } from './quantile-bucket.ts'
import type { Sketch } from './sketch.ts'

const GAMMA = 1.01 / 0.99
/** Of 2^53 · 1000 units. Exponents 1 to 34 hold no integer: so fewer than 4,367 buckets exist. */
export const EXPONENT_MAX = 2183

/** Buckets in use, rising, and beside each how many values fell into it. */
export type QuantileState = { buckets: number[]; counts: number[] }

/** Whether a value can fall into it. */
export const isBucket = (bucket: number): boolean =>
  (bucket >= ZERO_BUCKET ? bucket : -2 - bucket) <= EXPONENT_MAX

/** The value that a bucket stands for: within 1 % of each that fell into it, ± 0.0005. */
export function valueOfBucket(bucket: number): number {
  if (bucket === ZERO_BUCKET) return 0
  const exponent = bucket >= 0 ? bucket : -2 - bucket
  const magnitude = (2 * GAMMA ** exponent) / (GAMMA + 1) / 1000
  return bucket >= 0 ? magnitude : -magnitude
}

/** Index of the first bucket that is not below `bucket`, searched from `from` on. */
function seek(buckets: readonly number[], bucket: number, from: number): number {
  let low = from
  let high = buckets.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (buckets[middle]! < bucket) low = middle + 1
    else high = middle
  }
  return low
}

function addTo(state: QuantileState, at: number, entry: { bucket: number; count: number }): void {
  if (state.buckets[at] === entry.bucket) {
    state.counts[at] = state.counts[at]! + entry.count
    return
  }
  state.buckets.splice(at, 0, entry.bucket)
  state.counts.splice(at, 0, entry.count)
}

/**
 * Quantiles by counting logarithmic buckets (DDSketch: Masson, Rim and Lee, VLDB 2019), unweighted.
 * Departures: values are rounded to thousandths first, and no buckets collapse, because fewer
 * than 4,367 exist; so merging stays associative to the bit. Sorted arrays rather than a map: panes
 * of one group share most of their buckets, and a merge then is a walk without an allocation.
 */
export const quantile = {
  zero: (): QuantileState => ({ buckets: [], counts: [] }),
  add(state: QuantileState, value: number): QuantileState {
    const bucket = bucketOf(value)
    const at = seek(state.buckets, bucket, 0)
    if (state.buckets[at] === bucket) state.counts[at] = state.counts[at]! + 1
    else addTo(state, at, { bucket, count: 1 })
    return state
  },
  merge(into: QuantileState, from: Readonly<QuantileState>): QuantileState {
    let at = 0
    for (let i = 0; i < from.buckets.length; i++) {
      const bucket = from.buckets[i]!
      // Mostly the next one: the search only runs where the two differ.
      if (into.buckets[at] !== bucket) at = seek(into.buckets, bucket, at)
      if (into.buckets[at] === bucket) into.counts[at] = into.counts[at]! + from.counts[i]!
      else addTo(into, at, { bucket, count: from.counts[i]! })
      at++
    }
    return into
  },
  /** The value of rank ⌊q (n − 1)⌋, from 0; undefined of nothing. */
  result({ buckets, counts }: Readonly<QuantileState>, q: number): number | undefined {
    let total = 0
    for (const count of counts) total += count
    if (total === 0) return undefined
    let left = Math.floor(q * (total - 1))
    for (let i = 0; i < buckets.length; i++) {
      left -= counts[i]!
      if (left < 0) return valueOfBucket(buckets[i]!)
    }
    return undefined
  },
  /** Gives back the room that adding left over, for a state that will hardly change. */
  trim(state: QuantileState): void {
    state.buckets = state.buckets.slice()
    state.counts = state.counts.slice()
  },
  /** n, then the first bucket and the differences to it and from one to the next, each a count. */
  write(writer, { buckets, counts }) {
    writer.varint(buckets.length)
    let before = 0
    for (let i = 0; i < buckets.length; i++) {
      writer.svarint(buckets[i]! - before)
      writer.varint(counts[i]!)
      before = buckets[i]!
    }
  },
  read(reader) {
    const length = reader.varint()
    // Two bytes an entry at least; as long as needed and no longer, since panes are held by the
    // ten thousand and a list that grows takes room for seventeen.
    if (!reader.ok || length > reader.end - reader.at) return undefined
    const buckets = new Array<number>(length)
    const counts = new Array<number>(length)
    let before = 0
    for (let i = 0; i < length; i++) {
      const step = reader.svarint()
      const count = reader.varint()
      const bucket = before + step
      if (!reader.ok || count === 0 || !isBucket(bucket)) return undefined
      if (i > 0 && step <= 0) return undefined
      buckets[i] = bucket
      counts[i] = count
      before = bucket
    }
    return { buckets, counts }
  },
} satisfies Sketch<QuantileState> & Readonly<Record<string, unknown>>
