import type { AggregateKind, AggregateSpec } from '../model/monitor.ts'
import type { PaneState } from '../model/pane.ts'
import { ByteReader, type ByteWriter } from '../std/bytes.ts'
import { count, type CountState } from './count.ts'
import { distinct, type DistinctState } from './distinct.ts'
import { max, min, type ExtremumState } from './extrema.ts'
import { mean, type MeanState } from './mean.ts'
import { quantile, type QuantileState } from './quantile.ts'
import { sampleError } from './sample-error.ts'
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
  /** Its number in a pane (formats.md 2), and the newest version of its payload. */
  readonly code: number
  readonly versionMax: number
  /** The version that this state needs; 1 where nothing is said. */
  readonly versionOf?: (state: Readonly<S>) => number
  readonly zero: (spec: AggregateSpec) => S
  readonly result: (state: Readonly<S>, spec: AggregateSpec) => number | undefined
}

/** The median, where a spec asks for a quantile and names no rank. */
const RANK_DEFAULT = 0.5

/** Sums and counts of a sample carry their error, which came with version 2. */
const sampledVersion = (state: Readonly<CountState | SumState>): number =>
  state.error === undefined ? 1 : 2

/** Total by type: a new kind does not compile until it has its row. */
const TABLE: { readonly [K in AggregateKind]: Row<StateByKind[K]> } = {
  count: { ...count, code: 1, versionMax: 2, versionOf: sampledVersion },
  sum: {
    ...sum,
    code: 2,
    versionMax: 2,
    versionOf: sampledVersion,
    zero: (spec) => sum.zero(spec.digits),
  },
  min: { ...min, code: 3, versionMax: 1 },
  max: { ...max, code: 4, versionMax: 1 },
  mean: { ...mean, code: 5, versionMax: 1 },
  quantile: {
    ...quantile,
    code: 6,
    versionMax: 1,
    result: (state, spec) => quantile.result(state, spec.q ?? RANK_DEFAULT),
  },
  distinct: { ...distinct, code: 7, versionMax: 1 },
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
  /** Number of a kind in a pane with the version of its payload, 2 where it holds an error. */
  form: (kind: AggregateKind, version: 1 | 2 = 1): Pick<PaneState, 'kind' | 'version'> => ({
    kind: TABLE[kind].code,
    version,
  }),
  /** The state as it travels; the writer comes back empty. */
  encode(spec: AggregateSpec, state: AggregateState, writer: ByteWriter): PaneState {
    const { code, versionOf, write } = row(spec.kind)
    write(writer, state)
    return { kind: code, version: versionOf?.(state) ?? 1, payload: writer.take() }
  },
  /**
   * Undefined for another kind, version or resolution, or bytes that are not ours. A sum or count
   * of a sampled pane that did not bring its error has an unknown one.
   */
  decode(
    spec: AggregateSpec,
    from: PaneState,
    pane?: { readonly sampled: boolean },
  ): AggregateState | undefined {
    const { code, versionMax, read } = row(spec.kind)
    if (from.kind !== code || from.version < 1 || from.version > versionMax) return undefined
    const reader = new ByteReader(from.payload)
    const state = read(reader, from.version)
    if (state === undefined || !reader.ok || reader.at !== reader.end) return undefined
    if ('digits' in state && state.digits !== spec.digits) return undefined
    if (pane?.sampled === true && versionMax === 2 && from.version === 1) {
      return { ...state, error: sampleError.unknown() }
    }
    return state
  },
}
