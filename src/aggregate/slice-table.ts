import type { StateColumn } from './state-columns.ts'

/**
 * The states of all groups of one monitor in one slice of one site, as arrays indexed by slot.
 * A slot is given to a group at its first row and kept while the slice lives.
 */
export class SliceTable {
  /** Start of the slice, epoch ms. */
  readonly start: number
  /** Serial of the batch that opened it: nothing before that batch is needed for it (D3). */
  readonly openedIn: number
  readonly columns: readonly StateColumn[]
  readonly #slotByGroup = new Map<number, number>()
  /** Group number of each slot. */
  groups = new Int32Array(8)
  /** Rows folded in: the pane's revision (P2). */
  rows = new Float64Array(8)
  late = new Float64Array(8)
  eventMax = new Float64Array(8)
  readAt = new Float64Array(8)
  /** Bit 0 changed since it was last emitted, bit 1 spread, bit 2 sampled. */
  flags = new Uint8Array(8)
  count = 0
  closed = false
  changed = false

  constructor(start: number, openedIn: number, columns: readonly StateColumn[]) {
    this.start = start
    this.openedIn = openedIn
    this.columns = columns
  }

  slotOf(group: number): number {
    const known = this.#slotByGroup.get(group)
    if (known !== undefined) return known
    const slot = this.count++
    if (slot === this.groups.length) this.#grow()
    for (const column of this.columns) column.open(slot)
    this.groups[slot] = group
    this.#slotByGroup.set(group, slot)
    return slot
  }

  /** Gives every slot the number of its group after the group table was renewed. */
  renumber(numberOf: (group: number) => number): void {
    this.#slotByGroup.clear()
    for (let slot = 0; slot < this.count; slot++) {
      this.groups[slot] = numberOf(this.groups[slot]!)
      this.#slotByGroup.set(this.groups[slot]!, slot)
    }
  }

  #grow(): void {
    const size = this.groups.length * 2
    this.groups = copied(new Int32Array(size), this.groups)
    this.flags = copied(new Uint8Array(size), this.flags)
    this.rows = copied(new Float64Array(size), this.rows)
    this.late = copied(new Float64Array(size), this.late)
    this.eventMax = copied(new Float64Array(size), this.eventMax)
    this.readAt = copied(new Float64Array(size), this.readAt)
  }
}

/** The larger array with the smaller one's elements in front. */
export function copied<A extends Int32Array | Uint8Array | Float64Array>(into: A, from: A): A {
  into.set(from)
  return into
}
