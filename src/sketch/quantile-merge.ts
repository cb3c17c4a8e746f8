import { ByteReader } from '../std/bytes.ts'
import { EXPONENT_MAX, isBucket, valueOfBucket, type QuantileState } from './quantile.ts'

/** Buckets lie between −2 − EXPONENT_MAX and EXPONENT_MAX; the lowest has index 0. */
const LOWEST = -2 - EXPONENT_MAX

/**
 * Merges quantile states as they travel, without making them: one array over all buckets there are,
 * of which only the span in use is read and cleared. Its result is that of `quantile` over the
 * merged states, to the bit.
 */
export class QuantileMerge {
  readonly #counts = new Float64Array(EXPONENT_MAX - LOWEST + 1)
  readonly #reader = new ByteReader(new Uint8Array(0))
  #low = Infinity
  #high = -Infinity
  #total = 0

  /** Begins with nothing. */
  clear(): void {
    if (this.#total > 0) this.#counts.fill(0, this.#low, this.#high + 1)
    this.#low = Infinity
    this.#high = -Infinity
    this.#total = 0
  }

  /** Adds a payload that `isQuantilePayload` found sound. */
  add(bytes: Uint8Array, at: number, end: number): void {
    const reader = this.#reader.open(bytes, at, end)
    const counts = this.#counts
    const length = reader.varint()
    let index = -LOWEST
    for (let i = 0; i < length; i++) {
      index += reader.svarint()
      const count = reader.varint()
      if (i === 0 && index < this.#low) this.#low = index
      counts[index] = counts[index]! + count
      this.#total += count
    }
    if (length > 0 && index > this.#high) this.#high = index
  }

  /** The value of rank ⌊q (n − 1)⌋, from 0; undefined of nothing. */
  result(q: number): number | undefined {
    if (this.#total === 0) return undefined
    let left = Math.floor(q * (this.#total - 1))
    for (let index = this.#low; index <= this.#high; index++) {
      left -= this.#counts[index]!
      if (left < 0) return valueOfBucket(index + LOWEST)
    }
    return undefined
  }

  /** The merged state. */
  state(): QuantileState {
    const buckets: number[] = []
    const counts: number[] = []
    for (let index = this.#low; index <= this.#high; index++) {
      if (this.#counts[index] === 0) continue
      buckets.push(index + LOWEST)
      counts.push(this.#counts[index]!)
    }
    return { buckets, counts }
  }
}

/** Whether the reader stands at a whole payload that `quantile.write` could have made. */
export function isQuantilePayload(reader: ByteReader): boolean {
  const length = reader.varint()
  let bucket = 0
  for (let i = 0; i < length && reader.ok; i++) {
    const step = reader.svarint()
    bucket += step
    if (reader.varint() === 0 || !isBucket(bucket) || (i > 0 && step <= 0)) return false
  }
  return reader.ok && reader.at === reader.end
}
