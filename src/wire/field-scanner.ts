// Reads wanted fields of JSON rows straight from their bytes, by RFC 8259's grammar narrowed to
// flat objects of 16 KiB: row = ws { ws [ member *( , member ) ] } ws, member = ws key ws : value ws,
// value = number | string | true | false | null. For any bytes it either agrees with JSON.parse on
// every wanted field or bails; only behind the stop point of a `v` row nothing is checked.
import { readingLimits } from '../model/reading.ts'
import type { ByteColumn } from '../model/record-columns.ts'
import { keyHash, type FieldPlan, type KeyTable } from './field-plan.ts'

/**
 * The wanted fields of many rows: `numbers[field][row]`, or for text `starts[field][row]` and
 * `lengths[field][row]` in the rows' own bytes. A cell counts only where `status[row]` is 0 and
 * bit `field` of `seen[row]` is set; else it may hold anything. Text is valid UTF-8.
 */
export type FieldColumns = {
  /** 0: read; else an index of `bailReasons`, and the row goes through `readFieldsSlowly`. */
  readonly status: Uint8Array
  readonly seen: Int32Array
  readonly numbers: readonly Float64Array[]
  readonly starts: readonly Int32Array[]
  readonly lengths: readonly Int32Array[]
}

/** Why the scanner left a row to JSON.parse, by the number in `status`. */
export const bailReasons = [
  'read',
  'size',
  'syntax',
  'key',
  'duplicate',
  'text',
  'number',
  'type',
  'nesting',
  'range',
  'missing',
] as const

const SIZE = 1
const SYNTAX = 2
const KEY = 3
const DUPLICATE = 4
const TEXT = 5
const NUMBER = 6
const TYPE = 7
const NESTING = 8
const RANGE = 9
const MISSING = 10

const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const COLON = 0x3a
const BACKSLASH = 0x5c
const LETTER_N = 0x6e
const OPEN = 0x7b
const CLOSE = 0x7d

const PROMISE = [...'{"v":1,'].map((letter) => letter.charCodeAt(0))
/** Digits that a double counts exactly; dividing them by a power of ten then rounds once. */
const DIGITS_MAX = 15
const POWERS = Float64Array.from({ length: DIGITS_MAX + 1 }, (_, k) => 10 ** k)

/** 1: a byte at which a run of plain string bytes ends: `"`, `\`, control bytes, beyond ASCII. */
const STOPS = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte === QUOTE || byte === BACKSLASH || byte >= 0x80 ? 1 : 0,
)
/** 1: what may follow a backslash; `\u` is left to JSON.parse. */
const ESCAPES = Uint8Array.from({ length: 256 }, (_, byte) =>
  '"\\/bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0,
)

/** Columns for up to `capacity` rows of a plan; a field has cells for its own kind only. */
export function createFieldColumns(plan: FieldPlan, capacity: number): FieldColumns {
  const texts = plan.fields.map((field) => (field.kind === 'text' ? capacity : 0))
  return {
    status: new Uint8Array(capacity),
    seen: new Int32Array(capacity),
    numbers: texts.map((cells) => new Float64Array(capacity - cells)),
    starts: texts.map((cells) => new Int32Array(cells)),
    lengths: texts.map((cells) => new Int32Array(cells)),
  }
}

/** One pass over a batch: the cursor and the row in hand, so that no row allocates. */
class FieldPass {
  readonly #plan: FieldPlan
  readonly #bytes: Uint8Array
  readonly #into: FieldColumns
  #row = 0
  #end = 0
  #seen = 0
  #met = 0

  constructor(plan: FieldPlan, bytes: Uint8Array, into: FieldColumns) {
    this.#plan = plan
    this.#bytes = bytes
    this.#into = into
  }

  /** Scans `length` bytes from `start` into the cells of `row`, and answers its status. */
  scan(row: number, start: number, length: number): number {
    if (length < 2 || length > readingLimits.rowBytesMax) return SIZE
    this.#row = row
    this.#end = start + length
    this.#seen = 0
    this.#met = 0
    const ordered = this.#isPromised(start) ? this.#plan.ordered : undefined
    const bail = this.#members(start, ordered ?? this.#plan.wanted, ordered !== undefined)
    this.#into.seen[row] = this.#seen
    return bail !== 0 ? bail : this.#judge()
  }

