import { assert } from '../std/assert.ts'
import { errorUnitsOf, sampleError, type SampledRow, type SampleError } from './sample-error.ts'
import type { Sketch } from './sketch.ts'

/** Beyond this a sum is far from exact; what travels is cut here, so that a varint holds it. */
const TRAVEL_UNITS_MAX = 2 ** 60
const DIGITS_MAX = 9

/** A sum in units of 10^−digits; `error` once rows of a sample are in it. */
export type SumState = {
  readonly digits: number
  units: number
  error?: SampleError | undefined
}

/** Units in one whole: 10^digits, for digits from 0 to 9. */
export function scaleOf(digits: number): number {
  assert(digits >= 0 && digits <= DIGITS_MAX, 'config admits 0 to 9 digits')
  return 10 ** digits
}

/** A value as an integer of units, ⌊w · x · scale + 0.5⌋, left to right in doubles (Z7, P3). */
export const unitsOf = (value: number, weight: number, scale: number): number =>
  Math.floor(weight * value * scale + 0.5)

/** Whether a number of units is still exact; the flag of a pane keeps a "no" (P3). */
export const isExactSum = (units: number): boolean => Math.abs(units) <= Number.MAX_SAFE_INTEGER

/**
 * Sums a measure at its resolution (P3): each value is rounded once and then added as an integer,
 * so the same rows give the same bits in whatever order they are merged, up to 2^53 units.
 */
export const sum = {
  zero: (digits: number): SumState => ({ digits, units: 0 }),
  add(state: SumState, value: number, sampled?: SampledRow): SumState {
    const scale = scaleOf(state.digits)
    state.units += unitsOf(value, sampled?.weight ?? 1, scale)
    if (sampled === undefined) return state
    const { weight, cluster } = sampled
    state.error = sampleError.add(state.error ?? [], cluster, errorUnitsOf(value, weight, scale))
    return state
  },
  merge(into: SumState, from: Readonly<SumState>): SumState {
    assert(into.digits === from.digits, 'sums merge at one resolution')
    into.units += from.units
    if (from.error !== undefined) into.error = sampleError.merge(into.error ?? [], from.error)
    return into
  },
  /** The sum; 0 of no rows, because then it is known that nothing was added. */
  result: (state: Readonly<SumState>): number => state.units / scaleOf(state.digits),
  /** Version 1: u8 digits, svarint units. Version 2 adds the error. */
  write(writer, state) {
    writer.u8(state.digits)
    writer.svarint(Math.max(-TRAVEL_UNITS_MAX, Math.min(TRAVEL_UNITS_MAX, state.units)))
    if (state.error !== undefined) sampleError.write(writer, state.error)
  },
  read(reader, version) {
    const digits = reader.u8()
    const units = reader.svarint()
    if (digits > DIGITS_MAX) return undefined
    if (version === 2) {
      const error = sampleError.read(reader)
      return error && { digits, units, error }
    }
    // Version 1 once had Σ w(w − 1)x² of rows behind it, which is no error of sessions (ADR 0014).
    const isSound = reader.at === reader.end || reader.svarint() >= 0
    return isSound ? { digits, units } : undefined
  },
} satisfies Sketch<SumState> & Readonly<Record<string, unknown>>
