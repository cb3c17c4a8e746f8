import { BucketColumn } from './bucket-column.ts'
import type { FieldBatch } from '../rows/field-batch.ts'
import { GroupTable } from './group-table.ts'
import { RowSelection } from './row-selection.ts'
import { SliceCells } from './slice-cells.ts'

/**
 * What monitors have in common is found once a batch: which rows pass a test, which group a row is
 * of, which slice it falls into, which bucket a value has.
 */
export class DerivedColumns {
  /** All rows that are folded. */
  readonly rows: RowSelection
  /** By `group_by`, as JSON. */
  readonly groupTables = new Map<string, GroupTable>()
  readonly #batch: FieldBatch
  readonly #cells = new Map<number, SliceCells>()
  readonly #buckets = new Map<number, BucketColumn>()

  constructor(batch: FieldBatch) {
    this.#batch = batch
    this.rows = new RowSelection(batch)
  }

  groupsOf(groupBy: readonly string[]): GroupTable {
    const name = JSON.stringify(groupBy)
    const found = this.groupTables.get(name) ?? new GroupTable(this.#batch, groupBy)
    this.groupTables.set(name, found)
    return found
  }

  cellsOf(sliceMs: number): SliceCells {
    const found = this.#cells.get(sliceMs) ?? new SliceCells(sliceMs, this.#batch)
    this.#cells.set(sliceMs, found)
    return found
  }

  bucketsOf(field: number): BucketColumn {
    const found = this.#buckets.get(field) ?? new BucketColumn(this.#batch, field)
    this.#buckets.set(field, found)
    return found
  }
}
