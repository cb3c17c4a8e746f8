import type { AggregateKind, AggregateSpec } from '../model/monitor.ts'
import type { PaneState } from '../model/pane.ts'
import { ByteReader, type ByteWriter } from '../std/bytes.ts'
import { count, type CountState } from './count.ts'
import { distinct, type DistinctState } from './distinct.ts'
import { max, min, type ExtremumState } from './extrema.ts'
import { mean, type MeanState } from './mean.ts'
import { quantile, type QuantileState } from './quantile.ts'
import type { Sketch } from './sketch.ts'
import { sum, type SumState } from './sum.ts'

/** The state behind each kind of aggregate. */
export type StateByKind = {
  readonly count: CountState
  readonly sum: SumState
  readonly min: ExtremumState
  readonly max: ExtremumState
  readonly mean: MeanState
  readonly quantile: QuantileState
  readonly distinct: DistinctState
}

/** Any aggregate's state; which one, its spec's kind says. */
export type AggregateState = StateByKind[AggregateKind]

type Row<S> = Sketch<S> & {
  /** Its number in a pane (formats.md 2), and the version of its payload. */
  readonly code: number
  readonly version: number
  readonly zero: (spec: AggregateSpec) => S
  readonly result: (state: Readonly<S>, spec: AggregateSpec) => number | undefined
}

/** The median, where a spec asks for a quantile and names no rank. */
const RANK_DEFAULT = 0.5

/** Total by type: a new kind does not compile until it has its row. */
const TABLE: { readonly [K in AggregateKind]: Row<StateByKind[K]> } = {
  count: { ...count, code: 1, version: 1 },
  sum: { ...sum, code: 2, version: 1, zero: (spec) => sum.zero(spec.digits) },
  min: { ...min, code: 3, version: 1 },
  max: { ...max, code: 4, version: 1 },
  mean: { ...mean, code: 5, version: 1 },
  quantile: {
    ...quantile,
    code: 6,
    version: 1,
    result: (state, spec) => quantile.result(state, spec.q ?? RANK_DEFAULT),
  },
  distinct: { ...distinct, code: 7, version: 1 },
}

/** The row of a kind; generic, so that a state and its spec stay of one kind. */
const row = <K extends AggregateKind>(kind: K): Row<StateByKind[K]> => TABLE[kind]

/** All kinds alike, for those who merge panes: every state given was made for the spec given. */
export const aggregateState = {
  /** The state of no rows. */
  zero: (spec: AggregateSpec): AggregateState => row(spec.kind).zero(spec),
  /** Writes into the first state and returns it; nothing of the second is kept. */
  merge: (spec: AggregateSpec, into: AggregateState, from: AggregateState): AggregateState =>
    row(spec.kind).merge(into, from),
  /** Undefined where nothing was seen; counts and sums of nothing are 0 (V2). */
  result: (spec: AggregateSpec, state: AggregateState): number | undefined =>
    row(spec.kind).result(state, spec),
  /** Number and version of a kind's payload in a pane. */
  form: (kind: AggregateKind): Pick<PaneState, 'kind' | 'version'> => ({
    kind: TABLE[kind].code,
    version: TABLE[kind].version,
  }),
  /** The state as it travels; the writer comes back empty. */
  encode(spec: AggregateSpec, state: AggregateState, writer: ByteWriter): PaneState {
    const { code, version, write } = row(spec.kind)
    write(writer, state)
    return { kind: code, version, payload: writer.take() }
  },
  /** Undefined for another kind, version or resolution, or bytes that are not ours. */
  decode(spec: AggregateSpec, from: PaneState): AggregateState | undefined {
    const { code, version, read } = row(spec.kind)
    if (from.kind !== code || from.version !== version) return undefined
    const reader = new ByteReader(from.payload)
    const state = read(reader)
    if (state === undefined || !reader.ok || reader.at !== reader.end) return undefined
    if ('digits' in state && state.digits !== spec.digits) return undefined
    return state
  },
}
