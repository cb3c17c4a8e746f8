// Reads wanted fields of JSON rows straight from their bytes, by RFC 8259's grammar narrowed to
// flat objects of 16 KiB: row = ws { ws [ member *( , member ) ] } ws,
// member = ws key ws : ws value ws, value = number | string | true | false | null. For any bytes it
// either agrees with JSON.parse on every wanted field or bails; only behind the stop point of a `v`
// row nothing is checked.
import { readingLimits } from '../model/reading.ts'
import type { ByteColumn } from '../model/record-columns.ts'
import { bail } from './field-bail.ts'
import { keyHash, type FieldPlan, type KeyTable } from './field-plan.ts'
import { JsonCursor } from './json-cursor.ts'

/**
 * The wanted fields of many rows: `numbers[field][row]`, or for text `starts[field][row]` and
 * `lengths[field][row]` in the rows' own bytes. A cell counts only where `status[row]` is 0 and the
 * field is there, `(masks[field >>> 5][row] & (1 << (field & 31))) !== 0`; else it may hold
 * anything. Text is valid UTF-8.
 */
export type FieldColumns = {
  /** 0: read; else one of `bail`, and the row goes through `readFieldsSlowly`. */
  readonly status: Uint8Array
  /** Which fields are there, 32 to a mask. */
  readonly masks: readonly Int32Array[]
  readonly numbers: readonly Float64Array[]
  readonly starts: readonly Int32Array[]
  readonly lengths: readonly Int32Array[]
}

/** No byte above this is a blank. */
const BLANK_MAX = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const COLON = 0x3a
const LETTER_N = 0x6e
const OPEN = 0x7b
const CLOSE = 0x7d

/** A key that is not in the table: on a `v` row it ranks behind all that are. */
const UNKNOWN = -2
/** Members per row whose keys are remembered; those behind are read each time. */
const PREFIXES_MAX = 64

const PROMISE = [...'{"v":1,'].map((letter) => letter.charCodeAt(0))
/** Digits that a double counts exactly; dividing them by a power of ten then rounds once. */
const DIGITS_MAX = 15
/** Digits that a 32-bit integer counts. */
const RUN_MAX = 9
const POWERS = Float64Array.from({ length: DIGITS_MAX + 1 }, (_, k) => 10 ** k)

/** Columns for up to `capacity` rows of a plan; a field has cells for its own kind only. */
export function createFieldColumns(plan: FieldPlan, capacity: number): FieldColumns {
  const texts = plan.fields.map((field) => (field.kind === 'text' ? capacity : 0))
  return {
    status: new Uint8Array(capacity),
    masks: createMasks(plan, capacity),
    numbers: texts.map((cells) => new Float64Array(capacity - cells)),
    starts: texts.map((cells) => new Int32Array(cells)),
    lengths: texts.map((cells) => new Int32Array(cells)),
  }
}

const createMasks = (plan: FieldPlan, capacity: number): readonly Int32Array[] =>
  Array.from({ length: (plan.fields.length + 31) >>> 5 }, () => new Int32Array(capacity))

/** One pass over a batch: the cursor and the row in hand, so that no row allocates. */
class FieldPass {
  readonly #plan: FieldPlan
  readonly #bytes: Uint8Array
  readonly #into: FieldColumns
  readonly #view: DataView
  /** By number of a member: `"key":` as the last row had it, its length and the wanted field. */
  readonly #prefixStarts = new Int32Array(PREFIXES_MAX)
  readonly #prefixLengths = new Int32Array(PREFIXES_MAX)
  readonly #prefixFields = new Int16Array(PREFIXES_MAX)
  #table: KeyTable
  readonly #cursor: JsonCursor
  #row = 0
  /** By field: the serial of the row that last had its key. */
  readonly #metIn: Int32Array
  #serial = 0
  #field = UNKNOWN

  constructor(plan: FieldPlan, bytes: Uint8Array, into: FieldColumns) {
    this.#plan = plan
    this.#bytes = bytes
    this.#cursor = new JsonCursor(bytes)
    this.#into = into
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#table = plan.wanted
    this.#metIn = new Int32Array(plan.fields.length)
  }

