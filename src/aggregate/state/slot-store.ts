import { grown } from '../../std/grown.ts'

const SLOTS_MIN = 64

/** Lanes of 8 bytes at the beginning of each slot, whatever the aggregates. */
export const headLanes = 6
/** As numbers: rows folded in, when the last was read, when the newest was appended. */
export const lane = { rows: 1, readAt: 3, appendedMax: 4 } as const
/**
 * As integers, two to a lane, counted from twice the slot: number of its group, flags, newest event
 * time from the slice's start on (−1 none), rows that came late, its entry in `SampleErrors` (0
 * none).
 */
export const cell = { group: 0, flags: 1, eventMax: 4, late: 5, errors: 10 } as const
export const slotFlags = { changed: 1, spread: 2, sampled: 4 } as const

/**
 * One *slot* for each group in each slice of one fold: a record of 8-byte lanes in one array, so
 * that a row touches one or two cache lines however many groups there are. A slot is named by its
 * first lane; 0 is none.
 */
export class SlotStore {
  readonly lanes: number
  /** The lanes as numbers, and as twice as many integers: replaced when the store grows. */
  numbers: Float64Array
  integers: Int32Array
  /** Slots in use. */
  count = 0
  readonly #empty: Float64Array
  #end: number
  /** Slots that were given back, to be taken before new ones: they are not touched until then. */
  #free = new Int32Array(SLOTS_MIN)
  #freeCount = 0

  /** `states` is what the lanes behind the head hold in an empty slot. */
  constructor(states: readonly number[]) {
    this.lanes = headLanes + states.length
    this.#empty = Float64Array.of(0, 0, 0, 0, -Infinity, 0, ...states)
    new Int32Array(this.#empty.buffer)[cell.eventMax] = -1
    this.numbers = new Float64Array(this.lanes * SLOTS_MIN)
    this.integers = new Int32Array(this.numbers.buffer)
    this.#end = this.lanes
  }

  /** How many slots there is room for. */
  get capacity(): number {
    return this.numbers.length / this.lanes - 1
  }

  /** An empty slot of this group. */
  take(group: number): number {
    let slot = this.#end
    if (this.#freeCount > 0) slot = this.#free[--this.#freeCount]!
    else {
      this.#end += this.lanes
      if (this.#end > this.numbers.length) this.#grow()
    }
    const { numbers } = this
    const empty = this.#empty
    for (let i = 0; i < empty.length; i++) numbers[slot + i] = empty[i]!
    this.integers[slot * 2] = group
    this.count++
    return slot
  }

  /** Gives back the first `count` of some slots. */
  release(slots: Int32Array, count: number): void {
    const needed = this.#freeCount + count
    if (needed > this.#free.length) {
      this.#free = grown(this.#free, Math.max(needed, this.#free.length * 2))
    }
    // Backwards, so that they are taken in the order in which they were: memory likes that.
    for (let i = count - 1; i >= 0; i--) this.#free[this.#freeCount++] = slots[i]!
    this.count -= count
  }

  /** Begins anew with room for twice what is in use; answers what to `adopt` each slot from. */
  renew(): Int32Array {
    const before = this.integers
    const slots = Math.max(SLOTS_MIN, this.count * 2)
    this.numbers = new Float64Array(this.lanes * slots)
    this.integers = new Int32Array(this.numbers.buffer)
    this.#end = this.lanes
    this.#free = new Int32Array(SLOTS_MIN)
    this.#freeCount = 0
    return before
  }

  /** The new place of a slot that was in use before `renew`. */
  adopt(slot: number, from: Int32Array): number {
    const to = this.#end
    this.#end += this.lanes
    // As integers, since some are: a double that happens to be no number may lose its bits.
    const integers = this.integers
    for (let i = 0; i < this.lanes * 2; i++) integers[to * 2 + i] = from[slot * 2 + i]!
    return to
  }

  /** By half, since this is the most of a fold's memory. */
  #grow(): void {
    const slots = Math.ceil((this.numbers.length / this.lanes) * 1.5)
    this.numbers = grown(this.numbers, this.lanes * slots)
    this.integers = new Int32Array(this.numbers.buffer)
  }
}
