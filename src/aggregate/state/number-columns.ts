import { aggregateState } from '../../sketch/aggregate-state.ts'
import { max } from '../../sketch/extrema.ts'
import { mean, MEAN_SCALE } from '../../sketch/mean.ts'
import { isExactSum, unitsOf } from '../../sketch/sum.ts'
import type { PaneWriter } from '../../wire/pane-writer.ts'
import { fieldOf, type ColumnPlan, type Placed, type StateColumn } from './state-column.ts'

/** What columns of a few numbers a slot have in common: nothing is held beside the lanes. */
export abstract class NumberColumn {
  protected readonly plan: ColumnPlan
  protected readonly field: number
  protected readonly bit: number
  readonly #form: ReturnType<typeof aggregateState.form>

  constructor(plan: ColumnPlan) {
    this.plan = plan
    this.#form = aggregateState.form(plan.spec.kind)
    this.field = fieldOf(plan)
    this.bit = plan.batch.bit(this.field)
  }

  release(): void {}

  renew(): void {}

  isExact(_slot: number): boolean {
    return true
  }

  /** The slot's numbers: `laneOf(slot)` is the first of its own. */
  protected number(slot: number, lane = 0): number {
    return this.plan.store.numbers[slot + this.plan.lane + lane]!
  }

  protected open(to: PaneWriter): void {
    to.openState(this.#form)
  }
}

/** One lane: the least or greatest value, an infinity before the first. */
export class ExtremumColumn extends NumberColumn implements StateColumn {
  readonly #state = max.zero()

  fold({ facts, slots }: Placed): void {
    const { batch, store, lane, spec } = this.plan
    const { rows, count: rowCount } = this.plan.rows.take(facts)
    const { numbers } = store
    const values = batch.numbers[this.field]!
    const mask = batch.mask(this.field)
    const bit = this.bit
    const isMin = spec.kind === 'min'
    for (let i = 0; i < rowCount; i++) {
      const row = rows[i]!
      const slot = slots[row]!
      if (slot === 0 || (mask[row]! & bit) === 0) continue
      const value = values[row]!
      const before = numbers[slot + lane]!
      if (isMin ? value < before : value > before) numbers[slot + lane] = value
    }
  }

  write(slot: number, to: PaneWriter): void {
    this.open(to)
    this.#state.value = this.number(slot)
    max.write(to.bytes, this.#state)
    to.closeState()
  }
}

/** Two lanes: units and how many values are in them. */
export class MeanColumn extends NumberColumn implements StateColumn {
  readonly #state = mean.zero()

  fold({ facts, slots }: Placed): void {
    const { batch, store, lane } = this.plan
    const { rows, count: rowCount } = this.plan.rows.take(facts)
    const { numbers } = store
    const values = batch.numbers[this.field]!
    const mask = batch.mask(this.field)
    const bit = this.bit
    for (let i = 0; i < rowCount; i++) {
      const row = rows[i]!
      const slot = slots[row]!
      if (slot === 0 || (mask[row]! & bit) === 0) continue
      const units = slot + lane
      numbers[units] = numbers[units]! + unitsOf(values[row]!, 1, MEAN_SCALE)
      numbers[units + 1] = numbers[units + 1]! + 1
    }
  }

  write(slot: number, to: PaneWriter): void {
    this.open(to)
    this.#state.units = this.number(slot)
    this.#state.count = this.number(slot, 1)
    mean.write(to.bytes, this.#state)
    to.closeState()
  }

  override isExact(slot: number): boolean {
    return isExactSum(this.number(slot))
  }
}
