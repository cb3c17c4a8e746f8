import { bail } from './field-bail.ts'

const QUOTE = 0x22
const MINUS = 0x2d
const PLUS = 0x2b
const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const BACKSLASH = 0x5c
const LETTER_N = 0x6e
const OPEN = 0x7b
const OPEN_LIST = 0x5b

/** 1: what may follow a backslash; `\u` is left to JSON.parse. */
const ESCAPES = Uint8Array.from({ length: 256 }, (_, byte) =>
  '"\\/bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0,
)

/**
 * Finds where the tokens of one JSON row end (RFC 8259, strings in UTF-8). Every method takes a
 * place in `bytes` and answers the place behind, or a negative number of `bail`. A run may pass
 * `end`, yet no further than the next token of what lies behind: whoever accepts a row checks that
 * its last token ends at `end` exactly.
 */
export class JsonCursor {
  readonly bytes: Uint8Array
  /** Where the row in hand ends; its reader sets it. */
  end = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  blanks(start: number): number {
    let at = start
    for (let byte = this.bytes[at]!; byte <= 0x20 && at < this.end; byte = this.bytes[++at]!) {
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at
    }
    return at
  }

  /** Where the closing quote stands of a string whose content begins at `start`. */
  textEnd(start: number, escapes: boolean): number {
    const bytes = this.bytes
    let at = start
    let byte = bytes[at]!
    // A run may leave the row, but no further than the next quote; then the row is refused.
    while (byte > QUOTE && byte < 0x80 && byte !== BACKSLASH) byte = bytes[++at]!
    return byte === QUOTE && at < this.end ? at : this.#oddTextEnd(at, escapes)
  }

  /** The same from a place on where the text has more than letters, figures and most signs. */
  #oddTextEnd(start: number, escapes: boolean): number {
    const { bytes, end } = this
    let at = start
    for (;;) {
      let byte = bytes[at]!
      while (byte > QUOTE && byte < 0x80 && byte !== BACKSLASH) byte = bytes[++at]!
      if (at >= end) return -bail.text
      if (byte === QUOTE) return at
      if (byte === 0x20 || byte === 0x21) {
        at++
      } else if (byte >= 0x80) {
        const length = this.#sequence(at)
        if (length === 0) return -bail.text
        at += length
      } else if (escapes && byte === BACKSLASH && at + 1 < end && ESCAPES[bytes[at + 1]!] === 1) {
        at += 2
      } else {
        return -bail.text
      }
    }
  }

  /** Length of the UTF-8 sequence that begins here (RFC 3629, section 4); 0 where it is none. */
  #sequence(at: number): number {
    const bytes = this.bytes
    if (at + 1 >= this.end) return 0
    const lead = bytes[at]!
    const second = bytes[at + 1]!
    if (lead < 0xc2 || lead > 0xf4) return 0
    const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
    const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
    if (second < least || second > most) return 0
    const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    if (at + length > this.end) return 0
    for (let i = 2; i < length; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 0
    return length
  }

  /** The end of a value that nobody wants, blanks before it; it is still held to the grammar. */
  valueEnd(at: number): number {
    const byte = this.bytes[at]!
    if (byte === MINUS || (byte >= ZERO && byte <= NINE)) return this.#numberEnd(at)
    if (byte === OPEN || byte === OPEN_LIST) return -bail.nesting
    if (byte !== QUOTE) {
      const start = this.blanks(at)
      return start > at ? this.valueEnd(start) : this.literalEnd(at)
    }
    const close = this.textEnd(at + 1, true)
    return close < 0 ? close : close + 1
  }

  literalEnd(at: number): number {
    const byte = this.bytes[at]
    const word = byte === LETTER_N ? 'null' : byte === 0x74 ? 'true' : 'false'
    for (let i = 0; i < word.length; i++) {
      if (this.bytes[at + i] !== word.charCodeAt(i)) return -bail.syntax
    }
    return at + word.length
  }

  #numberEnd(start: number): number {
    const bytes = this.bytes
    const whole = bytes[start] === MINUS ? start + 1 : start
    let at = whole
    while (bytes[at]! >= ZERO && bytes[at]! <= NINE) at++
    if (at === whole || (bytes[whole] === ZERO && at > whole + 1)) return -bail.number
    if (bytes[at] === POINT) {
      const fraction = ++at
      while (bytes[at]! >= ZERO && bytes[at]! <= NINE) at++
      if (at === fraction) return -bail.number
    }
    return bytes[at] === 0x65 || bytes[at] === 0x45 ? this.#exponentEnd(at) : at
  }

  #exponentEnd(start: number): number {
    const bytes = this.bytes
    const sign = bytes[start + 1]
    const exponent = sign === MINUS || sign === PLUS ? start + 2 : start + 1
    let at = exponent
    while (bytes[at]! >= ZERO && bytes[at]! <= NINE) at++
    return at === exponent ? -bail.number : at
  }
}
