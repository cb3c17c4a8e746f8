import { aggregateState } from '../../sketch/aggregate-state.ts'
import { count } from '../../sketch/count.ts'
import { max } from '../../sketch/extrema.ts'
import { mean, MEAN_SCALE } from '../../sketch/mean.ts'
import { isExactSum, qOf, scaleOf, sum, unitsOf } from '../../sketch/sum.ts'
import type { PaneWriter } from '../../wire/pane-writer.ts'
import { fieldOf, type ColumnPlan, type Placed, type StateColumn } from './state-column.ts'

const Q_MAX = 2 ** 53

/** What columns of a few numbers a slot have in common: nothing is held beside the lanes. */
abstract class NumberColumn {
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

/** One lane: the count. */
export class CountColumn extends NumberColumn implements StateColumn {
  readonly #state = count.zero()

  fold({ facts, slots }: Placed): void {
    const { batch, store, lane } = this.plan
    const { rows, count: rowCount } = this.plan.rows.take(facts)
    const { weights } = facts
    const { numbers } = store
    const mask = batch.mask(this.field)
    const bit = this.bit
    for (let i = 0; i < rowCount; i++) {
      const row = rows[i]!
      const slot = slots[row]!
      if (slot === 0 || (mask[row]! & bit) === 0) continue
      const weight = weights === undefined ? 1 : Math.floor(weights[row]! + 0.5)
      numbers[slot + lane] = numbers[slot + lane]! + weight
    }
  }

  write(slot: number, to: PaneWriter): void {
    this.open(to)
    this.#state.count = this.number(slot)
    count.write(to.bytes, this.#state)
    to.closeState()
  }

  override isExact(slot: number): boolean {
    return isExactSum(this.number(slot))
  }
}

/** Two lanes: units and q. */
export class SumColumn extends NumberColumn implements StateColumn {
  readonly #scale: number
  readonly #state

  constructor(plan: ColumnPlan) {
    super(plan)
    this.#scale = scaleOf(plan.spec.digits)
    this.#state = sum.zero(plan.spec.digits)
  }

  fold({ facts, slots }: Placed): void {
    const { batch, store, lane } = this.plan
    const { rows, count: rowCount } = this.plan.rows.take(facts)
    const { numbers } = store
    const values = batch.numbers[this.field]!
    const mask = batch.mask(this.field)
    const bit = this.bit
    const scale = this.#scale
    for (let i = 0; i < rowCount; i++) {
      const row = rows[i]!
      const slot = slots[row]!
      if (slot === 0 || (mask[row]! & bit) === 0) continue
      const weight = facts.weights === undefined ? 1 : facts.weights[row]!
      const units = slot + lane
      numbers[units] = numbers[units]! + unitsOf(values[row]!, weight, scale)
      if (weight === 1) continue
      numbers[units + 1] = Math.min(Q_MAX, numbers[units + 1]! + qOf(values[row]!, weight))
    }
  }

  write(slot: number, to: PaneWriter): void {
    this.open(to)
    this.#state.units = this.number(slot)
    this.#state.q = this.number(slot, 1)
    sum.write(to.bytes, this.#state)
    to.closeState()
  }

  override isExact(slot: number): boolean {
    return isExactSum(this.number(slot))
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
