// Reads wanted fields of JSON rows straight from their bytes, by RFC 8259's grammar narrowed to
// flat objects of 16 KiB: row = ws { ws [ member *( , member ) ] } ws,
// member = ws key ws : ws value ws, value = number | string | true | false | null. For any bytes it
// either agrees with JSON.parse on every wanted field or bails; only behind the stop point of a `v`
// row nothing is checked.
import { readingLimits } from '../../model/reading.ts'
import type { ByteColumn } from '../../model/record-columns.ts'
import { utf8 } from '../../std/bytes.ts'
import { bail } from './field-bail.ts'
import type { FieldColumns } from './field-columns.ts'
import { gapAction, type FieldGap } from './field-gap.ts'
import { findKey, unknownKey, type FieldPlan, type KeyTable } from './field-plan.ts'
import { FieldValues } from './field-values.ts'
import { GapMemory } from './gap-memory.ts'
import { JsonCursor } from './json-cursor.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN = 0x7b
const CLOSE = 0x7d

/** So begins a row of our collectors, which promise canonical order and no duplicates (F1). */
const PROMISE = utf8('{"v":1,')
const PROMISE_VIEW = new DataView(PROMISE.buffer)
const PROMISE_HEAD = PROMISE_VIEW.getInt32(0, true)
const PROMISE_TAIL = PROMISE_VIEW.getInt32(PROMISE.length - 4, true)

// Local names: a property of an imported object is looked up each time.
const { stop, skip, skipText, readNumber, readText, readLoose } = gapAction

/** Rows with or without the promise, and what is known of them. */
type RowKind = {
  readonly isPromised: boolean
  readonly table: KeyTable
  /** Whether a key that is not in the table ends the scan. */
  readonly stops: boolean
  readonly memory: GapMemory
}

const rowKind = (isPromised: boolean, table: KeyTable, stops: boolean): RowKind => ({
  isPromised,
  table,
  stops,
  memory: new GapMemory(),
})

/**
 * Reads the fields of a plan from batch after batch. It remembers, within a bound, which gaps rows
 * have shown between their values; what it answers never depends on that.
 */
export class FieldScanner {
  readonly #plan: FieldPlan
  readonly #whole: RowKind
  readonly #promised: RowKind
  #cursor = new JsonCursor(new Uint8Array(0))
  #view: DataView = new DataView(new ArrayBuffer(0))
  #found: FieldGap

  constructor(plan: FieldPlan) {
    const { wanted, ordered } = plan
    this.#plan = plan
    this.#whole = rowKind(false, wanted, false)
    this.#promised = rowKind(true, ordered ?? wanted, ordered !== undefined)
    this.#found = this.#whole.memory.start
  }

  /**
   * Reads the fields of `count` rows; nothing is allocated per row. Rows that begin with exactly
   * `{"v":1,` are left at the first key that ranks behind the last wanted field.
   */
  scan(
    { values, count }: { readonly values: ByteColumn; readonly count: number },
    into: FieldColumns,
  ): void {
    const { bytes, starts, lengths } = values
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#cursor = new JsonCursor(bytes)
    const reader = new FieldValues(this.#plan, this.#cursor, into)
    for (let row = 0; row < count; row++) {
      const start = starts[row]!
      this.#cursor.end = start + lengths[row]!
      reader.begin(row)
      const bailed = this.#row(reader, start)
      reader.finish()
      into.status[row] = bailed !== 0 ? bailed : reader.judge()
    }
  }

  #row(reader: FieldValues, start: number): number {
    const length = this.#cursor.end - start
    if (length < 2 || length > readingLimits.rowBytesMax) return bail.size
    if (!this.#isPromised(start)) return this.#members(reader, this.#whole, start)
    const value = start + PROMISE.length - 2
    const { v } = this.#plan
    return this.#members(reader, this.#promised, v < 0 ? value + 1 : reader.readNumber(value, v))
  }

  /** Whether a collector of ours wrote the row: it begins with `{"v":1,` and ends with `}`. */
  #isPromised(start: number): boolean {
    const { end, bytes } = this.#cursor
    if (end - start < PROMISE.length || bytes[end - 1] !== CLOSE) return false
    if (this.#view.getInt32(start, true) !== PROMISE_HEAD) return false
    return this.#view.getInt32(start + PROMISE.length - 4, true) === PROMISE_TAIL
  }

  /** Reads members from `from` on: where the row begins or, if it is promised, behind its `v`. */
  #members(reader: FieldValues, kind: RowKind, from: number): number {
    const cursor = this.#cursor
    const view = this.#view
    const { end } = cursor
    let at = from
    let gap = kind.memory.start
    for (;;) {
      const { likely } = gap
      // A value of one byte at least has to follow in the row.
      if (likely !== undefined && at + likely.length < end && likely.stands(view, at)) {
        at += likely.length
        gap = likely
      } else {
        at = this.#unlikely(kind, gap, at)
        if (at <= 0) return -at
        gap = this.#found
      }
      const { action, field } = gap
      if (action === readNumber) at = reader.readNumber(at, field)
      else if (action === skip) at = cursor.valueEnd(at)
      else if (action === readText) at = reader.readText(at, field)
      else if (action === skipText) at = this.#skipText(at)
      else if (action === stop) return 0
      else at = reader.readLoose(at, field)
      if (at < 0) return -at
    }
  }

  /**
   * Finds or reads the gap at a place where the likely one does not stand, into `#found`; answers
   * where its value begins, 0 at the row's end, or a bail.
   */
  #unlikely(kind: RowKind, before: FieldGap, at: number): number {
    const { likely, other } = before
    const isOther = other !== undefined && at + other.length < this.#cursor.end
    if (!isOther || !other.stands(this.#view, at)) return this.#learn(kind, before, at)
    before.likely = other
    before.other = likely
    this.#found = other
    return at + other.length
  }

  /** Reads a gap by the grammar and remembers it. */
  #learn(kind: RowKind, before: FieldGap, from: number): number {
    const cursor = this.#cursor
    const { bytes } = cursor
    const isFirst = before === kind.memory.start && !kind.isPromised
    let at = cursor.blanks(from)
    if (!isFirst && bytes[at] === CLOSE) return this.#rowEnd(at)
    if (bytes[at] !== (isFirst ? OPEN : COMMA)) return -bail.syntax
    at = cursor.blanks(at + 1)
    if (isFirst && bytes[at] === CLOSE) return this.#rowEnd(at)
    if (bytes[at] !== QUOTE) return -bail.syntax
    const close = cursor.textEnd(at + 1, false)
    if (close < 0) return -bail.key
    const colon = cursor.blanks(close + 1)
    if (bytes[colon] !== COLON) return -bail.syntax
    const value = cursor.blanks(colon + 1)
    if (value >= cursor.end) return -bail.syntax
    const field = findKey(kind.table, bytes, { from: at + 1, to: close })
    const action = this.#actionOf(kind, field, bytes[value] === QUOTE)
    const to = action === skipText || action === readText ? value + 1 : value
    this.#found = kind.memory.remember(this.#view, { from, to }, { before, action, field })
    return to
  }

  #rowEnd(close: number): number {
    return this.#cursor.blanks(close + 1) === this.#cursor.end ? 0 : -bail.syntax
  }

  #actionOf({ stops }: RowKind, field: number, isText: boolean): number {
    if (field === unknownKey && stops) return stop
    if (field < 0) return isText ? skipText : skip
    if (this.#plan.isText[field] !== 1) return readNumber
    return isText ? readText : readLoose
  }

  #skipText(start: number): number {
    const close = this.#cursor.textEnd(start, true)
    return close < 0 ? close : close + 1
  }
}
