import type { AggregateSpec } from '../../model/monitor.ts'
import type { PaneWriter } from '../../wire/pane-writer.ts'
import type { FieldBatch } from '../rows/field-batch.ts'
import type { RowFacts } from '../rows/row-facts.ts'
import type { RowSelection } from '../derived/row-selection.ts'
import type { DerivedColumns } from '../derived/derived-columns.ts'
import type { SampleErrors } from './sample-errors.ts'
import type { SlotStore } from './slot-store.ts'

/** Rows on their way into states: `slots[row]` is the row's slot, 0 where it came too late. */
export type Placed = {
  readonly facts: RowFacts
  readonly slots: Int32Array
}

/** The states of one aggregate in all slots of a fold. */
export interface StateColumn {
  /** Folds those of the placed rows that the aggregate takes. */
  fold(placed: Placed): void
  /** Writes a slot's state into the pane under way. */
  write(slot: number, to: PaneWriter): void
  /** False once a sum has passed 2^53 (P3). */
  isExact(slot: number): boolean
  /** Gives back what the first `count` of some slots hold beside their lanes. */
  release(slots: Int32Array, count: number): void
  /** The store was renewed: what all of these slots hold beside their lanes moves together. */
  renew(slots: Iterable<number>): void
}

/** What a column is made of. */
export type ColumnPlan = {
  readonly spec: AggregateSpec
  readonly batch: FieldBatch
  readonly derived: DerivedColumns
  /** Rows of the fold, narrowed by the aggregate's own `where`. */
  readonly rows: RowSelection
  readonly store: SlotStore
  /** The first of its lanes in every slot. */
  readonly lane: number
  readonly errors: SampleErrors
  /** Number of a sum or count among those of the fold, by which `errors` knows it. */
  readonly total: number
}

/** The field whose absence leaves a row out; every row has a `ts`, for counts of rows. */
export const fieldOf = ({ spec, batch }: ColumnPlan): number => batch.field(spec.field ?? 'ts')
