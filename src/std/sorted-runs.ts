import { grown } from './grown.ts'

const VALUES_MIN = 1024
/** A run's handle is two integers: where it begins, and its length with the class of its block. */
const LENGTH_BITS = 16
const LENGTH_MASK = (1 << LENGTH_BITS) - 1

/** A block of class c has room for 2^(c + 1) values; class 0 is no block. */
const roomOf = (size: number): number => (size === 0 ? 0 : 2 << size)

/**
 * Very many short lists of numbers, each rising and below 2^16 long, in one array. A run is named
 * by where its handle stands in `handles`, which the caller owns and writes no more into: zeros are
 * an empty run. Blocks that runs outgrow or give back are used again.
 */
export class SortedRuns {
  /** Set before use, and again whenever the caller's array was replaced. */
  handles: Int32Array = new Int32Array(0)
  values = new Float64Array(VALUES_MIN)
  #end = 0
  readonly #free: number[][] = []

  /** Where a run begins in `values`, and where it ends. */
  start(run: number): number {
    return this.handles[run]!
  }

  end(run: number): number {
    return this.handles[run]! + (this.handles[run + 1]! & LENGTH_MASK)
  }

  lengthOf(run: number): number {
    return this.handles[run + 1]! & LENGTH_MASK
  }

  /** Index in `values` of the run's first value that is not below `value`; its end if all are. */
  seek(run: number, value: number): number {
    const values = this.values
    let at = this.handles[run]!
    let length = this.handles[run + 1]! & LENGTH_MASK
    // Bisection without a branch: which half is a coin's toss, and a wrong guess costs more than
    // all the rest (18 ns instead of 31 for eight values).
    while (length > 1) {
      const half = length >>> 1
      at += half * Number(values[at + half - 1]! < value)
      length -= half
    }
    return length === 1 && values[at]! < value ? at + 1 : at
  }

  /** Puts a value where `seek` says that it belongs. */
  insert(run: number, at: number, value: number): void {
    const length = this.lengthOf(run)
    const index = at - this.handles[run]!
    if (length === roomOf(this.handles[run + 1]! >>> LENGTH_BITS)) this.#enlarge(run, length)
    const from = this.handles[run]!
    const values = this.values
    for (let i = from + length; i > from + index; i--) values[i] = values[i - 1]!
    values[from + index] = value
    this.handles[run + 1] = this.handles[run + 1]! + 1
  }

  /** Empties a run. */
  release(run: number): void {
    const size = this.handles[run + 1]! >>> LENGTH_BITS
    if (size > 0) (this.#free[size] ??= []).push(this.handles[run]!)
    this.handles[run] = 0
    this.handles[run + 1] = 0
  }

  /** Takes over a run that stood in another array, in a block no larger than it needs. */
  adopt(run: number, from: Float64Array): void {
    const start = this.handles[run]!
    const length = this.lengthOf(run)
    let size = 0
    while (roomOf(size) < length) size++
    const at = this.#block(size)
    for (let i = 0; i < length; i++) this.values[at + i] = from[start + i]!
    this.handles[run] = at
    this.handles[run + 1] = length | (size << LENGTH_BITS)
  }

  #enlarge(run: number, length: number): void {
    const size = this.handles[run + 1]! >>> LENGTH_BITS
    const before = this.handles[run]!
    const at = this.#block(size + 1)
    // Mostly four or eight values: a call would cost more.
    const { values } = this
    for (let i = 0; i < length; i++) values[at + i] = values[before + i]!
    if (size > 0) (this.#free[size] ??= []).push(before)
    this.handles[run] = at
    this.handles[run + 1] = length | ((size + 1) << LENGTH_BITS)
  }

  #block(size: number): number {
    const free = this.#free[size]?.pop()
    if (free !== undefined) return free
    const at = this.#end
    this.#end += roomOf(size)
    if (this.#end > this.values.length) {
      this.values = grown(this.values, Math.max(Math.ceil(this.values.length * 1.5), this.#end))
    }
    return at
  }
}