  /** Whether a collector of ours wrote the row: it begins with `{"v":1,` and ends with `}`. */
  #isPromised(start: number): boolean {
    for (let i = 0; i < PROMISE.length; i++) {
      if (this.#bytes[start + i] !== PROMISE[i]) return false
    }
    return this.#bytes[this.#end - 1] === CLOSE
  }

  #members(start: number, table: KeyTable, stops: boolean): number {
    const bytes = this.#bytes
    const end = this.#end
    let at = this.#blanks(start)
    if (bytes[at] !== OPEN) return SYNTAX
    at = this.#blanks(at + 1)
    if (bytes[at] === CLOSE) return this.#blanks(at + 1) === end ? 0 : SYNTAX
    for (;;) {
      if (bytes[at] !== QUOTE) return SYNTAX
      const key = at + 1
      at = this.#textEnd(key, false)
      if (at < 0) return KEY
      const field = this.#find(table, key, at)
      if (field === -2 && stops) return 0
      at = this.#blanks(at + 1)
      if (bytes[at] !== COLON) return SYNTAX
      at = this.#blanks(at + 1)
      at = field < 0 ? this.#skip(at) : this.#read(at, field)
      if (at < 0) return -at
      at = this.#blanks(at)
      const byte = bytes[at]
      if (byte === COMMA) at = this.#blanks(at + 1)
      else if (byte === CLOSE) return this.#blanks(at + 1) === end ? 0 : SYNTAX
      else return SYNTAX
    }
  }

  /** What formats.md 1.3 asks of whole rows; a row that may be refused is left to its rules. */
  #judge(): number {
    const { ts, stream, p } = this.#plan
    const needed = (1 << ts) | (1 << stream)
    if ((this.#seen & needed) !== needed) return MISSING
    const at = this.#into.numbers[ts]![this.#row]!
    const isTime = at >= readingLimits.tsMin && at <= readingLimits.tsMax && at % 1 === 0
    if (!isTime) return RANGE
    if ((this.#met & (1 << p)) === 0) return 0
    const rate = this.#into.numbers[p]![this.#row]!
    return (this.#seen & (1 << p)) === 0 || (rate >= readingLimits.rateMin && rate <= 1) ? 0 : RANGE
  }

  #blanks(start: number): number {
    let at = start
    for (let byte = this.#bytes[at]!; byte <= 0x20 && at < this.#end; byte = this.#bytes[++at]!) {
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at
    }
    return at
  }

  /** The wanted field of a key; −1: known and not wanted; −2: not in the table. */
  #find(table: KeyTable, key: number, end: number): number {
    const bytes = this.#bytes
    const length = end - key
    let entry = table.heads[keyHash(length, bytes[key]!, bytes[end - 1]!)]!
    while (entry >= 0) {
      if (table.lengths[entry] === length) {
        const name = table.starts[entry]!
        let i = 0
        while (i < length && table.bytes[name + i] === bytes[key + i]) i++
        if (i === length) return table.fields[entry]!
      }
      entry = table.next[entry]!
    }
    return -2
  }

  /** Where the closing quote stands of a string whose content begins at `start`; −TEXT: bail. */
  #textEnd(start: number, escapes: boolean): number {
    const bytes = this.#bytes
    const end = this.#end
    let at = start
    while (at < end) {
      const byte = bytes[at]!
      if (STOPS[byte] === 0) {
        at++
      } else if (byte === QUOTE) {
        return at
      } else if (byte >= 0x80) {
        const length = this.#sequence(at)
        if (length === 0) return -TEXT
        at += length
      } else if (escapes && byte === BACKSLASH && at + 1 < end && ESCAPES[bytes[at + 1]!] === 1) {
        at += 2
      } else {
        return -TEXT
      }
    }
    return -TEXT
  }

  /** Length of the UTF-8 sequence that begins here (RFC 3629, section 4); 0 where it is none. */
  #sequence(at: number): number {
    const bytes = this.#bytes
    if (at + 1 >= this.#end) return 0
    const lead = bytes[at]!
    const second = bytes[at + 1]!
    if (lead < 0xc2 || lead > 0xf4) return 0
    const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
    const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
    if (second < least || second > most) return 0
    const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    if (at + length > this.#end) return 0
    for (let i = 2; i < length; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 0
    return length
  }

  /** The end of a value that nobody wants; it is still held to the grammar. */
  #skip(at: number): number {
    const byte = this.#bytes[at]!
    if (byte === QUOTE) {
      const close = this.#textEnd(at + 1, true)
      return close < 0 ? close : close + 1
    }
    if (byte === MINUS || (byte >= ZERO && byte <= 0x39)) return this.#numberEnd(at)
    if (byte === OPEN || byte === 0x5b) return -NESTING
    return this.#literalEnd(at)
  }

  #literalEnd(at: number): number {
    const byte = this.#bytes[at]
    const word = byte === LETTER_N ? 'null' : byte === 0x74 ? 'true' : 'false'
    for (let i = 0; i < word.length; i++) {
      if (this.#bytes[at + i] !== word.charCodeAt(i)) return -SYNTAX
    }
    return at + word.length
  }

  #digitsEnd(start: number): number {
    let at = start
    while (at < this.#end && (this.#bytes[at]! - ZERO) >>> 0 <= 9) at++
    return at
  }

  #numberEnd(start: number): number {
    const bytes = this.#bytes
    const whole = bytes[start] === MINUS ? start + 1 : start
    let at = this.#digitsEnd(whole)
    if (at === whole || (bytes[whole] === ZERO && at > whole + 1)) return -NUMBER
    if (bytes[at] === POINT) {
      const fraction = at + 1
      at = this.#digitsEnd(fraction)
      if (at === fraction) return -NUMBER
    }
    if (bytes[at] === 0x65 || bytes[at] === 0x45) {
      const sign = bytes[at + 1]
      const exponent = sign === MINUS || sign === 0x2b ? at + 2 : at + 1
      at = this.#digitsEnd(exponent)
      if (at === exponent) return -NUMBER
    }
    return at
  }

  #read(at: number, field: number): number {
    const bit = 1 << field
    if ((this.#met & bit) !== 0) return -DUPLICATE
    this.#met |= bit
    if (this.#bytes[at] === LETTER_N) return this.#literalEnd(at)
    return this.#plan.isText[field] === 1 ? this.#readText(at, field) : this.#readNumber(at, field)
  }

  #readText(at: number, field: number): number {
    if (this.#bytes[at] !== QUOTE) return -TYPE
    const start = at + 1
    const close = this.#textEnd(start, false)
    if (close < 0) return close
    const length = close - start
    if (length > readingLimits.textBytesMax) return -RANGE
    // Empty text is absent, as every reader of a dimension takes it.
    if (length > 0) this.#seen |= 1 << field
    this.#into.starts[field]![this.#row] = start
    this.#into.lengths[field]![this.#row] = length
    return close + 1
  }

  /** Fixed-point numbers of at most 15 digits; digits ÷ 10^k is rounded once, as JSON.parse does. */
  #readNumber(start: number, field: number): number {
    const bytes = this.#bytes
    const end = this.#end
    const negative = bytes[start] === MINUS
    const whole = negative ? start + 1 : start
    let at = whole
    let digits = 0
    for (let byte = bytes[at]! - ZERO; byte >>> 0 <= 9 && at < end; byte = bytes[++at]! - ZERO) {
      digits = digits * 10 + byte
    }
    const wholeCount = at - whole
    if (wholeCount === 0) return -TYPE
    if (wholeCount > DIGITS_MAX || (bytes[whole] === ZERO && wholeCount > 1)) return -NUMBER
    let value = digits
    if (bytes[at] === POINT) {
      const fraction = ++at
      for (let byte = bytes[at]! - ZERO; byte >>> 0 <= 9 && at < end; byte = bytes[++at]! - ZERO) {
        digits = digits * 10 + byte
      }
      const places = at - fraction
      if (places === 0 || wholeCount + places > DIGITS_MAX) return -NUMBER
      value = digits / POWERS[places]!
    }
    if (bytes[at] === 0x65 || bytes[at] === 0x45) return -NUMBER
    if (negative && value > 0 && this.#plan.isUnsigned[field] === 1) return -RANGE
    this.#seen |= 1 << field
    this.#into.numbers[field]![this.#row] = negative ? -value : value
    return at
  }
}

/**
 * Reads the plan's fields of `count` rows; nothing is allocated per row. Rows that begin with
 * exactly `{"v":1,` carry the collectors' promise of canonical order without duplicates, and are
 * left at the first key that ranks behind the last wanted field.
 */
export function scanFields(
  plan: FieldPlan,
  values: ByteColumn,
  count: number,
  into: FieldColumns,
): void {
  const pass = new FieldPass(plan, values.bytes, into)
  for (let row = 0; row < count; row++) {
    into.status[row] = pass.scan(row, values.starts[row]!, values.lengths[row]!)
  }
}
