import type { ByteWriter } from '../std/bytes.ts'

/** More than any count of one bucket, and above any number of a bucket once that is shifted. */
const COUNTS_END = 2 ** 40
const SHIFT = 4096

/**
 * A quantile's state as a rising list of numbers, one for each bucket in use: bucket and count in
 * one double, exact because buckets have 13 bits and counts stay below 2^40. Adding 1 counts.
 */
export const quantileRun = {
  /** The least entry of a bucket: that of no values. Entries of it are below `end`. */
  entry: (bucket: number): number => (bucket + SHIFT) * COUNTS_END,
  /** What an entry of the next bucket is at least, from the least of this one on. */
  width: COUNTS_END,
  /** The payload that `quantile.write` makes of the same state. */
  write(writer: ByteWriter, values: Float64Array, { start, end }: { start: number; end: number }) {
    writer.varint(end - start)
    let before = 0
    for (let i = start; i < end; i++) {
      const shifted = Math.floor(values[i]! / COUNTS_END)
      writer.svarint(shifted - SHIFT - before)
      writer.varint(values[i]! - shifted * COUNTS_END)
      before = shifted - SHIFT
    }
  },
} as const
