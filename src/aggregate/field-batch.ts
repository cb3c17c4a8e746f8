import { assert } from '../std/assert.ts'
import { Interner } from '../std/interner.ts'
import { utf8 } from '../std/bytes.ts'
import type { RecordColumns } from '../model/record-columns.ts'
import { couponOf } from '../sketch/coupon.ts'
import { compileFieldPlan, type FieldPlan, type WantedField } from '../wire/field-plan.ts'
import { createFieldColumns, type FieldColumns } from '../wire/field-columns.ts'
import { FieldScanner } from '../wire/field-scanner.ts'
import { readFieldsSlowly } from '../wire/field-fallback.ts'

/** Strings known at once before the table is renewed: bounds memory over days of sessions (D5). */
const STRINGS_MAX = 1_000_000

/**
 * The wanted fields of one batch as columns. `numbers[field][row]`; `ids[field][row]` is an
 * interned string or −1; `masks` say which fields are there, as in `FieldColumns`;
 * `reasons[row]` says why a row cannot be read at all, or undefined.
 */
export class FieldBatch {
  readonly #plan: FieldPlan
  readonly #scanner: FieldScanner
  readonly #literals: readonly string[]
  readonly #fieldByName: ReadonlyMap<string, number>
  readonly #isText: readonly boolean[]
  #columns: FieldColumns
  #capacity = 0
  #coupons: number[] = []
  strings: Interner
  count = 0
  masks: readonly Int32Array[] = []
  numbers: readonly Float64Array[] = []
  ids: Int32Array[] = []
  readonly reasons = new Map<number, string>()

  constructor(wanted: readonly WantedField[], literals: readonly string[]) {
    this.#plan = compileFieldPlan(wanted)
    this.#scanner = new FieldScanner(this.#plan)
    this.#fieldByName = new Map(wanted.map((field, i) => [field.name, i]))
    this.#isText = wanted.map((field) => field.kind === 'text')
    this.#literals = literals
    this.#columns = createFieldColumns(this.#plan, 1)
    this.strings = this.#freshStrings()
  }

  /** Index of a wanted field. */
  field(name: string): number {
    const field = this.#fieldByName.get(name)
    assert(field !== undefined, `${name} is among the wanted fields`)
    return field
  }

  /** Whether a field of this row is there. */
  has(field: number, row: number): boolean {
    return (this.masks[field >>> 5]![row]! & (1 << (field & 31))) !== 0
  }

  /** The id of a literal: literals come first in every table, so it never changes. */
  literal(text: string): number {
    return this.#literals.indexOf(text)
  }

  /** The coupon of an interned string (Z10), hashed once; undefined of the empty one. */
  couponOf(id: number): number | undefined {
    if (id < 0) return undefined
    const known = this.#coupons[id]
    if (known !== undefined) return known < 0 ? undefined : known
    const coupon = couponOf(this.strings.bytes(id))
    this.#coupons[id] = coupon ?? -1
    return coupon
  }

  /** Whether the next batch may overflow the string table; then `renewStrings` comes first. */
  needsRenewal(rows: number): boolean {
    return this.strings.size + rows * this.ids.length > STRINGS_MAX
  }

  /** Starts a fresh string table; the caller translates the ids that it keeps. */
  renewStrings(): { readonly before: Interner; readonly after: Interner } {
    const before = this.strings
    this.strings = this.#freshStrings()
    this.#coupons = []
    return { before, after: this.strings }
  }

  /** Reads the wanted fields of all rows; columns stay valid until the next call. */
  read(records: RecordColumns): void {
    this.#reserve(records.count)
    this.count = records.count
    this.reasons.clear()
    this.#scanner.scan(records, this.#columns)
    this.masks = this.#columns.masks
    this.numbers = this.#columns.numbers
    for (let row = 0; row < records.count; row++) {
      if (this.#columns.status[row]! !== 0) this.#readSlowly(records, row)
    }
    this.#internTexts(records)
  }

  #freshStrings(): Interner {
    const strings = new Interner(STRINGS_MAX)
    for (const literal of this.#literals) strings.internText(literal)
    return strings
  }

  #reserve(rows: number): void {
    if (rows <= this.#capacity) return
    this.#capacity = Math.max(1024, rows, this.#capacity * 2)
    this.#columns = createFieldColumns(this.#plan, this.#capacity)
    this.ids = this.#isText.map((isText) => new Int32Array(isText ? this.#capacity : 0))
  }

  /** What the scanner would not judge goes through `JSON.parse` and the rules of formats.md 1.3. */
  #readSlowly(records: RecordColumns, row: number): void {
    const { bytes, starts, lengths } = records.values
    const length = Math.max(0, lengths[row]!)
    const slow = readFieldsSlowly(this.#plan, bytes.subarray(starts[row]!, starts[row]! + length))
    for (const mask of this.masks) mask[row] = 0
    if (!slow.ok) {
      this.reasons.set(row, slow.reason)
      return
    }
    for (const [i, mask] of this.masks.entries()) mask[row] = slow.masks[i]!
    for (let field = 0; field < this.#isText.length; field++) {
      if (!this.has(field, row)) continue
      if (!this.#isText[field]) this.numbers[field]![row] = slow.numbers[field]!
      else this.ids[field]![row] = this.strings.intern(...wholeOf(slow.texts[field] ?? ''))
    }
  }

  #internTexts(records: RecordColumns): void {
    const bytes = records.values.bytes
    const status = this.#columns.status
    for (let field = 0; field < this.#isText.length; field++) {
      if (!this.#isText[field]) continue
      const ids = this.ids[field]!
      const starts = this.#columns.starts[field]!
      const lengths = this.#columns.lengths[field]!
      for (let row = 0; row < records.count; row++) {
        if (!this.has(field, row)) ids[row] = -1
        else if (status[row]! === 0)
          ids[row] = this.strings.intern(bytes, starts[row]!, lengths[row]!)
      }
    }
  }
}

function wholeOf(text: string): readonly [bytes: Uint8Array, start: number, length: number] {
  const bytes = utf8(text)
  return [bytes, 0, bytes.length]
}
