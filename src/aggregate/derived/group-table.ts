import { ByteWriter, utf8 } from '../../std/bytes.ts'
import { copied } from '../copied.ts'
import type { FieldBatch } from '../rows/field-batch.ts'
import { PairNumbers } from './pair-numbers.ts'
import type { RowFacts } from '../rows/row-facts.ts'
import type { RowSelection } from './row-selection.ts'

const GROUPS_MIN = 64
const UNKNOWN = -1
const NULL = utf8('null')
const [OPEN, COMMA, CLOSE] = [0x5b, 0x2c, 0x5d]
const [QUOTE, BACKSLASH, BLANK] = [0x22, 0x5c, 0x20]

/**
 * Numbers the groups of one `group_by` densely from 0, for all monitors that have it. A group is a
 * tuple of interned strings, an absent field being a value of its own; a tuple is folded pairwise
 * through integers, so no key is built per row.
 */
export class GroupTable {
  readonly #batch: FieldBatch
  readonly #fields: readonly number[]
  /** Group + 1 by string id + 1, where one field groups. */
  #direct = new Int32Array(GROUPS_MIN)
  /** Per field but the first: (number of the tuple before it, string id) → the longer tuple. */
  #pairs: readonly PairNumbers[]
  /** String ids of each group, one tuple behind another. */
  #tuples: Int32Array
  /** JSON arrays of the groups' texts, written when a pane first needs them. */
  readonly #texts = new ByteWriter()
  /** Where each begins and ends; an end of 0: not yet. */
  #textSpans = new Int32Array(GROUPS_MIN * 2)
  size = 0
  /** Group by row, for the rows that were asked for. */
  groups = new Int32Array(0)
  #serial = -1

  constructor(batch: FieldBatch, groupBy: readonly string[]) {
    this.#batch = batch
    this.#fields = groupBy.map((name) => batch.field(name))
    this.#pairs = groupBy.slice(1).map(() => new PairNumbers())
    this.#tuples = new Int32Array(GROUPS_MIN * groupBy.length)
  }

  /** Finds the groups of the chosen rows, those of a batch that no one asked for before. */
  take({ rows, count }: RowSelection, facts: RowFacts): this {
    if (this.groups.length < facts.watermarks.length) {
      this.groups = new Int32Array(facts.watermarks.length)
      this.#serial = -1
    }
    if (this.#fields.length === 1) this.#takeSingles(rows, count)
    else {
      if (this.#serial !== facts.serial) this.groups.fill(UNKNOWN, 0, this.#batch.count)
      this.#takeTuples(rows, count)
    }
    this.#serial = facts.serial
    return this
  }

  /** Writes the JSON array of a group's texts in `group_by` order, `null` where there is none. */
  writeText(group: number, to: ByteWriter): void {
    if (!(this.#textSpans[group * 2 + 1]! > 0)) this.#encode(group)
    to.copy(this.#texts, this.#textSpans[group * 2]!, this.#textSpans[group * 2 + 1]!)
  }

  /**
   * Begins anew with the groups that are in use, under strings that `translate` gives for the old
   * ones. Answers the new number of each old group that is in use.
   */
  renumber(isUsed: Uint8Array, translate: (id: number) => number): Int32Array {
    const width = this.#fields.length
    const [before, size] = [this.#tuples, this.size]
    this.#direct = new Int32Array(GROUPS_MIN)
    this.#pairs = this.#pairs.map(() => new PairNumbers())
    this.#tuples = new Int32Array(GROUPS_MIN * width)
    this.#texts.clear()
    this.#textSpans.fill(0)
    this.size = 0
    this.#serial = -1
    const numbers = new Int32Array(size)
    for (let group = 0; group < size; group++) {
      if (isUsed[group] === 0) continue
      const tuple = before.subarray(group * width, (group + 1) * width).map(translate)
      numbers[group] = this.#numberOf(tuple)
    }
    return numbers
  }

  #takeSingles(rows: Int32Array, count: number): void {
    const ids = this.#batch.ids[this.#fields[0]!]!
    const groups = this.groups
    let direct = this.#direct
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      const id = ids[row]!
      let group = id + 1 < direct.length ? direct[id + 1]! - 1 : UNKNOWN
      if (group === UNKNOWN) {
        group = this.#addSingle(id)
        direct = this.#direct
      }
      groups[row] = group
    }
  }

  #takeTuples(rows: Int32Array, count: number): void {
    const fields = this.#fields
    const groups = this.groups
    const tuple = new Int32Array(fields.length)
    const columns = fields.map((field) => this.#batch.ids[field]!)
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      if (groups[row] !== UNKNOWN) continue
      for (let k = 0; k < columns.length; k++) tuple[k] = columns[k]![row]!
      groups[row] = this.#numberOf(tuple)
    }
  }

  #numberOf(tuple: Int32Array): number {
    if (tuple.length === 1) return this.#addSingle(tuple[0]!)
    let number = tuple.length === 0 ? 0 : tuple[0]! + 1
    for (let k = 1; k < tuple.length; k++) {
      number = this.#pairs[k - 1]!.numberOf(number, tuple[k]!)
    }
    if (number === this.size) this.#keep(tuple)
    return number
  }

  #addSingle(id: number): number {
    if (id + 1 >= this.#direct.length) {
      const room = Math.max(id + 2, this.#direct.length * 2)
      this.#direct = copied(new Int32Array(room), this.#direct)
    }
    const known = this.#direct[id + 1]! - 1
    if (known !== UNKNOWN) return known
    this.#direct[id + 1] = this.size + 1
    this.#keep(Int32Array.of(id))
    return this.size - 1
  }

  #keep(tuple: Int32Array): void {
    const at = this.size * tuple.length
    if (at + tuple.length > this.#tuples.length) {
      this.#tuples = copied(new Int32Array(this.#tuples.length * 2), this.#tuples)
    }
    this.#tuples.set(tuple, at)
    this.size++
  }

  #encode(group: number): void {
    const width = this.#fields.length
    const texts = this.#texts
    if (group * 2 >= this.#textSpans.length) {
      const room = Math.max(group + 1, this.#textSpans.length) * 2
      this.#textSpans = copied(new Int32Array(room), this.#textSpans)
    }
    this.#textSpans[group * 2] = texts.length
    texts.u8(OPEN)
    for (let k = 0; k < width; k++) {
      if (k > 0) texts.u8(COMMA)
      this.#encodeText(this.#tuples[group * width + k]!)
    }
    texts.u8(CLOSE)
    this.#textSpans[group * 2 + 1] = texts.length
  }

  /** Most texts are the same in JSON but for the quotes, so nothing is decoded for them. */
  #encodeText(id: number): void {
    if (id < 0) return this.#texts.raw(NULL)
    const bytes = this.#batch.strings.bytes(id)
    if (!isPlain(bytes)) return this.#texts.raw(utf8(JSON.stringify(this.#batch.strings.text(id))))
    this.#texts.u8(QUOTE)
    this.#texts.raw(bytes)
    this.#texts.u8(QUOTE)
  }
}

/** Whether UTF-8 bytes hold nothing that JSON escapes. */
function isPlain(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte < BLANK || byte === QUOTE || byte === BACKSLASH) return false
  return true
}
