import { aggregateState } from '../../sketch/aggregate-state.ts'
import { quantileRun } from '../../sketch/quantile-run.ts'
import { SortedRuns } from '../../std/sorted-runs.ts'
import type { PaneWriter } from '../../wire/pane-writer.ts'
import type { BucketColumn } from '../derived/bucket-column.ts'
import { fieldOf, type ColumnPlan, type Placed, type StateColumn } from './state-column.ts'

const { entry: entryOf, width: WIDTH } = quantileRun
const FORM = aggregateState.form('quantile')

/** One lane: the handle of a run of packed buckets. */
export class QuantileColumn implements StateColumn {
  readonly #plan: ColumnPlan
  readonly #field: number
  readonly #buckets: BucketColumn
  #runs = new SortedRuns()
  /** For `write`. */
  readonly #run = { start: 0, end: 0 }

  constructor(plan: ColumnPlan) {
    this.#plan = plan
    this.#field = fieldOf(plan)
    this.#buckets = plan.derived.bucketsOf(this.#field)
  }

  fold({ facts, slots }: Placed): void {
    const { batch, store, lane } = this.#plan
    const { rows, count } = this.#plan.rows.take(facts)
    const mask = batch.mask(this.#field)
    const bit = batch.bit(this.#field)
    const buckets = this.#buckets.take(facts)
    const runs = this.#runs
    runs.handles = store.integers
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      const slot = slots[row]!
      if (slot === 0 || (mask[row]! & bit) === 0) continue
      const run = (slot + lane) * 2
      const entry = entryOf(buckets.of(row))
      const at = runs.seek(run, entry)
      const { values } = runs
      if (at < runs.end(run) && values[at]! < entry + WIDTH) values[at] = values[at]! + 1
      else runs.insert(run, at, entry + 1)
    }
  }

  write(slot: number, to: PaneWriter): void {
    const handle = this.#runOf(slot)
    const run = this.#run
    run.start = this.#runs.start(handle)
    run.end = this.#runs.end(handle)
    to.openState(FORM)
    quantileRun.write(to.bytes, this.#runs.values, run)
    to.closeState()
  }

  isExact(): boolean {
    return true
  }

  release(slots: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) this.#runs.release(this.#runOf(slots[i]!))
  }

  renew(slots: Iterable<number>): void {
    const { values } = this.#runs
    this.#runs = new SortedRuns()
    for (const slot of slots) this.#runs.adopt(this.#runOf(slot), values)
  }

  #runOf(slot: number): number {
    this.#runs.handles = this.#plan.store.integers
    return (slot + this.#plan.lane) * 2
  }
}
