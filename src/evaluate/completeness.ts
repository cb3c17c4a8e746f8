import type { GroupState } from './group-state.ts'
import { isDarkIn, type Source, type SourceTable } from './source-table.ts'

/** Rows of a group are expected of a source that had some within this time (A16, A45). */
export const FORGET_AFTER_MS = 3_600_000

/** A16: no source is missing, or was in the window, that had rows of this group lately. */
export function isComplete(
  sources: SourceTable,
  state: GroupState,
  window: { readonly start: number; readonly end: number },
): boolean {
  if (sources.isWhole) return true
  for (const source of lately(sources, state, window.end)) {
    if (source.silent || isDarkIn(source, window)) return false
  }
  return true
}

/** Up to where a source that rows of the group came from was not watched; 0 for none (A18). */
export function unwatchedTo(sources: SourceTable, state: GroupState, at: number): number {
  let to = 0
  if (sources.unwatchedTo === 0) return to
  for (const source of lately(sources, state, at)) to = Math.max(to, source.unwatchedTo)
  return to
}

/** The sources that had rows of this group within `forget_after`. */
function* lately(
  sources: SourceTable,
  { sources: numbers, rowsAt }: GroupState,
  end: number,
): Iterable<Readonly<Source>> {
  for (let i = 0; i < numbers.length; i++) {
    if (rowsAt[i]! < end - FORGET_AFTER_MS) continue
    const source = sources.byNumber(numbers[i]!)
    if (source !== undefined) yield source
  }
}
