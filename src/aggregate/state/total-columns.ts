import { aggregateState } from '../../sketch/aggregate-state.ts'
import { count, type CountState } from '../../sketch/count.ts'
import { errorUnitsOf, SAMPLE_BUCKETS, type SampleError } from '../../sketch/sample-error.ts'
import { isExactSum, scaleOf, sum, unitsOf, type SumState } from '../../sketch/sum.ts'
import type { PaneWriter } from '../../wire/pane-writer.ts'
import { NumberColumn } from './number-columns.ts'
import type { ColumnPlan, Placed, StateColumn } from './state-column.ts'

/** What sums and counts have in common: beside their lane stands the error of a sample. */
abstract class TotalColumn extends NumberColumn {
  readonly #sampledForm: ReturnType<typeof aggregateState.form>

  constructor(plan: ColumnPlan) {
    super(plan)
    this.#sampledForm = aggregateState.form(plan.spec.kind, 2)
  }

  override isExact(slot: number): boolean {
    return isExactSum(this.number(slot))
  }

  /** Begins the slot's state in the version that it needs; answers its error. */
  protected openTotal(slot: number, to: PaneWriter): SampleError | undefined {
    const error = this.plan.errors.of(slot, this.plan.total)
    if (error === undefined) this.open(to)
    else to.openState(this.#sampledForm)
    return error
  }
}

/** One lane: the count. */
export class CountColumn extends TotalColumn implements StateColumn {
  readonly #state: CountState = { ...count.zero(), error: undefined }

  fold({ facts, slots }: Placed): void {
    const { batch, store, lane } = this.plan
    const { rows, count: rowCount } = this.plan.rows.take(facts)
    const { numbers } = store
    const mask = batch.mask(this.field)
    const bit = this.bit
    if (facts.weights !== undefined) {
      this.#foldSample({ facts, slots }, facts.weights)
      return
    }
    for (let i = 0; i < rowCount; i++) {
      const row = rows[i]!
      const slot = slots[row]!
      if (slot === 0 || (mask[row]! & bit) === 0) continue
      numbers[slot + lane] = numbers[slot + lane]! + 1
    }
  }

  #foldSample({ facts, slots }: Placed, weights: Float64Array): void {
    const { batch, store, lane, errors, total } = this.plan
    const { rows, count: rowCount } = this.plan.rows.take(facts)
    const { numbers } = store
    const { sums, places } = errors
    const { clusters } = facts
    const mask = batch.mask(this.field)
    const bit = this.bit
    for (let i = 0; i < rowCount; i++) {
      const row = rows[i]!
      const slot = slots[row]!
      if (slot === 0 || (mask[row]! & bit) === 0) continue
      const weight = weights[row]!
      numbers[slot + lane] = numbers[slot + lane]! + Math.floor(weight + 0.5)
      if (weight === 1) continue
      const units = errorUnitsOf(1, weight, 1)
      const at = places[row]! + total
      sums[at] = sums[at]! + ((clusters[row]! & SAMPLE_BUCKETS) === 0 ? units : -units)
    }
  }

  write(slot: number, to: PaneWriter): void {
    this.#state.error = this.openTotal(slot, to)
    this.#state.count = this.number(slot)
    count.write(to.bytes, this.#state)
    to.closeState()
  }
}

/** One lane: the units. */
export class SumColumn extends TotalColumn implements StateColumn {
  readonly #scale: number
  readonly #state: SumState

  constructor(plan: ColumnPlan) {
    super(plan)
    this.#scale = scaleOf(plan.spec.digits)
    this.#state = { ...sum.zero(plan.spec.digits), error: undefined }
  }

  fold({ facts, slots }: Placed): void {
    const { batch, store, lane } = this.plan
    const { rows, count: rowCount } = this.plan.rows.take(facts)
    const { numbers } = store
    const values = batch.numbers[this.field]!
    const mask = batch.mask(this.field)
    const bit = this.bit
    const scale = this.#scale
    if (facts.weights !== undefined) {
      this.#foldSample({ facts, slots }, facts.weights)
      return
    }
    for (let i = 0; i < rowCount; i++) {
      const row = rows[i]!
      const slot = slots[row]!
      if (slot === 0 || (mask[row]! & bit) === 0) continue
      numbers[slot + lane] = numbers[slot + lane]! + unitsOf(values[row]!, 1, scale)
    }
  }

  #foldSample({ facts, slots }: Placed, weights: Float64Array): void {
    const { batch, store, lane, errors, total } = this.plan
    const { rows, count: rowCount } = this.plan.rows.take(facts)
    const { numbers } = store
    const { sums, places } = errors
    const { clusters } = facts
    const values = batch.numbers[this.field]!
    const mask = batch.mask(this.field)
    const bit = this.bit
    const scale = this.#scale
    for (let i = 0; i < rowCount; i++) {
      const row = rows[i]!
      const slot = slots[row]!
      if (slot === 0 || (mask[row]! & bit) === 0) continue
      const weight = weights[row]!
      const value = values[row]!
      numbers[slot + lane] = numbers[slot + lane]! + unitsOf(value, weight, scale)
      if (weight === 1) continue
      const units = errorUnitsOf(value, weight, scale)
      const at = places[row]! + total
      sums[at] = sums[at]! + ((clusters[row]! & SAMPLE_BUCKETS) === 0 ? units : -units)
    }
  }

  write(slot: number, to: PaneWriter): void {
    this.#state.error = this.openTotal(slot, to)
    this.#state.units = this.number(slot)
    sum.write(to.bytes, this.#state)
    to.closeState()
  }
}
