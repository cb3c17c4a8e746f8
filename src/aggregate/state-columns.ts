import type { AggregateSpec, MonitorSpec } from '../model/monitor.ts'
import type { PaneState } from '../model/pane.ts'
import { ByteWriter } from '../std/bytes.ts'
import { aggregateState, type AggregateState } from '../sketch/aggregate-state.ts'
import { distinct, type DistinctState } from '../sketch/distinct.ts'
import { MEAN_SCALE } from '../sketch/mean.ts'
import { quantile, type QuantileState } from '../sketch/quantile.ts'
import { isExactSum, qOf, scaleOf, unitsOf } from '../sketch/sum.ts'
import { copied } from './copied.ts'
import type { FieldBatch } from './field-batch.ts'
import { compileRowTest, type RowTest } from './row-test.ts'

/** The states of one aggregate for all slots of one slice. */
export interface StateColumn {
  /** Makes room for a slot, at zero whatever it held before. */
  open(slot: number): void
  /** Folds one row if the aggregate takes it. */
  add(slot: number, row: number, weight: number): void
  encode(slot: number): PaneState
  /** Gives back what its slots do not need now that their slice is closed. */
  trim(slots: number): void
  /** False once a sum has passed 2^53 (P3). */
  isExact(slot: number): boolean
}

/** How one aggregate reads rows: compiled once per monitor, shared by all its slices. */
export type AggregateReading = {
  readonly spec: AggregateSpec
  readonly batch: FieldBatch
  /** Whether the aggregate takes the row: its own `where`, and its field is there. */
  readonly takes: RowTest
  /** Index of the field it reads, −1 for a count of rows. */
  readonly field: number
  /** Bit of the field that says a row was sampled by request (formats.md 1.1), for `distinct`. */
  readonly sampled: number
  readonly byRequest: number
}

/** Compiles the aggregates of a monitor against the batch's fields. */
export function aggregateReadingsOf(
  monitor: MonitorSpec,
  batch: FieldBatch,
): readonly AggregateReading[] {
  return monitor.aggregates.map((spec) => {
    const where = spec.where === undefined ? undefined : compileRowTest(spec.where, batch)
    const field = spec.field === undefined ? -1 : batch.field(spec.field)
    const takes: RowTest = (b, row) =>
      (field < 0 || b.has(field, row)) && (where === undefined || where(b, row))
    const sampled = batch.field('sampled')
    return { spec, batch, takes, field, sampled, byRequest: batch.literal('request') }
  })
}

/** A fresh, empty column for one slice. */
export function stateColumn(reading: AggregateReading): StateColumn {
  switch (reading.spec.kind) {
    case 'count':
      return new CountColumn(reading)
    case 'sum':
      return new SumColumn(reading)
    case 'min':
    case 'max':
      return new ExtremumColumn(reading)
    case 'mean':
      return new MeanColumn(reading)
    case 'quantile':
      return new QuantileColumn(reading)
    case 'distinct':
      return new DistinctColumn(reading)
  }
}

// One writer for all panes: `encode` empties it, so nothing of one state reaches the next.
const writer = new ByteWriter()

function encoded(reading: AggregateReading, state: AggregateState): PaneState {
  return aggregateState.encode(reading.spec, state, writer)
}

/** Two numbers per slot, which is all that the simple kinds need. */
class NumberColumn {
  protected first = new Float64Array(8)
  protected second = new Float64Array(8)

  protected reserve(slot: number): void {
    if (slot >= this.first.length) {
      this.first = copied(new Float64Array(slot * 2), this.first)
      this.second = copied(new Float64Array(slot * 2), this.second)
    }
    this.first[slot] = 0
    this.second[slot] = 0
  }

  /** Columns are taken over by slices to come, which need as much. */
  trim(): void {}
}

class CountColumn extends NumberColumn implements StateColumn {
  readonly #reading: AggregateReading

  constructor(reading: AggregateReading) {
    super()
    this.#reading = reading
  }

  open(slot: number): void {
    this.reserve(slot)
  }

  add(slot: number, row: number, weight: number): void {
    const { takes, batch } = this.#reading
    if (takes(batch, row)) this.first[slot] = this.first[slot]! + Math.floor(weight + 0.5)
  }

  encode(slot: number): PaneState {
    return encoded(this.#reading, { count: this.first[slot]! })
  }

  isExact(slot: number): boolean {
    return isExactSum(this.first[slot]!)
  }
}

class SumColumn extends NumberColumn implements StateColumn {
  readonly #reading: AggregateReading
  readonly #scale: number

