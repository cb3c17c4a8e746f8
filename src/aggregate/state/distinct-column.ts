import { aggregateState } from '../../sketch/aggregate-state.ts'
import { distinct, distinctRun, type DistinctState } from '../../sketch/distinct.ts'
import { COUPONS_MAX } from '../../sketch/hyper-log-log.ts'
import { SortedRuns } from '../../std/sorted-runs.ts'
import type { PaneWriter } from '../../wire/pane-writer.ts'
import { fieldOf, type ColumnPlan, type Placed, type StateColumn } from './state-column.ts'

type Run = { start: number; end: number; weight: number }

const FORM = aggregateState.form('distinct')

/**
 * Two lanes: the handle of a run of coupons, and the weight that its rows had, 0 before the first.
 * A slot with rows of two weights, or with too many coupons, has a state of its own instead: the
 * weight then is −1 − its number.
 */
export class DistinctColumn implements StateColumn {
  readonly #plan: ColumnPlan
  readonly #field: number
  readonly #sampledField: number
  readonly #byRequest: number
  #runs = new SortedRuns()
  readonly #large: (DistinctState | undefined)[] = []
  readonly #free: number[] = []
  readonly #run: Run = { start: 0, end: 0, weight: 0 }

  constructor(plan: ColumnPlan) {
    this.#plan = plan
    this.#field = fieldOf(plan)
    this.#sampledField = plan.batch.field('sampled')
    this.#byRequest = plan.batch.literal('request')
  }

  fold({ facts, slots }: Placed): void {
    const { batch, store, lane } = this.#plan
    const { rows, count } = this.#plan.rows.take(facts)
    const { weights } = facts
    const { numbers } = store
    const ids = batch.ids[this.#field]!
    const sampled = batch.ids[this.#sampledField]!
    const runs = this.#runs
    runs.handles = store.integers
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      const slot = slots[row]!
      const id = ids[row]!
      if (slot === 0 || id < 0) continue
      const coupon = batch.couponOf(id)
      if (coupon === 0) continue
      // A vendor's per-request sampling still sees each session, so its weight does not scale them.
      const isScaled = weights !== undefined && sampled[row] !== this.#byRequest
      const weight = isScaled ? weights[row]! : 1
      const held = numbers[slot + lane + 1]!
      if (held === 0) numbers[slot + lane + 1] = weight
      else if (held !== weight) {
        this.#addLarge(slot, coupon, weight)
        continue
      }
      const run = (slot + lane) * 2
      const at = runs.seek(run, coupon)
      if (at < runs.end(run) && runs.values[at] === coupon) continue
      if (runs.lengthOf(run) < COUPONS_MAX) runs.insert(run, at, coupon)
      else this.#addLarge(slot, coupon, weight)
    }
  }

  write(slot: number, to: PaneWriter): void {
    to.openState(FORM)
    const weight = this.#weightOf(slot)
    if (weight < 0) distinct.write(to.bytes, this.#large[-1 - weight]!)
    else distinctRun.write(to.bytes, this.#runs.values, this.#runOf(slot))
    to.closeState()
  }

  isExact(): boolean {
    return true
  }

  release(slots: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) {
      const weight = this.#weightOf(slots[i]!)
      if (weight < 0) {
        this.#large[-1 - weight] = undefined
        this.#free.push(-1 - weight)
      } else this.#runs.release(this.#handleOf(slots[i]!))
    }
  }

  renew(slots: Iterable<number>): void {
    const { values } = this.#runs
    this.#runs = new SortedRuns()
    for (const slot of slots) this.#runs.adopt(this.#handleOf(slot), values)
  }

  /** Adds to a state of the slot's own, which takes over what the run held. */
  #addLarge(slot: number, coupon: number, weight: number): void {
    const held = this.#weightOf(slot)
    let number = -1 - held
    if (held > 0) {
      number = this.#free.pop() ?? this.#large.length
      this.#large[number] = distinctRun.unpack(this.#runs.values, this.#runOf(slot))
      this.#runs.release(this.#handleOf(slot))
      this.#plan.store.numbers[slot + this.#plan.lane + 1] = -1 - number
    }
    distinct.add(this.#large[number]!, coupon, weight)
  }

  /** A slot's run; the same object each time. */
  #runOf(slot: number): Run {
    const handle = this.#handleOf(slot)
    this.#run.start = this.#runs.start(handle)
    this.#run.end = this.#runs.end(handle)
    this.#run.weight = this.#weightOf(slot)
    return this.#run
  }

  #weightOf(slot: number): number {
    return this.#plan.store.numbers[slot + this.#plan.lane + 1]!
  }

  #handleOf(slot: number): number {
    this.#runs.handles = this.#plan.store.integers
    return (slot + this.#plan.lane) * 2
  }
}
