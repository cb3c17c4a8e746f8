import { grown } from '../../std/grown.ts'
import { assert } from '../../std/assert.ts'
import { Interner } from '../../std/interner.ts'
import { utf8 } from '../../std/bytes.ts'
import type { RecordColumns } from '../../model/record-columns.ts'
import { couponOf } from '../../sketch/coupon.ts'
import { compileFieldPlan, type FieldPlan, type WantedField } from '../../wire/fields/field-plan.ts'
import { bail } from '../../wire/fields/field-bail.ts'
import { createFieldColumns, type FieldColumns } from '../../wire/fields/field-columns.ts'
import { FieldScanner } from '../../wire/fields/field-scanner.ts'
import { readFieldsSlowly } from '../../wire/fields/field-fallback.ts'

import { ClusterColumn, clusterFields } from './cluster-column.ts'
import { LastText } from './last-text.ts'

/** Strings known at once before the table is renewed: bounds memory over days of sessions (D5). */
const STRINGS_MAX = 1_000_000

/** What is read of rows: among it all of `clusterFields`, `ts`, `p` and `sampled`. */
export type BatchSpec = {
  readonly wanted: readonly WantedField[]
  /** The texts that get ids. */
  readonly interned: ReadonlySet<string>
  /** Interned first, so that their ids never change. */
  readonly literals: readonly string[]
  readonly stringsMax?: number | undefined
}

/** The columns of a batch, as they stand in `FieldBatch`. */
export type BatchColumns = Pick<FieldBatch, 'count' | 'masks' | 'numbers' | 'ids' | 'clusters'>

/**
 * The wanted fields of one batch as columns. `numbers[field][row]`; `ids[field][row]` is an
 * interned string or −1; `masks` say which fields are there, as in `FieldColumns`;
 * `clusters[row]` is the cluster of a row with a rate (Z18); `reasons[row]` says why a row cannot
 * be read at all, or undefined.
 */
export class FieldBatch {
  readonly #plan: FieldPlan
  readonly #scanner: FieldScanner
  readonly #literals: readonly string[]
  readonly #stringsMax: number
  readonly #fieldByName: ReadonlyMap<string, number>
  readonly #isText: readonly boolean[]
  readonly #isInterned: readonly boolean[]
  readonly #clusters: ClusterColumn
  #columns: FieldColumns
  #capacity = 0
  /** By string id: its coupon (Z10), which is never 0 or 1: 0 not hashed yet, 1 has none. */
  #coupons = new Uint32Array(0)
  strings: Interner
  count = 0
  masks: readonly Int32Array[] = []
  numbers: readonly Float64Array[] = []
  ids: readonly Int32Array[] = []
  clusters = new Int32Array(0)
  readonly reasons = new Map<number, string>()
  /** By number of `bail`. */
  readonly #bails: number[] = []
  /** By mask: what any row has. */
  #anywhere = new Int32Array(0)

