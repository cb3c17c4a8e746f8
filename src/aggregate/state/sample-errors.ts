import { grown } from '../../std/grown.ts'
import { SAMPLE_BUCKETS, type SampleError } from '../../sketch/sample-error.ts'
import type { RowSelection } from '../derived/row-selection.ts'
import type { RowFacts } from '../rows/row-facts.ts'
import { cell, type SlotStore } from './slot-store.ts'

const ENTRIES_MIN = 64
/** A block of class c has room for 2^c buckets. */
const CLASSES = Math.log2(SAMPLE_BUCKETS) + 1
const GROWTH = 1.5

const { errors: ERRORS } = cell

/** Where rows come from and where they went. */
type Placed = {
  readonly rows: RowSelection
  readonly facts: RowFacts
  readonly slots: Int32Array
}

/**
 * The errors of all sums and counts of a fold (Z18). A slot has an *entry* once a row of a sample
 * falls into it: which of the 64 buckets its rows have hit, and a block with one sum for each total
 * and bucket hit, bucket by bucket. So a slot without such rows costs nothing, and one of few
 * sessions little; and the totals of a fold look their bucket up once a row.
 */
export class SampleErrors {
  readonly #slots: SlotStore
  /** How many sums and counts the fold has. */
  readonly #totals: number
  /** By row of the batch in hand, where it is of a sample: the first of its bucket's `sums`. */
  places = new Int32Array(0)
  sums = new Float64Array(0)
  #end = 0
  readonly #freeBlocks: number[][] = Array.from({ length: CLASSES }, () => [])
  /** By entry, which are numbered from 1: two masks of buckets, the block, and its class. */
  #masks = new Int32Array(0)
  #blocks = new Int32Array(0)
  #classes = new Uint8Array(0)
  #entriesEnd = 1
  #freeEntries: number[] = []
  /** For `of`. */
  readonly #list: SampleError = []

  constructor(slots: SlotStore, totals: number) {
    this.#slots = slots
    this.#totals = totals
  }

