import { assert } from './assert.ts'
import { utf8 } from './bytes.ts'

const FNV_BASIS = 0x811c9dc5 | 0
const FNV_PRIME = 0x01000193
const SLOTS_MIN = 1024
const BYTES_MIN = 16_384

// Text of what was interned from the outside: invalid UTF-8 shows as U+FFFD and is not an error.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Numbers byte strings from 0 in order of first sight, at most `limit` of them, so that columns
 * compare integers instead of text. Hash: FNV-1a 32 (Fowler, Noll and Vo); open addressing with
 * linear probing, at most half full. Nothing is ever removed: memory is bounded by `limit` times
 * the longest string.
 */
export class Interner {
  readonly #limit: number
  #size = 0
  /** By slot: id + 1, or 0 where free. */
  #slots = new Int32Array(SLOTS_MIN)
  /** By id; string `id` is `#bytes[#ends[id - 1] … #ends[id])`. */
  #hashes = new Int32Array(SLOTS_MIN / 2)
  #ends = new Float64Array(SLOTS_MIN / 2)
  #bytes = new Uint8Array(BYTES_MIN)
  readonly #texts: (string | undefined)[] = []

  constructor(limit: number) {
    assert(limit > 0 && limit < 2 ** 29, 'an interner holds 1 to 2^29 strings')
    this.#limit = limit
  }

  /** How many strings are known; their ids are 0 to `size` − 1. */
  get size(): number {
    return this.#size
  }

  /** The id of `length` bytes from `start`, −1 where they are new and the table is full. */
  intern(bytes: Uint8Array, start: number, length: number): number {
    let hash = FNV_BASIS
    const end = start + length
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, FNV_PRIME)
    const mask = this.#slots.length - 1
    // FNV's low bits are weak on short strings that differ in their last byte only.
    let slot = (hash ^ (hash >>> 15)) & mask
    for (let held = this.#slots[slot]!; held !== 0; held = this.#slots[slot]!) {
      const isAsLong = this.#ends[held - 1]! - this.#startOf(held - 1) === length
      if (isAsLong && this.#hashes[held - 1] === hash && this.#equals(held - 1, bytes, start)) {
        return held - 1
      }
      slot = (slot + 1) & mask
    }
    if (this.#size === this.#limit) return -1
    this.#keep(hash, bytes.subarray(start, end))
    this.#slots[slot] = this.#size
    if (this.#size * 2 > mask) this.#grow()
    return this.#size - 1
  }

  /** As `intern`, of the UTF-8 bytes of a text. */
  internText(text: string): number {
    const bytes = utf8(text)
    return this.intern(bytes, 0, bytes.length)
  }

  /** The text of an id; decoded once, then kept. */
  text(id: number): string {
    return (this.#texts[id] ??= decoder.decode(this.bytes(id)))
  }

  /** The bytes of an id: a view, not to be written, valid for the interner's life. */
  bytes(id: number): Uint8Array {
    assert(id >= 0 && id < this.#size, 'an id is one that intern gave')
    return this.#bytes.subarray(this.#startOf(id), this.#ends[id])
  }

  #startOf(id: number): number {
    return id === 0 ? 0 : this.#ends[id - 1]!
  }

  #equals(id: number, bytes: Uint8Array, start: number): boolean {
    const from = this.#startOf(id)
    const length = this.#ends[id]! - from
    for (let i = 0; i < length; i++) {
      if (this.#bytes[from + i] !== bytes[start + i]) return false
    }
    return true
  }

  #keep(hash: number, bytes: Uint8Array): void {
    const id = this.#size
    const from = this.#startOf(id)
    const end = from + bytes.length
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, end))
      grown.set(this.#bytes.subarray(0, from))
      this.#bytes = grown
    }
    this.#bytes.set(bytes, from)
    this.#hashes[id] = hash
    this.#ends[id] = end
    this.#texts.push(undefined)
    this.#size++
  }

  /** Doubles the slots; strings keep their ids. */
  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2)
    const hashes = new Int32Array(slots.length / 2)
    const ends = new Float64Array(slots.length / 2)
    hashes.set(this.#hashes)
    ends.set(this.#ends)
    const mask = slots.length - 1
    for (let id = 0; id < this.#size; id++) {
      const hash = hashes[id]!
      let slot = (hash ^ (hash >>> 15)) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = id + 1
    }
    this.#slots = slots
    this.#hashes = hashes
    this.#ends = ends
  }
}
