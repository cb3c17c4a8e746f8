import { assert } from './assert.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8 bytes of a string. */
export const utf8 = (text: string): Uint8Array => encoder.encode(text)

/**
 * The string behind UTF-8 bytes, a leading U+FEFF kept. @throws TypeError on invalid UTF-8: callers
 * check the outside.
 */
export const utf8Text = (bytes: Uint8Array): string => decoder.decode(bytes)

/**
 * Grows as it is written. Varints are LEB128, signed ones zigzag; all integers within ± 2^53.
 * `take` returns a copy and empties the writer, so one writer serves many records; `view` copies
 * nothing.
 */
export class ByteWriter {
  #bytes = new Uint8Array(256)
  #view = new DataView(this.#bytes.buffer)
  length = 0

  #room(more: number): void {
    if (this.length + more <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + more))
    grown.set(this.#bytes.subarray(0, this.length))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }

  u8(value: number): void {
    this.#room(1)
    this.#bytes[this.length++] = value
  }

  varint(value: number): void {
    assert(value >= 0, 'an unsigned varint is not negative')
    this.#room(10)
    // Most are of one byte.
    if (value < 128) this.#bytes[this.length++] = value
    else this.#septets(value)
  }

  /** Zigzag by arithmetic, since values pass 2^31; exact to ± 2^53. */
  svarint(value: number): void {
    this.#room(10)
    if (value >= -64 && value < 64) {
      this.#bytes[this.length++] = value < 0 ? -2 * value - 1 : 2 * value
      return
    }
    const negative = value < 0
    const magnitude = negative ? -(value + 1) : value
    const rest = Math.floor(magnitude / 64)
    const first = (magnitude - rest * 64) * 2 + (negative ? 1 : 0)
    if (rest === 0) this.#bytes[this.length++] = first
    else {
      this.#bytes[this.length++] = first + 128
      this.#septets(rest)
    }
  }

  /** Seven bits a byte, low ones first; in 32-bit integers, because remainders of doubles cost. */
  #septets(value: number): void {
    const bytes = this.#bytes
    let at = this.length
    let rest = value
    while (rest >= 2 ** 31) {
      const above = Math.floor(rest / 2 ** 28)
      let low = rest - above * 2 ** 28
      for (let i = 0; i < 4; i++) {
        bytes[at++] = low | 128
        low >>>= 7
      }
      rest = above
    }
    let small = rest | 0
    while (small >= 128) {
      bytes[at++] = small | 128
      small >>>= 7
    }
    bytes[at++] = small
    this.length = at
  }

  f64(value: number): void {
    this.#room(8)
    this.#view.setFloat64(this.length, value, true)
    this.length += 8
  }

  u64be(high: number, low: number): void {
    this.#room(8)
    this.#view.setUint32(this.length, high)
    this.#view.setUint32(this.length + 4, low)
    this.length += 8
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** Bytes that another writer holds. */
  copy(from: ByteWriter, start: number, end: number): void {
    this.#room(end - start)
    const bytes = this.#bytes
    const source = from.#bytes
    let at = this.length
    // Few bytes: a loop is as fast as a call, and needs no view.
    for (let i = start; i < end; i++) bytes[at++] = source[i]!
    this.length = at
  }

  text(value: string): void {
    const bytes = utf8(value)
    this.varint(bytes.length)
    this.raw(bytes)
  }

  /** Overwrites one byte that was written. */
  set(at: number, byte: number): void {
    assert(at < this.length, 'only what was written is overwritten')
    this.#bytes[at] = byte
  }

  /** Begins bytes that their count goes before; answers what `closeSized` asks for. */
  openSized(): number {
    this.u8(0)
    return this.length
  }

  /** Puts the count of the bytes written since `openSized` before them, as a varint. */
  closeSized(from: number): void {
    const count = this.length - from
    if (count < 128) {
      this.#bytes[from - 1] = count
      return
    }
    // One byte was kept for the count: what stands behind it makes room for the others.
    const more = count < 2 ** 14 ? 1 : count < 2 ** 21 ? 2 : 3
    this.#room(more)
    this.#bytes.copyWithin(from + more, from, this.length)
    this.length = from - 1
    this.varint(count)
    this.length += count
  }

  /** A view of some bytes that were written: valid until the next one is written or taken. */
  view(from: number, to: number): Uint8Array {
    return new Uint8Array(this.#bytes.buffer, from, to - from)
  }

  take(): Uint8Array {
    const out = this.#bytes.slice(0, this.length)
    this.length = 0
    return out
  }

  /** Empties the writer, and lets its buffer go if it is larger; views hold the old one. */
  clear(bytesMax = Infinity): void {
    this.length = 0
    if (this.#bytes.length <= bytesMax) return
    this.#bytes = new Uint8Array(256)
    this.#view = new DataView(this.#bytes.buffer)
  }
}

// Eight bytes as a double without a view per buffer; both arrays share their memory.
const octets = new Uint8Array(8)
const doubles = new Float64Array(octets.buffer)

/**
 * Reads what a `ByteWriter` wrote. Past the end `ok` turns false and every read answers 0. One
 * reader serves many buffers: `open` begins anew without allocating.
 */
export class ByteReader {
  #bytes: Uint8Array
  at: number
  end: number
  ok = true

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.#bytes = bytes
    this.at = at
    this.end = end
  }

  /** Begins to read other bytes, from `at` up to `end`. */
  open(bytes: Uint8Array, at: number, end: number): this {
    this.#bytes = bytes
    this.at = at
    this.end = end
    this.ok = true
    return this
  }

  #has(count: number): boolean {
    if (this.at + count > this.end) this.ok = false
    return this.ok
  }

  u8(): number {
    return this.#has(1) ? this.#bytes[this.at++]! : 0
  }

  varint(): number {
    // Most are one byte: counts, steps between buckets, lengths.
    if (this.at < this.end && this.#bytes[this.at]! < 128) return this.#bytes[this.at++]!
    let value = 0
    let scale = 1
    for (let i = 0; i < 8; i++) {
      const byte = this.u8()
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
    this.ok = false
    return 0
  }

  svarint(): number {
    const first = this.u8()
    const negative = (first & 1) === 1
    let magnitude = (first & 127) >> 1
    if (first >= 128) magnitude += this.varint() * 64
    return negative ? -magnitude - 1 : magnitude
  }

  f64(): number {
    if (!this.#has(8)) return 0
    for (let i = 0; i < 8; i++) octets[i] = this.#bytes[this.at++]!
    return doubles[0]!
  }

  u32be(): number {
    if (!this.#has(4)) return 0
    const bytes = this.#bytes
    const at = this.at
    this.at += 4
    const low = (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
    return bytes[at]! * 2 ** 24 + low
  }

  u64be(): readonly [high: number, low: number] {
    return [this.u32be(), this.u32be()]
  }

  /** Leaves bytes unread. */
  skip(count: number): void {
    if (this.#has(count)) this.at += count
  }

  /** A view, not a copy. */
  raw(count: number): Uint8Array {
    if (!this.#has(count)) return new Uint8Array(0)
    this.at += count
    return this.#bytes.subarray(this.at - count, this.at)
  }

  /** Invalid UTF-8 turns `ok` false. */
  text(): string {
    const bytes = this.raw(this.varint())
    try {
      return utf8Text(bytes)
    } catch (error) {
      this.ok = this.ok && !(error instanceof TypeError)
      return ''
    }
  }
}
