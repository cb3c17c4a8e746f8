// From the bytes of a foreign row to those of a reading as our collectors append it (formats.md 1),
// with no object in between: a row whose keys stand as in a row before is cut at its values, each
// is held to formats.md 1.3, and they are laid down in canonical order.
import { readingLimits } from '../model/reading.ts'
import { utf8, utf8Text } from '../std/bytes.ts'
import { JsonCursor } from './fields/json-cursor.ts'
import { addedItem, rowLayoutOf, valueRule, type RowLayout } from './row-layout.ts'

/** Sources mix kinds of rows; more than these at once are rare and only slower. */
const LAYOUTS_MAX = 8
/** With all places taken, one miss in so many is learnt: rows that never repeat cost little. */
const LEARN_EVERY = 32
const VALUES_MAX = 64
/** One allocation for many rows; the log copies them, and then all of it goes at once. */
const CHUNK_BYTES = 262_144
/** `{"v":1` and what the collector adds. */
const ADDED_BYTES_MAX = 256
/** Digits that a double holds exactly, so that the shortest text of the number is this text. */
const DIGITS_MAX = 15
/** What our collectors write of known measures, and what never needs an exponent. */
const PLACES_MAX = 3
const FREE_PLACES_MAX = 6

const QUOTE = 0x22
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const LETTER_F = 0x66
const LETTER_T = 0x74

/** Where a text stands in the row that was given, without its quotes; `from` −1: nowhere. */
export type TextSpan = { from: number; to: number }

const HEAD = utf8('{"v":1')

/**
 * Rewrites rows of known layouts. For any bytes it answers exactly what `encodeReading` makes of
 * `deriveFields` of `parseReading`, `n` and `collector` set, or undefined: then parse the row, and
 * if it is accepted without a fault let `learn` see it.
 */
export class ReadingRewriter {
  /** Of the row rewritten last: its time, and where its stream and site stand in its bytes. */
  ts = 0
  readonly stream: TextSpan = { from: -1, to: -1 }
  readonly site: TextSpan = { from: -1, to: -1 }
  readonly #collector: Uint8Array
  readonly #layouts: RowLayout[] = []
  readonly #starts = new Int32Array(VALUES_MAX)
  /** End of a value as it is written: of a number without the zeros that say nothing. */
  readonly #ends = new Int32Array(VALUES_MAX)
  #cursor = new JsonCursor(new Uint8Array(0))
  #out = new Uint8Array(0)
  #at = 0
  #keptEnd = 0
  #isKnown = false
  #misses = 0

  /** `collector` is written beside the number of a row that has one. */
  constructor(collector = '') {
    this.#collector = utf8(JSON.stringify(collector))
  }

  /** The row as bytes that are the caller's to keep, or undefined: it needs a parser. */
  rewrite(bytes: Uint8Array, n: number | undefined): Uint8Array | undefined {
    this.#isKnown = true
    const isLong = bytes.length > readingLimits.rowBytesMax - ADDED_BYTES_MAX
    if (isLong || this.#collector.length > ADDED_BYTES_MAX / 2) return undefined
    this.#cursor = new JsonCursor(bytes)
    this.#cursor.end = bytes.length
    for (let i = 0; i < this.#layouts.length; i++) {
      const layout = this.#layouts[i]!
      const verdict = this.#cut(bytes, layout)
      if (verdict === 'other') continue
      if (verdict === 'odd') return undefined
      // The next row is most likely like this one.
      if (i > 0) this.#layouts.unshift(...this.#layouts.splice(i, 1))
      return this.#written(bytes, layout, n)
    }
    this.#isKnown = false
    return undefined
  }

  /** Remembers how the row looked that `rewrite` did not know. */
  learn(bytes: Uint8Array): void {
    if (this.#isKnown) return
    const isFull = this.#layouts.length === LAYOUTS_MAX
    if (isFull && ++this.#misses % LEARN_EVERY !== 0) return
    const layout = rowLayoutOf(bytes)
    if (layout === undefined) return
    if (isFull) this.#layouts.pop()
    this.#layouts.unshift(layout)
  }

  /** Finds all values. `other`: the keys differ; `odd`: a value that only a parser may judge. */
  #cut(bytes: Uint8Array, layout: RowLayout): 'cut' | 'other' | 'odd' {
    const { prefixes, prefixEnds, memberCount, rules } = layout
    let at = 0
    let prefix = 0
    for (let member = 0; member <= memberCount; member++) {
      const prefixEnd = prefixEnds[member]!
      while (prefix < prefixEnd && prefixes[prefix] === bytes[at]) {
        prefix++
        at++
      }
      if (prefix < prefixEnd) return 'other'
      if (member === memberCount) return at === bytes.length ? 'cut' : 'other'
      this.#starts[member] = at
      at = this.#value(bytes, at, rules[member]!)
      if (at < 0) return 'odd'
      this.#ends[member] = this.#keptEnd
    }
    return 'other'
  }

  /** The place behind a value that its rule lets stand as it is, else −1. */
  #value(bytes: Uint8Array, at: number, rule: number): number {
    switch (rule) {
      case valueRule.text:
        return this.#text(bytes, at)
      case valueRule.unsigned:
        return bytes[at] === MINUS ? -1 : this.#number(bytes, at, PLACES_MAX)
      case valueRule.signed:
        return this.#number(bytes, at, PLACES_MAX)
      case valueRule.ts:
        return this.#time(bytes, at)
      case valueRule.p:
        return this.#rate(bytes, at)
      case valueRule.v:
        return bytes[at] === MINUS ? -1 : this.#number(bytes, at, PLACES_MAX)
      default:
        return this.#free(bytes, at)
    }
  }

  #text(bytes: Uint8Array, start: number): number {
    if (bytes[start] !== QUOTE) return -1
    const close = this.#cursor.textEnd(start + 1, false)
    const length = close - start - 1
    if (length <= 0 || length > readingLimits.textBytesMax) return -1
    this.#keptEnd = close + 1
    return close + 1
  }

