import type { Sketch } from './sketch.ts'

/** How many rows, each counted by its rounded weight. */
export type CountState = { count: number }

/** Counts rows (P3): an integer, so that the order of rows and merges carries no meaning. */
export const count = {
  zero: (): CountState => ({ count: 0 }),
  /** A row of weight w counts ⌊w + 0.5⌋ times (S2). */
  add(state: CountState, weight: number): CountState {
    state.count += Math.floor(weight + 0.5)
    return state
  },
  merge(into: CountState, from: Readonly<CountState>): CountState {
    into.count += from.count
    return into
  },
  /** The count; 0 of no rows, because then it is known that there were none. */
  result: (state: Readonly<CountState>): number => state.count,
  write: (writer, state) => writer.svarint(state.count),
  read(reader) {
    const rows = reader.svarint()
    return rows < 0 ? undefined : { count: rows }
  },
} satisfies Sketch<CountState> & Readonly<Record<string, unknown>>
