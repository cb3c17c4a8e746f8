import type { FieldKind } from '../model/reading.ts'
import { fieldByName } from './reading-rules.ts'

/** One list of keys, as rows of one writer repeat it, and what follows from it. */
export type ReadingLayout = {
  readonly keys: readonly string[]
  /** By key: its kind, undefined for an unknown field. */
  readonly kinds: readonly (FieldKind | undefined)[]
  /** Keys in canonical order without `v`, unknown ones last in their own order. */
  readonly order: readonly LayoutField[]
}

/** A field as it is written: its place among the keys, its kind, and `,"name":` in JSON. */
export type LayoutField = {
  readonly index: number
  readonly kind: FieldKind | undefined
  readonly label: string
}

const SLOTS = 64
// A memo alone: what it holds never changes an answer, only how often one is worked out.
const layouts: (ReadingLayout | undefined)[] = new Array(SLOTS).fill(undefined)

/** The layout of a list of keys; remembered by their number, since sources keep their shapes. */
export function layoutOf(keys: readonly string[]): ReadingLayout {
  const slot = keys.length % SLOTS
  const known = layouts[slot]
  if (known !== undefined && isSame(known.keys, keys)) return known
  const layout = {
    keys,
    kinds: keys.map((key) => fieldByName.get(key)?.kind),
    order: [...keys.entries()]
      .filter(([, key]) => key !== 'v')
      .toSorted(([, a], [, b]) => rankOf(a) - rankOf(b))
      .map(([index, name]) => ({
        index,
        kind: fieldByName.get(name)?.kind,
        label: `,${JSON.stringify(name)}:`,
      })),
  }
  layouts[slot] = layout
  return layout
}

const UNKNOWN_RANK = 1000
const rankOf = (name: string): number => fieldByName.get(name)?.rank ?? UNKNOWN_RANK

function isSame(left: readonly string[], right: readonly string[]): boolean {
  if (left.length !== right.length) return false
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false
  return true
}
