import type { Relation } from './spark-session.ts'

/** The query of one site: pure text, made of its monitors alone. */
export type SiteProgram = {
  readonly site: string
  /** FNV-1a-64 of all text below, 16 hex digits: another one begins a checkpoint anew (Z15). */
  readonly hash: string
  /** Made in this order over what reads the rows; the query is the last one's rows. */
  views(source: Relation): readonly { readonly name: string; readonly relation: Relation }[]
  /** `key` and `value` of records of `panes`. */
  readonly statement: Relation
  /** The name under which batches tell what they have seen. */
  readonly observedAs: string
  /** Reads what a batch told, in the order of its metrics. */
  observed(values: readonly unknown[]): Observed
  /** After so much event time, ms, state may be freed (D of section 7), and how coarsely (E). */
  readonly delayMs: number
  readonly evictionMs: number
}

/** What one batch has seen. */
export type Observed = {
  /** By input partition: the greatest event time (W5), heartbeats included. */
  readonly watermarks: ReadonlyMap<number, number>
  /** By input partition: what the last heartbeat of a replay said (`final`). */
  readonly finals: ReadonlyMap<number, number>
  /** Rows that were folded, and heartbeats. */
  readonly rows: number
  readonly beats: number
  /** Rows that no pane took, by reason. */
  readonly refused: ReadonlyMap<string, number>
  /** Rows whose rate is none of `rates`: distinct counts lack them. */
  readonly otherRates: number
}
