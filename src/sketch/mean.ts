import type { Sketch } from './sketch.ts'

/** Means are summed in thousandths, as both engines do (spark.md 5.3). */
export const MEAN_SCALE = 1000

/** A sum in thousandths and how many values are in it: quotients do not merge. */
export type MeanState = { units: number; count: number }

/** The unweighted mean of a measure: sampling scales its sum and its count alike. */
export const mean = {
  zero: (): MeanState => ({ units: 0, count: 0 }),
  add(state: MeanState, value: number): MeanState {
    state.units += Math.floor(value * MEAN_SCALE + 0.5)
    state.count += 1
    return state
  },
  merge(into: MeanState, from: Readonly<MeanState>): MeanState {
    into.units += from.units
    into.count += from.count
    return into
  },
  /** Undefined until something was counted: unknown is never shown as zero (V2). */
  result: (state: Readonly<MeanState>): number | undefined =>
    state.count === 0 ? undefined : state.units / (state.count * MEAN_SCALE),
  write(writer, state) {
    writer.svarint(Math.max(-(2 ** 60), Math.min(2 ** 60, state.units)))
    writer.varint(state.count)
  },
  read: (reader) => ({ units: reader.svarint(), count: reader.varint() }),
} satisfies Sketch<MeanState> & Readonly<Record<string, unknown>>
