import { errorUnitsOf, sampleError, type SampledRow, type SampleError } from './sample-error.ts'
import type { Sketch } from './sketch.ts'

/** How many rows, each counted by its rounded weight; `error` once rows of a sample are in it. */
export type CountState = { count: number; error?: SampleError | undefined }

/** Counts rows (P3): an integer, so that the order of rows and merges carries no meaning. */
export const count = {
  zero: (): CountState => ({ count: 0 }),
  /** A row of a sample, of weight w, counts ⌊w + 0.5⌋ times (S2); any other once. */
  add(state: CountState, sampled?: SampledRow): CountState {
    if (sampled === undefined) {
      state.count += 1
      return state
    }
    const { weight, cluster } = sampled
    state.count += Math.floor(weight + 0.5)
    state.error = sampleError.add(state.error ?? [], cluster, errorUnitsOf(1, weight, 1))
    return state
  },
  merge(into: CountState, from: Readonly<CountState>): CountState {
    into.count += from.count
    if (from.error !== undefined) into.error = sampleError.merge(into.error ?? [], from.error)
    return into
  },
  /** The count; 0 of no rows, because then it is known that there were none. */
  result: (state: Readonly<CountState>): number => state.count,
  /** Version 1: svarint count. Version 2 adds the error. */
  write(writer, state) {
    writer.svarint(state.count)
    if (state.error !== undefined) sampleError.write(writer, state.error)
  },
  read(reader, version) {
    const rows = reader.svarint()
    if (rows < 0) return undefined
    if (version === 1) return { count: rows }
    const error = sampleError.read(reader)
    return error && { count: rows, error }
  },
} satisfies Sketch<CountState> & Readonly<Record<string, unknown>>
