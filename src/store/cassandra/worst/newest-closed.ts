import type { GroupSlots } from './group-slots.ts'
import type { SnapshotHeads } from './snapshot-codec.ts'

/**
 * Finds each group's newest closed window among pieces that come with the newest ends first: of one
 * end the highest revision of a group counts, and an end counts once it is finished. Knows how many
 * of the groups that are to be found are still missing, so that nobody reads further back.
 */
export class NewestClosed {
  readonly #slots: GroupSlots
  #rev = new Float64Array(0)
  #value = new Float64Array(0)
  #closed = new Uint8Array(0)
  /** 1: of this end. */
  #isTouched = new Uint8Array(0)
  #isFound = new Uint8Array(0)
  #isWanted = new Uint8Array(0)
  #touched: number[] = []
  /** Slots and values of what was found, in the order of `foundEnds`. */
  readonly foundSlots: number[] = []
  readonly foundValues: number[] = []
  readonly foundEnds: number[] = []
  missing = 0

  constructor(slots: GroupSlots) {
    this.#slots = slots
  }

  /** These groups have windows somewhere in the span. */
  want(hashes: Float64Array): void {
    for (const hash of hashes) {
      const slot = this.#slotOf(hash)
      if (this.#isWanted[slot] === 1) continue
      this.#isWanted[slot] = 1
      if (this.#isFound[slot] === 0) this.missing++
    }
  }

  /** Windows that end at the end under way; without a column none of them has the value. */
  add({ hashes, revs, closed }: SnapshotHeads, column: Float64Array | undefined): void {
    for (let i = 0; i < hashes.length; i++) {
      const slot = this.#slotOf(hashes[i]!)
      const isFirst = this.#isTouched[slot] === 0
      if (!isFirst && revs[i]! <= this.#rev[slot]!) continue
      if (isFirst) {
        this.#isTouched[slot] = 1
        this.#touched.push(slot)
      }
      this.#rev[slot] = revs[i]!
      this.#closed[slot] = closed[i]!
      this.#value[slot] = column?.[i] ?? NaN
    }
  }

  /** All pieces of an end were added. */
  finish(end: number): void {
    for (const slot of this.#touched) {
      this.#isTouched[slot] = 0
      if (this.#closed[slot] === 1) this.found(slot, end, this.#value[slot]!)
    }
    this.#touched = []
  }

  /** NaN: it has no such value, and is not looked for any more. */
  found(slot: number, end: number, value: number): void {
    if (this.#isFound[slot] === 1) return
    this.#isFound[slot] = 1
    if (this.#isWanted[slot] === 1) this.missing--
    if (Number.isNaN(value)) return
    this.foundSlots.push(slot)
    this.foundValues.push(value)
    this.foundEnds.push(end)
  }

  /** Slots that are wanted and were not found. */
  missingSlots(): number[] {
    const slots: number[] = []
    for (let slot = 0; slot < this.#isWanted.length; slot++) {
      if (this.#isWanted[slot] === 1 && this.#isFound[slot] === 0) slots.push(slot)
    }
    return slots
  }

  #slotOf(hash: number): number {
    const slot = this.#slots.of(hash)
    if (slot >= this.#rev.length) this.#grow()
    return slot
  }

  #grow(): void {
    const length = Math.max(1_024, 2 * this.#slots.hashes.length)
    const doubles = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const grown = new Float64Array(length)
      grown.set(old)
      return grown
    }
    const bytes = (old: Uint8Array): Uint8Array<ArrayBuffer> => {
      const grown = new Uint8Array(length)
      grown.set(old)
      return grown
    }
    this.#rev = doubles(this.#rev)
    this.#value = doubles(this.#value)
    this.#closed = bytes(this.#closed)
    this.#isTouched = bytes(this.#isTouched)
    this.#isFound = bytes(this.#isFound)
    this.#isWanted = bytes(this.#isWanted)
  }
}
