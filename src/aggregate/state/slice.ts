import { grown } from '../../std/grown.ts'
import { cell, slotFlags } from './slot-store.ts'

const SLOTS_MIN = 16
/**
 * Groups take turns within each `emit`, so many parts of them one after the other: whatever waits
 * behind the panes of all of them would wait that much longer.
 */
export const PARTS = 8
/** A slice that had room for so many times what the next one needs gives its arrays back. */
const SPARE_FACTOR = 8

// Constants rather than properties, as in `shared-fold.ts`.
const { group: GROUP, flags: FLAGS } = cell
const { changed: CHANGED } = slotFlags

/** One slice of one site: which groups have a slot in it, and which changed since they left. */
export class Slice {
  /** Epoch ms, `end` excluded. */
  start = 0
  end = 0
  /** Serial of the batch that opened it: nothing before that batch is needed for it (D3). */
  openedIn = 0
  closed = false
  /** It is in the list of slices that have changed slots. */
  listed = false
  /** Its slots in order of first sight. */
  slots = new Int32Array(SLOTS_MIN)
  count = 0
  changed = new Int32Array(SLOTS_MIN)
  changedCount = 0
  /** Slot by hash of the group, 0 where free; linear probing, at most half full. */
  #heads = new Int32Array(SLOTS_MIN * 2)

  /** Begins a slice without groups; about so many are expected. */
  begin(span: { readonly start: number; readonly end: number }, expected: number): void {
    this.start = span.start
    this.end = span.end
    this.closed = false
    this.listed = false
    this.count = 0
    this.changedCount = 0
    const size = sizeFor(expected)
    const isFitting = this.slots.length >= size && this.slots.length <= size * SPARE_FACTOR
    if (isFitting) this.#heads.fill(0)
    else {
      this.slots = new Int32Array(size)
      this.#heads = new Int32Array(size * 2)
    }
    if (!isFitting) this.changed = new Int32Array(SLOTS_MIN)
  }

  /** The group's slot, or 0. */
  find(group: number, integers: Int32Array): number {
    const heads = this.#heads
    const mask = heads.length - 1
    // Group numbers are dense, so their low bits are as good as any hash.
    let head = group & mask
    let slot = heads[head]!
    while (slot !== 0 && integers[slot * 2] !== group) {
      head = (head + 1) & mask
      slot = heads[head]!
    }
    return slot
  }

  /** Takes a slot in for a group that had none here. */
  add(slot: number, integers: Int32Array): void {
    if (this.count === this.slots.length) {
      this.slots = grown(this.slots, this.count * 2)
      this.#heads = new Int32Array(this.count * 4)
      for (let i = 0; i < this.count; i++) this.#place(this.slots[i]!, integers)
    }
    this.slots[this.count++] = slot
    this.#place(slot, integers)
  }

  /** Lists a slot whose flag says since now that it changed. */
  noteChanged(slot: number): void {
    if (this.changedCount === this.changed.length) {
      this.changed = grown(this.changed, this.changedCount * 2)
    }
    this.changed[this.changedCount++] = slot
  }

  /**
   * Puts the changed slots of some groups before all others: of those whose number, by its last
   * bits, is one of `parts`. Answers how many there are.
   */
  bringForward(parts: number, integers: Int32Array): number {
    const { changed } = this
    let count = 0
    for (let i = 0; i < this.changedCount; i++) {
      const slot = changed[i]!
      const part = integers[slot * 2 + GROUP]! % PARTS
      if (((parts >> part) & 1) === 0) continue
      changed[i] = changed[count]!
      changed[count++] = slot
    }
    return count
  }

  /** The first so many that changed have left. */
  settle(count: number, integers: Int32Array): void {
    for (let i = 0; i < count; i++) {
      const flags = this.changed[i]! * 2 + FLAGS
      integers[flags] = integers[flags]! & ~CHANGED
    }
    this.changed.copyWithin(0, count, this.changedCount)
    this.changedCount -= count
  }

  /** Follows its slots to other places, or its groups to other numbers. */
  rehash(integers: Int32Array): void {
    this.#heads.fill(0)
    this.changedCount = 0
    for (let i = 0; i < this.count; i++) {
      const slot = this.slots[i]!
      this.#place(slot, integers)
      if ((integers[slot * 2 + FLAGS]! & CHANGED) !== 0) this.noteChanged(slot)
    }
  }

  #place(slot: number, integers: Int32Array): void {
    const mask = this.#heads.length - 1
    let head = integers[slot * 2 + GROUP]! & mask
    while (this.#heads[head] !== 0) head = (head + 1) & mask
    this.#heads[head] = slot
  }
}

/** The power of two that holds so many slots. */
function sizeFor(slots: number): number {
  let size = SLOTS_MIN
  while (size < slots) size *= 2
  return size
}
