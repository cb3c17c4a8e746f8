import { copied } from './copied.ts'
import type { StateColumn } from './state-columns.ts'

const SLOTS_MIN = 8

/**
 * The states of all groups of one monitor in one slice of one site, as arrays indexed by slot.
 * A slot is given to a group at its first row and kept while the slice lives; then another slice
 * takes the table over, so that an old site allocates nothing.
 */
export class SliceTable {
  /** Start of the slice, epoch ms. */
  start = 0
  /** Serial of the batch that opened it: nothing before that batch is needed for it (D3). */
  openedIn = 0
  readonly columns: readonly StateColumn[]
  /** Slot + 1 by hash of the group number, 0 where free; linear probing, at most half full. */
  #heads = new Int32Array(SLOTS_MIN * 2)
  /** Group number of each slot. */
  groups = new Int32Array(SLOTS_MIN)
  /** Rows folded in: the pane's revision (P2). */
  rows = new Float64Array(SLOTS_MIN)
  late = new Float64Array(SLOTS_MIN)
  eventMax = new Float64Array(SLOTS_MIN)
  readAt = new Float64Array(SLOTS_MIN)
  appendedMax = new Float64Array(SLOTS_MIN)
  /** Bit 0 changed since it was last emitted, bit 1 spread, bit 2 sampled. */
  flags = new Uint8Array(SLOTS_MIN)
  count = 0
  closed = false
  changed = false

  constructor(columns: readonly StateColumn[]) {
    this.columns = columns
  }

  /** Begins a slice without groups. */
  begin(start: number, openedIn: number): this {
    this.start = start
    this.openedIn = openedIn
    this.#heads.fill(0)
    this.rows.fill(0, 0, this.count)
    this.late.fill(0, 0, this.count)
    this.flags.fill(0, 0, this.count)
    this.count = 0
    this.closed = false
    this.changed = false
    return this
  }

  slotOf(group: number): number {
    const mask = this.#heads.length - 1
    // Group numbers are dense, so their low bits are as good as any hash.
    let head = group & mask
    for (let held = this.#heads[head]!; held !== 0; held = this.#heads[head]!) {
      if (this.groups[held - 1] === group) return held - 1
      head = (head + 1) & mask
    }
    const slot = this.count++
    if (slot === this.groups.length) this.#grow()
    for (const column of this.columns) column.open(slot)
    this.groups[slot] = group
    this.#place(slot)
    return slot
  }

  /** Gives every slot the number of its group after the group table was renewed. */
  renumber(numberOf: (group: number) => number): void {
    for (let slot = 0; slot < this.count; slot++) this.groups[slot] = numberOf(this.groups[slot]!)
    this.#rehash()
  }

  #place(slot: number): void {
    const mask = this.#heads.length - 1
    let head = this.groups[slot]! & mask
    while (this.#heads[head] !== 0) head = (head + 1) & mask
    this.#heads[head] = slot + 1
  }

  #rehash(): void {
    this.#heads.fill(0)
    for (let slot = 0; slot < this.count; slot++) this.#place(slot)
  }

  #grow(): void {
    const size = this.groups.length * 2
    this.groups = copied(new Int32Array(size), this.groups)
    this.flags = copied(new Uint8Array(size), this.flags)
    this.rows = copied(new Float64Array(size), this.rows)
    this.late = copied(new Float64Array(size), this.late)
    this.eventMax = copied(new Float64Array(size), this.eventMax)
    this.readAt = copied(new Float64Array(size), this.readAt)
    this.appendedMax = copied(new Float64Array(size), this.appendedMax)
    this.#heads = new Int32Array(size * 2)
    const slots = this.count - 1
    for (let slot = 0; slot < slots; slot++) this.#place(slot)
  }
}
