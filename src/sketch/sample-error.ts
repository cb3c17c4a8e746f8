import type { ByteReader, ByteWriter } from '../std/bytes.ts'
import { assert } from '../std/assert.ts'

/** Into how many buckets clusters fall; a power of two below 128, so that a bit is left to sign. */
export const SAMPLE_BUCKETS = 64
/** Errors are kept in hundredths of a sum's unit: √(w(w − 1)) is no integer, and 1 is a usual x. */
const FINER = 100
const TRAVEL_UNITS_MAX = 2 ** 60

/**
 * The error of a sampled sum or count: bucket, sum, bucket, sum, … by rising bucket, no sum 0. A
 * plain list, because most panes have few sessions and are held by the ten thousand.
 */
export type SampleError = number[]

/** What a row of a sample says of itself: what it stands for, and its cluster (Z18). */
export type SampledRow = { readonly weight: number; readonly cluster: number }

/** A row's share in the error, ⌊√(w(w − 1)) · x · scale · 100 + 0.5⌋, left to right (Z18). */
export const errorUnitsOf = (value: number, weight: number, scale: number): number =>
  Math.floor(Math.sqrt(weight * (weight - 1)) * value * (scale * FINER) + 0.5)

/**
 * The variance of a total that was sampled by clusters. Where each cluster s (a session) is kept
 * with chance 1/w, all of it or nothing, Σ w·X_s over those kept estimates the total, and
 * Σ w(w − 1)·X_s² its variance (Horvitz and Thompson, 1952, under Poisson sampling: Särndal,
 * Swensson and Wretman, Model Assisted Survey Sampling, 1992, section 3.5). X_s is all that a
 * session has in the window, whose rows arrive in many slices; so that no state keeps sessions,
 * the second moment is sketched: √(w(w − 1))·x of every row is added to one of 64 buckets with a
 * sign, both by a hash of the session, and the sum of the squared buckets estimates the variance
 * without bias (Alon, Matias and Szegedy, 1996; in buckets: Charikar, Chen and Farach-Colton,
 * 2002). Sums of integers: so merging leaves no trace (P3), exact up to 2^53 hundredths of a unit.
 *
 * What it assumes: clusters are kept independently of each other and of what is in them, and the
 * hash of names is independent of the hash that sampled them.
 */
export const sampleError = {
  zero: (): SampleError => [],
  /** The error of a total whose rows did not bring theirs: it makes every sum with it unknown. */
  unknown: (): SampleError => [0, NaN],
  isKnown: (error: Readonly<SampleError>): boolean => !Number.isNaN(error[1] ?? 0),
  /** Adds what `errorUnitsOf` says of a row. */
  add(error: SampleError, cluster: number, units: number): SampleError {
    const isNegative = (cluster & SAMPLE_BUCKETS) !== 0
    const bucket = cluster & (SAMPLE_BUCKETS - 1)
    addAt(error, seek(error, bucket), { bucket, units: isNegative ? -units : units })
    return error
  },
  merge(into: SampleError, from: Readonly<SampleError>): SampleError {
    for (let i = 0; i < from.length; i += 2) {
      addAt(into, seek(into, from[i]!), { bucket: from[i]!, units: from[i + 1]! })
    }
    return into
  },
  /** Adds `factor` times each bucket's sum, in units of 10^−digits, to 64 numbers. */
  addTo(
    sums: Float64Array,
    error: Readonly<SampleError>,
    by: { readonly factor: number; readonly digits: number },
  ): void {
    const factor = by.factor / (10 ** by.digits * FINER)
    for (let i = 0; i < error.length; i += 2) sums[error[i]!]! += factor * error[i + 1]!
  },
  /** u64be of the buckets in use, the lowest as the lowest bit, then their sums. */
  write(writer: ByteWriter, error: Readonly<SampleError>): void {
    assert(sampleError.isKnown(error), 'an unknown error does not travel')
    let [high, low] = [0, 0]
    for (let i = 0; i < error.length; i += 2) {
      const bucket = error[i]!
      if (bucket < 32) low |= 1 << bucket
      else high |= 1 << (bucket - 32)
    }
    writer.u64be(high >>> 0, low >>> 0)
    for (let i = 1; i < error.length; i += 2) {
      writer.svarint(Math.max(-TRAVEL_UNITS_MAX, Math.min(TRAVEL_UNITS_MAX, error[i]!)))
    }
  },
  read(reader: ByteReader): SampleError | undefined {
    const [high, low] = reader.u64be()
    const error: SampleError = []
    for (let bucket = 0; bucket < SAMPLE_BUCKETS; bucket++) {
      const bits = bucket < 32 ? low : high
      if (((bits >>> (bucket % 32)) & 1) === 0) continue
      const units = reader.svarint()
      if (units === 0) return undefined
      error.push(bucket, units)
    }
    return reader.ok ? error : undefined
  },
} as const

/** Where the bucket stands, or would. */
function seek(error: Readonly<SampleError>, bucket: number): number {
  let low = 0
  let high = error.length / 2
  while (low < high) {
    const middle = (low + high) >>> 1
    if (error[middle * 2]! < bucket) low = middle + 1
    else high = middle
  }
  return low * 2
}

function addAt(
  error: SampleError,
  at: number,
  { bucket, units }: { readonly bucket: number; readonly units: number },
): void {
  const isThere = error[at] === bucket
  const sum = (isThere ? error[at + 1]! : 0) + units
  // What cancels out leaves no trace, so that equal states are equal lists.
  if (sum === 0) {
    if (isThere) error.splice(at, 2)
  } else if (isThere) error[at + 1] = sum
  else error.splice(at, 0, bucket, sum)
}
