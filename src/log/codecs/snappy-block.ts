// A Snappy block: the length of its content as a varint of 7 bits a byte, then elements. The low
// two bits of a tag say what follows:
//   0 literal: high 6 bits are its length − 1; 60 to 63: it stands in the next 1 to 4 bytes
//   1 copy: bits 2–4 length − 4, bits 5–7 and the next byte its distance
//   2 copy: high 6 bits length − 1, distance in two bytes · 3 the same, in four bytes
// All numbers stand least byte first. From Snappy's format description of 2011.

import type { Span } from './lz4-block.ts'
import { le32 } from './xxhash32.ts'

const HASH_BITS = 14
const MATCH_BYTES_MIN = 4
const COPY_BYTES_MIN = 32

/** Three bytes make at most 64: more than this is no Snappy. */
const GROWTH_MAX = 22

/** What a block says of itself: bytes of its content, and where its elements begin. */
export type SnappyHead = { readonly size: number; readonly at: number }

/** Undefined for what no block can begin with; the size is one that so many bytes can have. */
export function snappyHead(bytes: Uint8Array, { from, to }: Span): SnappyHead | undefined {
  let size = 0
  for (let at = from, scale = 1; at < to && at < from + 5; scale *= 128) {
    const byte = bytes[at++]!
    size += (byte & 127) * scale
    if (byte < 128) return size <= (to - at) * GROWTH_MAX ? { size, at } : undefined
  }
  return undefined
}

/**
 * Inflates the elements `bytes[from, to)` into exactly `into[at, to)`; false where they are
 * damaged or say more or less than that. Nothing outside is written.
 */
export function inflateSnappyBlock(
  bytes: Uint8Array,
  { from, to: end }: Span,
  { into, at: start, to: limit }: { into: Uint8Array; at: number; to: number },
): boolean {
  let at = from
  let out = start
  while (at < end) {
    const tag = bytes[at++]!
    let length = (tag >>> 2) + 1
    let distance = 0
    if ((tag & 3) === 0) {
      if (length > 60) {
        const width = length - 60
        if (width > end - at) return false
        length = 1
        for (let i = 0, scale = 1; i < width; i++, scale *= 256) length += bytes[at++]! * scale
      }
      if (length > end - at || length > limit - out) return false
      if (length < COPY_BYTES_MIN) {
        for (const stop = at + length; at < stop;) into[out++] = bytes[at++]!
      } else {
        into.set(bytes.subarray(at, at + length), out)
        at += length
        out += length
      }
      continue
    }
    if ((tag & 3) === 1) {
      if (at === end) return false
      length = ((tag >>> 2) & 7) + 4
      distance = ((tag >>> 5) << 8) | bytes[at++]!
    } else if ((tag & 3) === 2) {
      if (end - at < 2) return false
      distance = bytes[at]! | (bytes[at + 1]! << 8)
      at += 2
    } else {
      if (end - at < 4) return false
      distance = le32(bytes, at) >>> 0
      at += 4
    }
    let source = out - distance
    if (distance === 0 || source < start || length > limit - out) return false
    for (const stop = out + length; out < stop;) into[out++] = into[source++]!
  }
  return out === limit
}

/** Bytes that a block of so many bytes takes at most, at most 64 KiB at a time. */
export const snappyBlockBytesMax = (length: number): number => 32 + length + Math.ceil(length / 6)

/** Compresses into blocks of at most 64 KiB; its table of places is kept from block to block. */
export class SnappyBlockWriter {
  /** Hash of four bytes → where they stood last, counted on over all blocks so far. */
  readonly #places = new Int32Array(1 << HASH_BITS)
  #counted = 1
  #into: Uint8Array = new Uint8Array(0)
  #out = 0

  /**
   * Compresses `bytes[from, to)` into a block at `into[at]`, where there is room for
   * `snappyBlockBytesMax`; answers the index after its last byte.
   */
  write(
    bytes: Uint8Array,
    { from, to }: Span,
    { into, at }: { readonly into: Uint8Array; readonly at: number },
  ): number {
    const places = this.#places
    const shift = this.#count(to - from) - from
    const matchableTo = to - MATCH_BYTES_MIN
    this.#into = into
    this.#out = at
    this.#putSize(to - from)
    let anchor = from
    let place = from
    let misses = 0
    while (place <= matchableTo) {
      const word = le32(bytes, place)
      const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS)
      const before = places[slot]! - shift
      places[slot] = place + shift
      if (before < from || le32(bytes, before) !== word) {
        // What does not repeat is gone through in ever longer steps.
        place += 1 + (misses++ >>> 5)
        continue
      }
      misses = 0
      const distance = place - before
      let end = place + MATCH_BYTES_MIN
      while (end < to && bytes[end] === bytes[end - distance]) end++
      this.#putLiteral(bytes, anchor, place)
      this.#putCopies(distance, end - place)
      place = end
      anchor = end
    }
    this.#putLiteral(bytes, anchor, to)
    return this.#out
  }

  /** What is added to a block's indices, so that no place of an earlier block looks like one. */
  #count(length: number): number {
    if (this.#counted + length > 2 ** 30) {
      this.#places.fill(0)
      this.#counted = 1
    }
    this.#counted += length
    return this.#counted - length
  }

  #putSize(size: number): void {
    let rest = size
    for (; rest >= 128; rest >>>= 7) this.#into[this.#out++] = (rest & 127) | 128
    this.#into[this.#out++] = rest
  }

  #putLiteral(bytes: Uint8Array, from: number, to: number): void {
    const into = this.#into
    const length = to - from
    if (length === 0) return
    const less = length - 1
    if (less < 60) into[this.#out++] = less << 2
    else {
      into[this.#out++] = (less < 256 ? 60 : 61) << 2
      into[this.#out++] = less
      if (less >= 256) into[this.#out++] = less >>> 8
    }
    if (length < COPY_BYTES_MIN) {
      for (let at = from; at < to; at++) into[this.#out++] = bytes[at]!
    } else {
      into.set(bytes.subarray(from, to), this.#out)
      this.#out += length
    }
  }

  #putCopies(distance: number, length: number): void {
    const into = this.#into
    let left = length
    while (left > 0) {
      // No copy is left of which fewer than four bytes remain: the short form begins at four.
      const count = left >= 68 ? 64 : left > 64 ? 60 : left
      if (count < 12 && distance < 2048) {
        into[this.#out++] = 1 | ((count - 4) << 2) | ((distance >>> 8) << 5)
        into[this.#out++] = distance
      } else {
        into[this.#out++] = 2 | ((count - 1) << 2)
        into[this.#out++] = distance
        into[this.#out++] = distance >>> 8
      }
      left -= count
    }
  }
}