  constructor(reading: AggregateReading) {
    super()
    this.#reading = reading
    this.#scale = scaleOf(reading.spec.digits)
  }

  open(slot: number): void {
    this.reserve(slot)
  }

  add(slot: number, row: number, weight: number): void {
    const { takes, batch, field } = this.#reading
    if (!takes(batch, row)) return
    const value = batch.numbers[field]![row]!
    this.first[slot] = this.first[slot]! + unitsOf(value, weight, this.#scale)
    if (weight !== 1) {
      this.second[slot] = Math.min(2 ** 53, this.second[slot]! + qOf(value, weight))
    }
  }

  encode(slot: number): PaneState {
    const state = {
      digits: this.#reading.spec.digits,
      units: this.first[slot]!,
      q: this.second[slot]!,
    }
    return encoded(this.#reading, state)
  }

  isExact(slot: number): boolean {
    return isExactSum(this.first[slot]!)
  }
}

class ExtremumColumn extends NumberColumn implements StateColumn {
  readonly #reading: AggregateReading
  readonly #isMin: boolean

  constructor(reading: AggregateReading) {
    super()
    this.#reading = reading
    this.#isMin = reading.spec.kind === 'min'
  }

  open(slot: number): void {
    this.reserve(slot)
    this.first[slot] = this.#isMin ? Infinity : -Infinity
  }

  add(slot: number, row: number): void {
    const { takes, batch, field } = this.#reading
    if (!takes(batch, row)) return
    const value = batch.numbers[field]![row]!
    const before = this.first[slot]!
    if (this.#isMin ? value < before : value > before) this.first[slot] = value
  }

  encode(slot: number): PaneState {
    return encoded(this.#reading, { value: this.first[slot]! })
  }

  isExact(): boolean {
    return true
  }
}

class MeanColumn extends NumberColumn implements StateColumn {
  readonly #reading: AggregateReading

  constructor(reading: AggregateReading) {
    super()
    this.#reading = reading
  }

  open(slot: number): void {
    this.reserve(slot)
  }

  add(slot: number, row: number): void {
    const { takes, batch, field } = this.#reading
    if (!takes(batch, row)) return
    const units = Math.floor(batch.numbers[field]![row]! * MEAN_SCALE + 0.5)
    this.first[slot] = this.first[slot]! + units
    this.second[slot] = this.second[slot]! + 1
  }

  encode(slot: number): PaneState {
    return encoded(this.#reading, { units: this.first[slot]!, count: this.second[slot]! })
  }

  isExact(slot: number): boolean {
    return isExactSum(this.first[slot]!)
  }
}

class QuantileColumn implements StateColumn {
  readonly #reading: AggregateReading
  readonly #states: QuantileState[] = []

  constructor(reading: AggregateReading) {
    this.#reading = reading
  }

  open(slot: number): void {
    this.#states[slot] = quantile.zero()
  }

  trim(slots: number): void {
    for (let slot = 0; slot < slots; slot++) quantile.trim(this.#states[slot]!)
  }

  add(slot: number, row: number): void {
    const { takes, batch, field } = this.#reading
    if (takes(batch, row)) quantile.add(this.#states[slot]!, batch.numbers[field]![row]!)
  }

  encode(slot: number): PaneState {
    return encoded(this.#reading, this.#states[slot]!)
  }

  isExact(): boolean {
    return true
  }
}

class DistinctColumn implements StateColumn {
  readonly #reading: AggregateReading
  readonly #states: DistinctState[] = []

  constructor(reading: AggregateReading) {
    this.#reading = reading
  }

  open(slot: number): void {
    this.#states[slot] = distinct.zero()
  }

  trim(slots: number): void {
    for (let slot = 0; slot < slots; slot++) distinct.trim(this.#states[slot]!)
  }

  add(slot: number, row: number, weight: number): void {
    const { takes, batch, field, sampled, byRequest } = this.#reading
    if (!takes(batch, row)) return
    const coupon = batch.couponOf(batch.ids[field]![row]!)
    // A vendor's per-request sampling still sees each session, so its weight does not scale them.
    const scale = batch.ids[sampled]![row] === byRequest ? 1 : weight
    if (coupon !== undefined) distinct.add(this.#states[slot]!, coupon, scale)
  }

  encode(slot: number): PaneState {
    return encoded(this.#reading, this.#states[slot]!)
  }

  isExact(): boolean {
    return true
  }
}
