// An LZ4 block is a run of sequences:
//   token (high 4 bits: literals, low 4: match length − 4; 15 goes on in bytes, for as long as
//   they are 255) · literal length · literals · u16 distance, least byte first · match length
// The last sequence ends with its literals.

import { le32 } from './xxhash32.ts'

const MATCH_BYTES_MIN = 4

/** What the format asks of a writer: the last bytes are literals, no match begins near them. */
const LITERALS_AT_END = 5
const MATCHLESS_AT_END = 12

const DISTANCE_MAX = 65_535
const HASH_BITS = 14

/** From so many bytes on a call that copies costs less than copying one by one. */
const COPY_BYTES_MIN = 64

/** Shorter copies go by words; what a word writes too much is written over by what follows. */
const WORD_BYTES = 4

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength)

/** Part of some bytes. */
export type Span = { readonly from: number; readonly to: number }

/** Where inflated bytes go: `into[at, to)`. A match reaches back to `floor` at most. */
export type InflatePlace = {
  readonly into: Uint8Array
  readonly at: number
  readonly to: number
  readonly floor: number
}

/**
 * Inflates the block `bytes[from, to)`; answers the index after the last byte written, or −1 where
 * the block is damaged or needs more room. Nothing outside the place is written.
 */
export function inflateLz4Block(
  bytes: Uint8Array,
  { from, to: end }: Span,
  { into, at: start, to: limit, floor }: InflatePlace,
): number {
  const source = viewOf(bytes)
  const target = viewOf(into)
  // Up to here three bytes more may be read or written than are copied.
  const wordsEnd = end - WORD_BYTES
  const wordsLimit = limit - WORD_BYTES
  let at = from
  let out = start
  while (at < end) {
    const token = bytes[at++]!
    let length = token >>> 4
    if (length === 15) {
      let more = 255
      while (more === 255 && at < end) length += more = bytes[at++]!
      if (more === 255) return -1
    }
    if (length > end - at || length > limit - out) return -1
    if (length < COPY_BYTES_MIN) {
      const stop = out + length
      if (at + length <= wordsEnd && stop <= wordsLimit) {
        for (let from4 = at; out < stop; out += WORD_BYTES, from4 += WORD_BYTES) {
          target.setUint32(out, source.getUint32(from4))
        }
        at += length
        out = stop
      } else while (out < stop) into[out++] = bytes[at++]!
    } else {
      into.set(bytes.subarray(at, at + length), out)
      at += length
      out += length
    }
    if (at === end) return out
    if (end - at < 2) return -1
    const distance = bytes[at]! | (bytes[at + 1]! << 8)
    at += 2
    length = token & 15
    if (length === 15) {
      let more = 255
      while (more === 255 && at < end) length += more = bytes[at++]!
      if (more === 255) return -1
    }
    length += MATCH_BYTES_MIN
    let before = out - distance
    if (distance === 0 || before < floor || length > limit - out) return -1
    if (length < COPY_BYTES_MIN || distance < length) {
      const stop = out + length
      if (distance >= WORD_BYTES && stop <= wordsLimit) {
        for (; out < stop; out += WORD_BYTES, before += WORD_BYTES) {
          target.setUint32(out, target.getUint32(before))
        }
        out = stop
      } else while (out < stop) into[out++] = into[before++]!
    } else {
      into.copyWithin(out, before, before + length)
      out += length
    }
  }
  return -1
}

/** Bytes that a block of so many bytes takes at most. */
export const lz4BlockBytesMax = (length: number): number => length + Math.ceil(length / 255) + 16

/** Compresses into blocks, greedily; its table of places is kept from block to block. */
export class Lz4BlockWriter {
  /** Hash of four bytes → where they stood last, counted on over all blocks so far. */
  readonly #places = new Int32Array(1 << HASH_BITS)
  #counted = 1
  #into: Uint8Array = new Uint8Array(0)
  #out = 0

  /**
   * Compresses `bytes[from, to)` into a block that needs no other, at `into[at]`, where there is
   * room for `lz4BlockBytesMax`; answers the index after its last byte.
   */
  write(
    bytes: Uint8Array,
    { from, to }: Span,
    { into, at }: { readonly into: Uint8Array; readonly at: number },
  ): number {
    const places = this.#places
    const shift = this.#count(to - from) - from
    const matchableTo = to - MATCHLESS_AT_END
    this.#into = into
    this.#out = at
    let anchor = from
    let place = from
    let misses = 0
    while (place <= matchableTo) {
      const word = le32(bytes, place)
      const slot = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS)
      let before = places[slot]! - shift
      places[slot] = place + shift
      if (before < from || place - before > DISTANCE_MAX || le32(bytes, before) !== word) {
        // What does not repeat is gone through in ever longer steps.
        place += 1 + (misses++ >>> 6)
        continue
      }
      misses = 0
      while (place > anchor && before > from && bytes[place - 1] === bytes[before - 1]) {
        place--
        before--
      }
      const distance = place - before
      let end = place + MATCH_BYTES_MIN
      while (end < to - LITERALS_AT_END && bytes[end] === bytes[end - distance]) end++
      const token = this.#putLiterals(bytes, anchor, place)
      this.#putMatch(token, distance, end - place)
      place = end
      anchor = end
    }
    this.#putLiterals(bytes, anchor, to)
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

  /** Answers where the token is. */
  #putLiterals(bytes: Uint8Array, from: number, to: number): number {
    const into = this.#into
    const length = to - from
    const token = this.#out++
    into[token] = Math.min(length, 15) << 4
    if (length >= 15) this.#putLength(length - 15)
    if (length < COPY_BYTES_MIN) {
      for (let at = from; at < to; at++) into[this.#out++] = bytes[at]!
    } else {
      into.set(bytes.subarray(from, to), this.#out)
      this.#out += length
    }
    return token
  }

  #putMatch(token: number, distance: number, bytesCount: number): void {
    const into = this.#into
    const length = bytesCount - MATCH_BYTES_MIN
    into[token]! |= Math.min(length, 15)
    into[this.#out++] = distance
    into[this.#out++] = distance >>> 8
    if (length >= 15) this.#putLength(length - 15)
  }

  #putLength(more: number): void {
    let rest = more
    for (; rest >= 255; rest -= 255) this.#into[this.#out++] = 255
    this.#into[this.#out++] = rest
  }
}
