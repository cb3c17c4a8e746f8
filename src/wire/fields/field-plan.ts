import type { FieldKind } from '../../model/reading.ts'
import { assert } from '../../std/assert.ts'
import { utf8 } from '../../std/bytes.ts'
import { fieldByName } from '../reading-rules.ts'

/** A field that a reader asks for, and as what. */
export type WantedField = { readonly name: string; readonly kind: 'number' | 'text' }

/**
 * Keys by hash of length, first and last byte. `heads[hash]` is an entry or −1, `next[entry]` the
 * next one of equal hash; entry's key is `lengths[entry]` bytes from `starts[entry]` of `bytes`.
 */
export type KeyTable = {
  readonly heads: Int16Array
  readonly next: Int16Array
  readonly starts: Int32Array
  readonly lengths: Int32Array
  readonly bytes: Uint8Array
  /** Index of the wanted field, −1 for a key that is known and not wanted. */
  readonly fields: Int16Array
}

/** How to read the wanted fields of any row: never changed, a new wish is a new plan. */
export type FieldPlan = {
  /** Column i and field i are this list's index i; at most `wantedFieldsMax`. */
  readonly fields: readonly WantedField[]
  readonly isText: Uint8Array
  /** 1: a negative value counts as absent (formats.md 1.3). */
  readonly isUnsigned: Uint8Array
  /** The wanted fields alone. */
  readonly wanted: KeyTable
  /** On `v` rows, all known fields up to the last wanted; a key beside them ends the scan. */
  readonly ordered: KeyTable | undefined
  readonly ts: number
  readonly stream: number
  readonly p: number
  /** −1 where it is not wanted. */
  readonly v: number
}

/** Different fields that all monitors of a reader may want together (D5). */
export const wantedFieldsMax = 512
const HASH_SIZE = 1024

/** Slot of a key in `heads`: the length, first and last byte tell nearly all keys apart. */
const keyHash = (length: number, first: number, last: number): number =>
  (length ^ (first << 4) ^ (last << 2)) & (HASH_SIZE - 1)

/**
 * Compiles the union of what all monitors want: at most 512 different fields, among them `ts`,
 * `stream` and `p`, by which every reader checks whole rows (formats.md 1.3).
 */
export function compileFieldPlan(wanted: readonly WantedField[]): FieldPlan {
  const names = wanted.map((field) => field.name)
  assert(wanted.length <= wantedFieldsMax, 'a plan has a bounded number of fields')
  assert(new Set(names).size === names.length, 'a field is wanted once')
  const [ts, stream, p] = [names.indexOf('ts'), names.indexOf('stream'), names.indexOf('p')]
  assert(ts >= 0 && stream >= 0 && p >= 0, 'readers check ts, stream and p of every row')
  const lastRank = Math.max(...names.map((name) => fieldByName.get(name)?.rank ?? Infinity))
  const before = [...fieldByName].filter(([, { rank }]) => rank <= lastRank)
  return {
    fields: wanted,
    isText: Uint8Array.from(wanted, (field) => (field.kind === 'text' ? 1 : 0)),
    isUnsigned: Uint8Array.from(names, (name) => (isUnsigned(kindOf(name)) ? 1 : 0)),
    wanted: keyTable(names, names),
    ordered:
      lastRank === Infinity
        ? undefined
        : keyTable(
            before.map(([name]) => name),
            names,
          ),
    ts,
    stream,
    p,
    v: names.indexOf('v'),
  }
}

/** Whether a value of this kind is never negative; of unknown fields nothing is known. */
export const isUnsigned = (kind: FieldKind | undefined): boolean =>
  kind === 'D' || kind === 'E' || kind === 'I'

const kindOf = (name: string): FieldKind | undefined => fieldByName.get(name)?.kind

/** A key that is not in the table: on a `v` row it ranks behind all that are. */
export const unknownKey = -2

/** The wanted field of the key that is `bytes[from, to)`; −1: known, not wanted; `unknownKey`. */
export function findKey(
  table: KeyTable,
  bytes: Uint8Array,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  const length = to - from
  let entry = table.heads[keyHash(length, bytes[from]!, bytes[to - 1]!)]!
  while (entry >= 0) {
    if (table.lengths[entry] === length) {
      const name = table.starts[entry]!
      let i = 0
      while (i < length && table.bytes[name + i] === bytes[from + i]) i++
      if (i === length) return table.fields[entry]!
    }
    entry = table.next[entry]!
  }
  return unknownKey
}

function keyTable(keys: readonly string[], wanted: readonly string[]): KeyTable {
  const heads = new Int16Array(HASH_SIZE).fill(-1)
  const next = new Int16Array(keys.length).fill(-1)
  const encoded = keys.map(utf8)
  const lengths = Int32Array.from(encoded, (key) => key.length)
  const starts = new Int32Array(keys.length)
  const bytes = new Uint8Array(encoded.reduce((sum, key) => sum + key.length, 0))
  for (const [entry, key] of encoded.entries()) {
    assert(key.length > 0, 'a wanted field has a name')
    if (entry > 0) starts[entry] = starts[entry - 1]! + lengths[entry - 1]!
    bytes.set(key, starts[entry])
    const hash = keyHash(key.length, key[0]!, key[key.length - 1]!)
    next[entry] = heads[hash]!
    heads[hash] = entry
  }
  const fields = Int16Array.from(keys, (key) => wanted.indexOf(key))
  return { heads, next, starts, lengths, bytes, fields }
}
