import type { Group } from '../model/pane.ts'

/** Interned strings by field and row: `ids[field][row]`, −1 = absent. */
type Ids = readonly Int32Array[]

/**
 * Numbers the groups of one monitor densely from 0. A group is a tuple of interned strings; the
 * tuple is folded pairwise through integer maps, so no key string is built per row.
 */
export class GroupTable {
  readonly #fields: readonly number[]
  /** Per field: (number of the tuple before it, string id) → number of the longer tuple. */
  readonly #maps: readonly Map<number, number>[]
  readonly #tuples: Int32Array[] = []

  constructor(fields: readonly number[]) {
    this.#fields = fields
    this.#maps = fields.map(() => new Map<number, number>())
  }

  get size(): number {
    return this.#tuples.length
  }

  /** The group of one row; an absent field is a value of its own (`null`). */
  numberOf(ids: Ids, row: number): number {
    const last = this.#fields.length - 1
    if (last < 0) return this.#tuples.length === 0 ? this.#tuples.push(new Int32Array(0)) - 1 : 0
    let tuple = 0
    for (let depth = 0; depth <= last; depth++) {
      const map = this.#maps[depth]!
      // String ids stay below 2^21 and tuples below 2^32, so the pair is an exact integer.
      const pair = tuple * 2 ** 21 + ids[this.#fields[depth]!]![row]! + 1
      const known = map.get(pair)
      if (known !== undefined) {
        tuple = known
        continue
      }
      tuple = depth === last ? this.#tuples.length : map.size
      map.set(pair, tuple)
      if (depth === last) this.#tuples.push(this.#tupleOf(ids, row))
    }
    return tuple
  }

  /** String ids of a group, in `group_by` order. */
  idsOf(group: number): Int32Array {
    return this.#tuples[group]!
  }

  /** The same group as texts. */
  textsOf(group: number, text: (id: number) => string): Group {
    return Array.from(this.#tuples[group]!, (id) => (id < 0 ? null : text(id)))
  }

  /** The number of a group given by its string ids: used when the string table was renewed. */
  add(tuple: readonly number[]): number {
    const ids: Int32Array[] = []
    this.#fields.forEach((field, i) => (ids[field] = Int32Array.of(tuple[i]!)))
    return this.numberOf(ids, 0)
  }

  #tupleOf(ids: Ids, row: number): Int32Array {
    return Int32Array.from(this.#fields, (field) => ids[field]![row]!)
  }
}