  /** Scans `length` bytes from `start` into the cells of `row`, and answers its status. */
  scan(row: number, start: number, length: number): number {
    if (length < 2 || length > readingLimits.rowBytesMax) return bail.size
    this.#row = row
    this.#cursor.end = start + length
    this.#serial++
    for (const mask of this.#into.masks) mask[row] = 0
    const ordered = this.#isPromised(start) ? this.#plan.ordered : undefined
    this.#follow(ordered ?? this.#plan.wanted)
    const bailed = this.#members(start, ordered !== undefined)
    return bailed !== 0 ? bailed : this.#judge()
  }

  /** Whether a collector of ours wrote the row: it begins with `{"v":1,` and ends with `}`. */
  #isPromised(start: number): boolean {
    for (let i = 0; i < PROMISE.length; i++) {
      if (this.#bytes[start + i] !== PROMISE[i]) return false
    }
    return this.#bytes[this.#cursor.end - 1] === CLOSE
  }

  /** A key means another field in another table, so what was remembered of keys goes. */
  #follow(table: KeyTable): void {
    if (table === this.#table) return
    this.#table = table
    this.#prefixLengths.fill(0)
  }

  #members(start: number, stops: boolean): number {
    const bytes = this.#bytes
    const end = this.#cursor.end
    let at = this.#cursor.blanks(start)
    if (bytes[at] !== OPEN) return bail.syntax
    at = this.#cursor.blanks(at + 1)
    if (bytes[at] === CLOSE) return this.#cursor.blanks(at + 1) === end ? 0 : bail.syntax
    for (let member = 0; ; member++) {
      at = this.#keyEnd(at, member)
      if (at < 0) return -at
      const field = this.#field
      if (field === UNKNOWN && stops) return 0
      if (bytes[at]! <= BLANK_MAX) at = this.#cursor.blanks(at)
      at = field < 0 ? this.#cursor.valueEnd(at) : this.#read(at, field)
      if (at < 0) return -at
      if (bytes[at]! <= BLANK_MAX) at = this.#cursor.blanks(at)
      const byte = bytes[at]
      if (byte === COMMA) {
        if (bytes[++at]! <= BLANK_MAX) at = this.#cursor.blanks(at)
      } else if (byte === CLOSE) return this.#cursor.blanks(at + 1) === end ? 0 : bail.syntax
      else return bail.syntax
    }
  }