  #number(bytes: Uint8Array, start: number, placesMax: number): number {
    const whole = bytes[start] === MINUS ? start + 1 : start
    let at = whole
    while (isDigit(bytes[at]!)) at++
    if (at === whole || (bytes[whole] === ZERO && at > whole + 1)) return -1
    let kept = at
    let digits = at - whole
    if (bytes[at] === POINT) {
      const fraction = ++at
      for (; isDigit(bytes[at]!); at++) if (bytes[at] !== ZERO) kept = at + 1
      if (at === fraction || kept - fraction > placesMax) return -1
      digits += at - fraction
    }
    // Minus zero is written without its sign, which is a parser's matter.
    const isZero = bytes[whole] === ZERO && kept === whole + 1
    if (digits > DIGITS_MAX || (isZero && whole > start)) return -1
    this.#keptEnd = kept
    return at
  }

  #time(bytes: Uint8Array, start: number): number {
    let value = 0
    let at = start
    for (; isDigit(bytes[at]!) && at - start < DIGITS_MAX; at++)
      value = value * 10 + bytes[at]! - ZERO
    if (value < readingLimits.tsMin || value > readingLimits.tsMax || bytes[at] === POINT) return -1
    this.ts = value
    this.#keptEnd = at
    return bytes[start] === ZERO ? -1 : at
  }

  #rate(bytes: Uint8Array, start: number): number {
    const end = this.#number(bytes, start, FREE_PLACES_MAX)
    const rate = end < 0 ? 0 : Number(utf8Text(bytes.subarray(start, end)))
    return rate >= readingLimits.rateMin && rate <= 1 ? end : -1
  }

  /** An unknown field keeps any scalar. */
  #free(bytes: Uint8Array, at: number): number {
    const byte = bytes[at]
    if (byte === QUOTE) return this.#text(bytes, at)
    if (byte === LETTER_T || byte === LETTER_F) return (this.#keptEnd = this.#cursor.literalEnd(at))
    return this.#number(bytes, at, FREE_PLACES_MAX)
  }

  #written(bytes: Uint8Array, layout: RowLayout, n: number | undefined): Uint8Array {
    const { items, stream, site, prefixes } = layout
    // Labels are no longer than the prefixes they come from but for a comma.
    const most = bytes.length + prefixes.length + ADDED_BYTES_MAX
    if (this.#at + most > this.#out.length) {
      this.#out = new Uint8Array(Math.max(CHUNK_BYTES, most))
      this.#at = 0
    }
    const from = this.#at
    this.#put(HEAD, 0, HEAD.length)
    for (let i = 0; i < items.length; i++) {
      const { label, member } = items[i]!
      if (member >= 0) {
        this.#put(label, 0, label.length)
        this.#put(bytes, this.#starts[member]!, this.#ends[member]!)
      } else if (n !== undefined) {
        this.#put(label, 0, label.length)
        if (member === addedItem.n) this.#putInteger(n)
        else this.#put(this.#collector, 0, this.#collector.length)
      }
    }
    this.#out[this.#at++] = 0x7d
    this.#spanOf(this.stream, stream)
    this.#spanOf(this.site, site)
    return this.#out.subarray(from, this.#at)
  }

  #spanOf(span: TextSpan, member: number): void {
    span.from = member < 0 ? -1 : this.#starts[member]! + 1
    span.to = member < 0 ? -1 : this.#ends[member]! - 1
  }

  #put(bytes: Uint8Array, from: number, to: number): void {
    const out = this.#out
    let at = this.#at
    for (let i = from; i < to; i++) out[at++] = bytes[i]!
    this.#at = at
  }

  #putInteger(value: number): void {
    const text = `${value}`
    for (let i = 0; i < text.length; i++) this.#out[this.#at++] = text.charCodeAt(i)
  }
}

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= 0x39
