import type { ByteReader, ByteWriter } from '../std/bytes.ts'
import type { Sketch } from './sketch.ts'

/** The least or greatest value so far; an infinity until there was one. */
export type ExtremumState = { value: number }

/** Undefined until something was seen: unknown is never shown as zero (V2). */
const result = (state: Readonly<ExtremumState>): number | undefined =>
  Number.isFinite(state.value) ? state.value : undefined

/** Nothing seen travels as no bytes. */
function write(writer: ByteWriter, state: Readonly<ExtremumState>): void {
  if (Number.isFinite(state.value)) writer.f64(state.value)
}

function readOr(zero: number): (reader: ByteReader) => ExtremumState | undefined {
  return (reader) => {
    if (reader.at === reader.end) return { value: zero }
    const value = reader.f64()
    return Number.isFinite(value) ? { value } : undefined
  }
}

/** The least value, unweighted. */
export const min = {
  zero: (): ExtremumState => ({ value: Infinity }),
  add(state: ExtremumState, value: number): ExtremumState {
    state.value = Math.min(state.value, value)
    return state
  },
  merge(into: ExtremumState, from: Readonly<ExtremumState>): ExtremumState {
    into.value = Math.min(into.value, from.value)
    return into
  },
  result,
  write,
  read: readOr(Infinity),
} satisfies Sketch<ExtremumState> & Readonly<Record<string, unknown>>

/** The greatest value, unweighted. */
export const max = {
  zero: (): ExtremumState => ({ value: -Infinity }),
  add(state: ExtremumState, value: number): ExtremumState {
    state.value = Math.max(state.value, value)
    return state
  },
  merge(into: ExtremumState, from: Readonly<ExtremumState>): ExtremumState {
    into.value = Math.max(into.value, from.value)
    return into
  },
  result,
  write,
  read: readOr(-Infinity),
} satisfies Sketch<ExtremumState> & Readonly<Record<string, unknown>>