  /**
   * Where the value begins of the member whose key's quote is at `at`; `#field` is its field. Rows
   * of one writer repeat their keys in order, and equal bytes need no second look.
   */
  #keyEnd(at: number, member: number): number {
    const before = member < PREFIXES_MAX ? this.#prefixLengths[member]! : 0
    if (before > 0 && this.#repeats(this.#prefixStarts[member]!, at, before)) {
      this.#field = this.#prefixFields[member]!
      return at + before
    }
    if (this.#bytes[at] !== QUOTE) return -bail.syntax
    const quote = this.#cursor.textEnd(at + 1, false)
    if (quote < 0) return -bail.key
    this.#field = this.#find(at + 1, quote)
    const colon = this.#cursor.blanks(quote + 1)
    if (this.#bytes[colon] !== COLON) return -bail.syntax
    if (member < PREFIXES_MAX) {
      this.#prefixStarts[member] = at
      this.#prefixLengths[member] = colon + 1 - at
      this.#prefixFields[member] = this.#field
    }
    return colon + 1
  }

  /** Whether `length` ≥ 4 bytes at two places are equal, by words whose last may overlap. */
  #repeats(before: number, at: number, length: number): boolean {
    if (at + length > this.#cursor.end) return false
    const view = this.#view
    const last = length - 4
    for (let i = 0; i < last; i += 4) {
      if (view.getInt32(before + i, true) !== view.getInt32(at + i, true)) return false
    }
    return view.getInt32(before + last, true) === view.getInt32(at + last, true)
  }

  /** What formats.md 1.3 asks of whole rows; a row that may be refused is left to its rules. */
  #judge(): number {
    const { ts, stream, p } = this.#plan
    if (!this.#has(ts) || !this.#has(stream)) return bail.missing
    const at = this.#into.numbers[ts]![this.#row]!
    const isTime = at >= readingLimits.tsMin && at <= readingLimits.tsMax && Math.floor(at) === at
    if (!isTime) return bail.range
    if (!this.#has(p)) return 0
    const rate = this.#into.numbers[p]![this.#row]!
    return rate >= readingLimits.rateMin && rate <= 1 ? 0 : bail.range
  }

  #has(field: number): boolean {
    return (this.#into.masks[field >>> 5]![this.#row]! & (1 << (field & 31))) !== 0
  }

  #mark(field: number): void {
    const mask = this.#into.masks[field >>> 5]!
    mask[this.#row] = mask[this.#row]! | (1 << (field & 31))
  }

  /** The wanted field of a key; −1: known and not wanted; UNKNOWN: not in the table. */
  #find(key: number, end: number): number {
    const bytes = this.#bytes
    const table = this.#table
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
    return UNKNOWN
  }

  #read(at: number, field: number): number {
    if (this.#metIn[field] === this.#serial) return -bail.duplicate
    this.#metIn[field] = this.#serial
    if (this.#bytes[at] === LETTER_N) return this.#cursor.literalEnd(at)
    return this.#plan.isText[field] === 1 ? this.#readText(at, field) : this.#readNumber(at, field)
  }

  #readText(at: number, field: number): number {
    if (this.#bytes[at] !== QUOTE) return -bail.type
    const start = at + 1
    const close = this.#cursor.textEnd(start, false)
    if (close < 0) return close
    const length = close - start
    if (length > readingLimits.textBytesMax) return -bail.range
    // Empty text is absent, as every reader of a dimension takes it.
    if (length > 0) this.#mark(field)
    this.#into.starts[field]![this.#row] = start
    this.#into.lengths[field]![this.#row] = length
    return close + 1
  }

  /** Fixed-point, at most 15 digits: digits ÷ 10^k is rounded once, as JSON.parse does. */
  #readNumber(start: number, field: number): number {
    const bytes = this.#bytes
    const negative = bytes[start] === MINUS
    const whole = negative ? start + 1 : start
    // Runs of nine digits are counted in 32-bit integers: a product per digit in doubles is slow.
    let at = whole
    let head = 0
    const headEnd = whole + RUN_MAX
    for (let byte = bytes[at]! - ZERO; byte >= 0 && byte <= 9; byte = bytes[++at]! - ZERO) {
      if (at === headEnd) break
      head = (head * 10 + byte) | 0
    }
    let value = head
    if (at === headEnd) {
      let tail = 0
      for (let byte = bytes[at]! - ZERO; byte >= 0 && byte <= 9; byte = bytes[++at]! - ZERO) {
        tail = (tail * 10 + byte) | 0
      }
      if (at - whole > DIGITS_MAX) return -bail.number
      value = head * POWERS[at - headEnd]! + tail
    }
    const wholeCount = at - whole
    if (wholeCount === 0) return -bail.type
    if (bytes[whole] === ZERO && wholeCount > 1) return -bail.number
    if (bytes[at] === POINT) {
      const fraction = ++at
      let tail = 0
      for (let byte = bytes[at]! - ZERO; byte >= 0 && byte <= 9; byte = bytes[++at]! - ZERO) {
        tail = (tail * 10 + byte) | 0
      }
      const places = at - fraction
      if (places === 0 || places > RUN_MAX || wholeCount + places > DIGITS_MAX) return -bail.number
      value = (value * POWERS[places]! + tail) / POWERS[places]!
    }
    if (bytes[at] === 0x65 || bytes[at] === 0x45) return -bail.number
    if (negative && value > 0 && this.#plan.isUnsigned[field] === 1) return -bail.range
    this.#mark(field)
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
  { values, count }: { readonly values: ByteColumn; readonly count: number },
  into: FieldColumns,
): void {
  const pass = new FieldPass(plan, values.bytes, into)
  for (let row = 0; row < count; row++) {
    into.status[row] = pass.scan(row, values.starts[row]!, values.lengths[row]!)
  }
}
