import type { ByteArena } from '../../std/byte-arena.ts'
import { ByteReader } from '../../std/bytes.ts'
import { grown } from '../../std/grown.ts'
import { SAMPLE_BUCKETS, sampleError, type SampleError } from '../../sketch/sample-error.ts'

/** Rows of a table to merge: the first `count` of `rows`. */
export type RowList = { readonly rows: Int32Array; readonly count: number }

const NONE = 0
/** The pane is of a sample and did not bring its error. */
const UNKNOWN = -1

/**
 * The errors of a sampled aggregate's states, as they travelled. They take room only once there are
 * any, since most monitors of a site that samples nothing have none.
 */
export class HeldErrors {
  readonly #arena: ByteArena
  readonly #reader = new ByteReader(new Uint8Array(0))
  readonly #sums = new Float64Array(SAMPLE_BUCKETS)
  #starts = new Int32Array(0)
  #lengths = new Int32Array(0)
  #size = 0

  constructor(arena: ByteArena) {
    this.#arena = arena
  }

  grow(size: number): void {
    this.#size = size
    if (this.#lengths.length > 0) this.#reserve()
  }

  /** Keeps the error in [at, end) of these bytes. */
  put(
    row: number,
    from: { readonly bytes: Uint8Array; readonly at: number; readonly end: number },
  ) {
    this.#reserve()
    this.clear(row)
    const length = from.end - from.at
    this.#starts[row] = this.#arena.keep(from.bytes, from.at, length)
    this.#lengths[row] = length
  }

  /** The row's error is not known. */
  putUnknown(row: number): void {
    this.#reserve()
    this.clear(row)
    this.#lengths[row] = UNKNOWN
  }

  clear(row: number): void {
    const length = this.#lengths[row] ?? NONE
    if (length === NONE) return
    if (length > 0) this.#arena.release(this.#starts[row]!, length)
    this.#lengths[row] = NONE
  }

  /** The error over these rows; undefined where no row of a sample is among them. */
  merge({ rows, count }: RowList): SampleError | undefined {
    let isSampled = false
    this.#sums.fill(0)
    for (let i = 0; i < count; i++) {
      const length = this.#lengths[rows[i]!] ?? NONE
      if (length === UNKNOWN) return sampleError.unknown()
      if (length === NONE) continue
      isSampled = true
      this.#add(this.#starts[rows[i]!]!, length)
    }
    if (!isSampled) return undefined
    const merged: number[] = []
    for (let bucket = 0; bucket < SAMPLE_BUCKETS; bucket++) {
      if (this.#sums[bucket] !== 0) merged.push(bucket, this.#sums[bucket]!)
    }
    return merged
  }

  #add(start: number, length: number): void {
    const reader = this.#reader.open(this.#arena.bytes, start, start + length)
    const [high, low] = [reader.u32be(), reader.u32be()]
    const sums = this.#sums
    for (let bucket = 0; bucket < SAMPLE_BUCKETS; bucket++) {
      if (!isSet(bucket, high, low)) continue
      sums[bucket] = sums[bucket]! + reader.svarint()
    }
  }

  #reserve(): void {
    if (this.#lengths.length === this.#size) return
    this.#starts = grown(this.#starts, this.#size)
    this.#lengths = grown(this.#lengths, this.#size)
  }
}

/** Whether what is left is the error of a sample as `sampleError.write` makes it, and no more. */
export function isErrorPayload(reader: ByteReader): boolean {
  const [high, low] = [reader.u32be(), reader.u32be()]
  for (let bucket = 0; bucket < SAMPLE_BUCKETS && reader.ok; bucket++) {
    if (isSet(bucket, high, low) && reader.svarint() === 0) return false
  }
  return reader.ok && reader.at === reader.end
}

/** The lowest bucket is the lowest bit. */
const isSet = (bucket: number, high: number, low: number): boolean =>
  (((bucket < 32 ? low : high) >>> (bucket & 31)) & 1) === 1