  /** Finds the place of every row of a sample, and room for it. */
  place(placed: Placed): void {
    const { watermarks, weights } = placed.facts
    if (weights === undefined || this.#totals === 0) return
    if (this.places.length < watermarks.length) this.places = new Int32Array(watermarks.length)
    this.#makeRoom(placed, weights)
    // Room moves what was placed before, so places are looked up when all of it is there.
    this.#lookUp(placed, weights)
  }

  /** The error of a slot's total; undefined without rows of a sample. The same list each time. */
  of(slot: number, total: number): SampleError | undefined {
    if (this.#entriesEnd === 1) return undefined
    const entry = this.#slots.integers[slot * 2 + ERRORS]!
    return entry === 0 ? undefined : this.#listOf(entry, total)
  }

  #listOf(entry: number, total: number): SampleError {
    const list = this.#list
    list.length = 0
    let at = this.#blocks[entry]! + total
    for (let half = 0; half < 2; half++) {
      for (let mask = this.#masks[entry * 2 + half]!; mask !== 0; mask &= mask - 1) {
        const sum = this.sums[at]!
        // What cancels out is as if it had never been.
        if (sum !== 0) list.push(half * 32 + 31 - Math.clz32(mask & -mask), sum)
        at += this.#totals
      }
    }
    return list
  }

  /** Gives back what the first `count` of some slots hold. */
  release(slots: Int32Array, count: number): void {
    if (this.#entriesEnd === 1) return
    const { integers } = this.#slots
    for (let i = 0; i < count; i++) {
      const entry = integers[slots[i]! * 2 + ERRORS]!
      if (entry === 0) continue
      this.#freeBlocks[this.#classes[entry]!]!.push(this.#blocks[entry]!)
      this.#freeEntries.push(entry)
    }
  }

  /** The store was renewed: what all of these slots hold moves together. */
  renew(slots: Iterable<number>): void {
    const { integers } = this.#slots
    const [sums, masks, blocks] = [this.sums, this.#masks, this.#blocks]
    this.#clear()
    for (const slot of slots) {
      const before = integers[slot * 2 + ERRORS]!
      if (before === 0) continue
      const [low, high] = [masks[before * 2]!, masks[before * 2 + 1]!]
      const count = bitCount(low) + bitCount(high)
      const entry = this.#takeEntry(Math.ceil(Math.log2(count)))
      this.#masks[entry * 2] = low
      this.#masks[entry * 2 + 1] = high
      const from = blocks[before]!
      this.sums.set(sums.subarray(from, from + count * this.#totals), this.#blocks[entry])
      integers[slot * 2 + ERRORS] = entry
    }
  }

  #makeRoom({ rows: { rows, count }, facts: { clusters }, slots }: Placed, weights: Float64Array) {
    const { integers } = this.#slots
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      const slot = slots[row]!
      if (slot === 0 || weights[row] === 1) continue
      const bucket = clusters[row]! & (SAMPLE_BUCKETS - 1)
      let entry = integers[slot * 2 + ERRORS]!
      if (entry === 0) integers[slot * 2 + ERRORS] = entry = this.#takeEntry(0)
      const mask = this.#masks[entry * 2 + (bucket >>> 5)]!
      if ((mask & (1 << (bucket & 31))) === 0) this.#insert(entry, bucket)
    }
  }

  #lookUp({ rows: { rows, count }, facts: { clusters }, slots }: Placed, weights: Float64Array) {
    const { integers } = this.#slots
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      const slot = slots[row]!
      if (slot === 0 || weights[row] === 1) continue
      const entry = integers[slot * 2 + ERRORS]!
      const rank = this.#rank(entry, clusters[row]! & (SAMPLE_BUCKETS - 1))
      this.places[row] = this.#blocks[entry]! + rank * this.#totals
    }
  }

  /** How many of an entry's buckets are below this one. */
  #rank(entry: number, bucket: number): number {
    const below = (1 << (bucket & 31)) - 1
    const low = this.#masks[entry * 2]!
    if (bucket < 32) return bitCount(low & below)
    return bitCount(low) + bitCount(this.#masks[entry * 2 + 1]! & below)
  }

  /** Puts an empty bucket where it belongs. */
  #insert(entry: number, bucket: number): void {
    const totals = this.#totals
    const count = bitCount(this.#masks[entry * 2]!) + bitCount(this.#masks[entry * 2 + 1]!)
    if (count === 1 << this.#classes[entry]!) this.#enlarge(entry, count)
    const block = this.#blocks[entry]!
    const at = block + this.#rank(entry, bucket) * totals
    this.sums.copyWithin(at + totals, at, block + count * totals)
    this.sums.fill(0, at, at + totals)
    const half = entry * 2 + (bucket >>> 5)
    this.#masks[half] = this.#masks[half]! | (1 << (bucket & 31))
  }

  #enlarge(entry: number, count: number): void {
    const before = this.#blocks[entry]!
    const size = this.#classes[entry]!
    const block = this.#takeBlock(size + 1)
    this.sums.copyWithin(block, before, before + count * this.#totals)
    this.#freeBlocks[size]!.push(before)
    this.#blocks[entry] = block
    this.#classes[entry] = size + 1
  }

  /** An entry without buckets. */
  #takeEntry(size: number): number {
    const entry = this.#freeEntries.pop() ?? this.#entriesEnd++
    if (entry >= this.#blocks.length) {
      const room = Math.max(ENTRIES_MIN, entry * 2)
      this.#masks = grown(this.#masks, room * 2)
      this.#blocks = grown(this.#blocks, room)
      this.#classes = grown(this.#classes, room)
    }
    this.#masks.fill(0, entry * 2, entry * 2 + 2)
    this.#blocks[entry] = this.#takeBlock(size)
    this.#classes[entry] = size
    return entry
  }

  #takeBlock(size: number): number {
    const free = this.#freeBlocks[size]!.pop()
    if (free !== undefined) return free
    const block = this.#end
    this.#end += this.#totals << size
    if (this.#end > this.sums.length) {
      this.sums = grown(this.sums, Math.max(this.#end, Math.ceil(this.sums.length * GROWTH)))
    }
    return block
  }

  #clear(): void {
    this.sums = new Float64Array(0)
    this.#end = 0
    for (const blocks of this.#freeBlocks) blocks.length = 0
    this.#masks = new Int32Array(0)
    this.#blocks = new Int32Array(0)
    this.#classes = new Uint8Array(0)
    this.#entriesEnd = 1
    this.#freeEntries = []
  }
}

/** How many bits are set, by adding neighbours (Warren, Hacker's Delight, 2012, section 5-1). */
function bitCount(bits: number): number {
  const pairs = bits - ((bits >>> 1) & 0x55555555)
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