  /** Texts that are not `interned` have no ids: they are wanted for clusters alone. */
  constructor({ wanted, interned, literals, stringsMax = STRINGS_MAX }: BatchSpec) {
    this.#stringsMax = stringsMax
    this.#plan = compileFieldPlan(wanted)
    this.#scanner = new FieldScanner(this.#plan)
    this.#fieldByName = new Map(wanted.map((field, i) => [field.name, i]))
    this.#isText = wanted.map((field) => field.kind === 'text')
    this.#isInterned = wanted.map(({ name, kind }) => kind === 'text' && interned.has(name))
    this.#clusters = new ClusterColumn({
      names: clusterFields.map(({ name }) => this.field(name)),
      p: this.field('p'),
      ts: this.field('ts'),
    })
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

  /** Whether any row of the batch has the field. */
  isAnywhere(field: number): boolean {
    return (this.#anywhere[field >>> 5]! & this.bit(field)) !== 0
  }

  /** Whether a field is there: `(mask(field)[row] & bit(field)) !== 0`. */
  mask(field: number): Int32Array {
    return this.masks[field >>> 5]!
  }

  bit(field: number): number {
    return 1 << (field & 31)
  }

  /** The same for one row. */
  has(field: number, row: number): boolean {
    return (this.mask(field)[row]! & this.bit(field)) !== 0
  }

  /** The id of a literal: literals come first in every table, so it never changes. */
  literal(text: string): number {
    return this.#literals.indexOf(text)
  }

  /** The coupon of an interned string (Z10), hashed once; 0 of the empty one. */
  couponOf(id: number): number {
    const known = id < this.#coupons.length ? this.#coupons[id]! : 0
    if (known > 1) return known
    return known === 1 ? 0 : this.#hash(id)
  }

  /** Whether the next batch may overflow the string table; then `renewStrings` comes first. */
  needsRenewal(rows: number): boolean {
    return this.strings.size + rows * this.#isInterned.length > this.#stringsMax
  }

  /** Starts a fresh string table; the caller translates the ids that it keeps. */
  renewStrings(): { readonly before: Interner; readonly after: Interner } {
    const before = this.strings
    this.strings = this.#freshStrings()
    this.#coupons = new Uint32Array(0)
    return { before, after: this.strings }
  }

  /** How many rows were left to `JSON.parse` since this was asked last, by reason as in `bail`. */
  takeBails(): readonly number[] {
    const taken = Object.values(bail).map((number) => this.#bails[number] ?? 0)
    this.#bails.length = 0
    return taken
  }

  /** Reads the wanted fields of all rows; columns stay valid until the next call. */
  read(records: RecordColumns): void {
    this.#reserve(records.count)
    this.reasons.clear()
    this.#scanner.scan(records, this.#columns)
    const { masks, numbers, status } = this.#columns
    this.count = records.count
    this.masks = masks
    this.numbers = numbers
    for (let row = 0; row < records.count; row++) {
      const bailed = status[row]!
      if (bailed === 0) continue
      this.#bails[bailed] = (this.#bails[bailed] ?? 0) + 1
      this.#readSlowly(records, row)
    }
    this.#internTexts(records)
    this.#lookAround()
    if (this.isAnywhere(this.field('p'))) this.#findClusters(records)
  }

  /** Turns to rows that were read before, their texts interned in the strings of now. */
  adopt({ count, masks, numbers, ids, clusters }: BatchColumns): void {
    this.count = count
    this.masks = masks
    this.numbers = numbers
    this.ids = ids
    this.clusters = clusters
    this.#lookAround()
  }

  #lookAround(): void {
    if (this.#anywhere.length < this.masks.length) {
      this.#anywhere = new Int32Array(this.masks.length)
    }
    for (const [i, mask] of this.masks.entries()) {
      let any = 0
      for (let row = 0; row < this.count; row++) any |= mask[row]!
      this.#anywhere[i] = any
    }
  }

  #hash(id: number): number {
    if (id >= this.#coupons.length) {
      this.#coupons = grown(this.#coupons, Math.max(1024, id * 2))
    }
    const coupon = couponOf(this.strings.bytes(id))
    this.#coupons[id] = coupon ?? 1
    return coupon ?? 0
  }

  #freshStrings(): Interner {
    const strings = new Interner(this.#stringsMax)
    for (const literal of this.#literals) strings.internText(literal)
    return strings
  }

  #reserve(rows: number): void {
    if (rows <= this.#capacity) return
    this.#capacity = Math.max(1024, rows, this.#capacity * 2)
    this.#columns = createFieldColumns(this.#plan, this.#capacity)
    this.ids = this.#isInterned.map((isIn) => new Int32Array(isIn ? this.#capacity : 0))
    this.#clusters.reserve(this.#capacity)
    this.clusters = this.#clusters.clusters
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
      else if (this.#isInterned[field]) {
        this.ids[field]![row] = this.strings.intern(...wholeOf(slow.texts[field] ?? ''))
      }
    }
    this.#clusters.noteParsed(row, slow.texts)
  }

  #findClusters({ values: { bytes }, count }: RecordColumns): void {
    const sampled = this.ids[this.field('sampled')]!
    const byRequest = this.literal('request')
    const isRequest = (row: number) => sampled[row] === byRequest
    this.#clusters.find({ columns: this.#columns, bytes, count, isRequest })
  }

  /** Many fields say the same from row to row: equal bytes need no second look into the table. */
  #internTexts(records: RecordColumns): void {
    for (let field = 0; field < this.#isText.length; field++) {
      if (this.#isInterned[field]) this.#internField(records, field)
    }
  }

  #internField({ values: { bytes }, count }: RecordColumns, field: number): void {
    const [mask, bit] = [this.mask(field), this.bit(field)]
    const { status } = this.#columns
    const ids = this.ids[field]!
    const starts = this.#columns.starts[field]!
    const lengths = this.#columns.lengths[field]!
    const last = new LastText(bytes)
    let id = -1
    for (let row = 0; row < count; row++) {
      if ((mask[row]! & bit) === 0) {
        ids[row] = -1
        continue
      }
      if (status[row] !== 0) continue
      const start = starts[row]!
      const length = lengths[row]!
      if (!last.isAgain(start, length)) {
        id = this.strings.intern(bytes, start, length)
        last.keep(start, length)
      }
      ids[row] = id
    }
  }
}

function wholeOf(text: string): readonly [bytes: Uint8Array, start: number, length: number] {
  const bytes = utf8(text)
  return [bytes, 0, bytes.length]
}
