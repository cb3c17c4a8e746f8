import { assert } from './assert.ts'

/** Pieces are cut in these steps, so that what one lets go of fits the next of about its size. */
const STEP_BYTES = 16
const BYTES_MIN = 4096
/** Free lists by size in steps; longer pieces share the list of their next power of two. */
const STEPS_FINE_MAX = 64

/**
 * Many small byte strings in one buffer: an object for each would cost several times its bytes.
 * A piece is known by where it begins. `bytes` is another buffer after a `keep` that grew it.
 */
export class ByteArena {
  bytes = new Uint8Array(BYTES_MIN)
  #end = 0
  readonly #free: number[][] = []

  /** Bytes that are held or free: what the buffer is used for. */
  get size(): number {
    return this.#end
  }

  /** Copies `length` bytes in and answers where they begin. */
  keep(from: Uint8Array, start: number, length: number): number {
    const at = this.#room(length)
    // A call into the engine costs more than a loop over the few bytes that most pieces have.
    if (length > 64) this.bytes.set(from.subarray(start, start + length), at)
    else for (let i = 0; i < length; i++) this.bytes[at + i] = from[start + i]!
    return at
  }

  /** Lets a piece go; `length` is what it was kept with. */
  release(at: number, length: number): void {
    const size = classOf(length)
    ;(this.#free[size] ??= []).push(at)
  }

  /** Whether a piece of one length may be written over by one of another. */
  static isSameRoom(a: number, b: number): boolean {
    return classOf(a) === classOf(b)
  }

  #room(length: number): number {
    const size = classOf(length)
    const free = this.#free[size]?.pop()
    if (free !== undefined) return free
    const at = this.#end
    this.#end += bytesOf(size)
    assert(this.#end < 2 ** 31, 'an arena holds less than 2 GiB')
    if (this.#end > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.#end))
      grown.set(this.bytes)
      this.bytes = grown
    }
    return at
  }
}

function classOf(length: number): number {
  const steps = Math.max(1, Math.ceil(length / STEP_BYTES))
  if (steps <= STEPS_FINE_MAX) return steps
  return STEPS_FINE_MAX + Math.ceil(Math.log2(steps / STEPS_FINE_MAX))
}

function bytesOf(size: number): number {
  if (size <= STEPS_FINE_MAX) return size * STEP_BYTES
  return STEPS_FINE_MAX * 2 ** (size - STEPS_FINE_MAX) * STEP_BYTES
}
