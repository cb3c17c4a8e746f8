import { readingLimits } from '../../model/reading.ts'
import { bail } from './field-bail.ts'
import { maskCount, type FieldColumns } from './field-columns.ts'
import type { FieldPlan } from './field-plan.ts'
import type { JsonCursor } from './json-cursor.ts'

const QUOTE = 0x22
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const LETTER_N = 0x6e

/** Digits that a double counts exactly; dividing them by a power of ten then rounds once. */
const DIGITS_MAX = 15
/** Digits that a 32-bit integer counts. */
const RUN_MAX = 9
const POWERS = Float64Array.from({ length: DIGITS_MAX + 1 }, (_, k) => 10 ** k)

/**
 * Reads wanted values of one row after another into the columns. Each method takes the place where
 * a value or blanks before it begin, and answers the place behind, or a negative number of `bail`.
 */
export class FieldValues {
  readonly #plan: FieldPlan
  readonly #cursor: JsonCursor
  readonly #bytes: Uint8Array
  readonly #into: FieldColumns
  #row = 0
  /** Of the first 32 fields: those whose keys were met in this row, and those that are absent. */
  #met = 0
  #absent = 0
  /** The same of all others, a mask of 32 each; the first is not used. */
  readonly #metBeyond: Int32Array
  readonly #absentBeyond: Int32Array

  constructor(plan: FieldPlan, cursor: JsonCursor, into: FieldColumns) {
    this.#plan = plan
    this.#cursor = cursor
    this.#bytes = cursor.bytes
    this.#into = into
    this.#metBeyond = new Int32Array(maskCount(plan))
    this.#absentBeyond = new Int32Array(maskCount(plan))
  }

  begin(row: number): void {
    this.#row = row
    this.#met = 0
    this.#absent = 0
  }

  /** Writes down which fields the row has. */
  finish(): void {
    const masks = this.#into.masks
    masks[0]![this.#row] = this.#met & ~this.#absent
    for (let i = 1; i < masks.length; i++) {
      masks[i]![this.#row] = this.#metBeyond[i]! & ~this.#absentBeyond[i]!
      this.#metBeyond[i] = 0
      this.#absentBeyond[i] = 0
    }
  }

  /** What formats.md 1.3 asks of whole rows; a row that may be refused is left to its rules. */
  judge(): number {
    const { ts, stream, p } = this.#plan
    if (!this.#has(ts) || !this.#has(stream)) return bail.missing
    const at = this.#into.numbers[ts]![this.#row]!
    const isTime = at >= readingLimits.tsMin && at <= readingLimits.tsMax && Math.floor(at) === at
    if (!isTime) return bail.range
    if (!this.#has(p)) return 0
    const rate = this.#into.numbers[p]![this.#row]!
    return rate >= readingLimits.rateMin && rate <= 1 ? 0 : bail.range
  }

  /** A text whose opening quote stands before `start`; empty text is absent. */
  readText(start: number, field: number): number {
    if (this.#isMet(field)) return -bail.duplicate
    const close = this.#cursor.textEnd(start, false)
    if (close < 0) return close
    const length = close - start
    if (length > readingLimits.textBytesMax) return -bail.range
    if (length === 0) this.#drop(field)
    this.#into.starts[field]![this.#row] = start
    this.#into.lengths[field]![this.#row] = length
    return close + 1
  }

  /** A wanted text that may be something else. */
  readLoose(start: number, field: number): number {
    const at = this.#cursor.blanks(start)
    if (at >= this.#cursor.end) return -bail.syntax
    if (this.#bytes[at] === QUOTE) return this.readText(at + 1, field)
    return this.#isMet(field) ? -bail.duplicate : this.#readNull(at, field)
  }

  /** A number, or null. */
  readNumber(start: number, field: number): number {
    return this.#isMet(field) ? -bail.duplicate : this.#number(start, field)
  }

  /** Fixed-point, at most 15 digits: digits ÷ 10^k is rounded once, as JSON.parse does. */
  #number(start: number, field: number): number {
    const bytes = this.#bytes
    const isNegative = bytes[start] === MINUS
    const whole = isNegative ? start + 1 : start
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
    if (wholeCount === 0) return this.#noNumber(start, field)
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
    if (isNegative && value > 0 && this.#plan.isUnsigned[field] === 1) return -bail.range
    this.#into.numbers[field]![this.#row] = isNegative ? -value : value
    return at
  }

  #noNumber(start: number, field: number): number {
    const at = this.#cursor.blanks(start)
    if (at >= this.#cursor.end) return -bail.syntax
    return at > start ? this.#number(at, field) : this.#readNull(at, field)
  }

  /** `null` is absent; anything else is of another type than the one that is wanted. */
  #readNull(start: number, field: number): number {
    if (this.#bytes[start] !== LETTER_N) return -bail.type
    this.#drop(field)
    return this.#cursor.literalEnd(start)
  }

  /** Whether the field was met in this row before; from now on it was. */
  #isMet(field: number): boolean {
    const bit = 1 << (field & 31)
    if (field < 32) {
      const isMet = (this.#met & bit) !== 0
      this.#met |= bit
      return isMet
    }
    const met = this.#metBeyond[field >>> 5]!
    this.#metBeyond[field >>> 5] = met | bit
    return (met & bit) !== 0
  }

  #drop(field: number): void {
    const bit = 1 << (field & 31)
    if (field < 32) this.#absent |= bit
    else this.#absentBeyond[field >>> 5] = this.#absentBeyond[field >>> 5]! | bit
  }

  /** Whether a finished row has a field. */
  #has(field: number): boolean {
    return (this.#into.masks[field >>> 5]![this.#row]! & (1 << (field & 31))) !== 0
  }
}
