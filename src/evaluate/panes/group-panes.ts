import type { PaneCursor } from '../../wire/pane-cursor.ts'
import type { PaneTable } from './pane-table.ts'

/** What became of a pane. */
export type PaneVerdict = 'new' | 'closes' | 'repeated' | 'unreadable'

/** A pane to keep: the number of its source, and when its record was appended. */
export type ArrivedPane = {
  readonly pane: PaneCursor
  readonly source: number
  readonly appendedAt: number
}

/**
 * The panes of one group: a list of its slices in order of their start, threaded through the table,
 * since what is asked for mostly stands at its new end. Slices that no window needs are let go.
 */
export class GroupPanes {
  readonly #table: PaneTable
  /** First rows of the newest and the oldest slice, −1 without any. */
  #newest = -1
  #oldest = -1
  /** End of the newest slice with rows that was let go. */
  forgottenTo = -Infinity

  constructor(table: PaneTable) {
    this.#table = table
  }

  get isEmpty(): boolean {
    return this.#newest < 0
  }

  /** Keeps the pane if its revision is higher, or equal and now closed (P2). */
  put({ pane, source, appendedAt }: ArrivedPane): PaneVerdict {
    const table = this.#table
    const before = this.#notBehind(pane.start)
    const slice = before >= 0 && table.startOf(before) === pane.start ? before : -1
    let row = slice
    while (row >= 0 && table.sourceOf(row) !== source) row = table.next[row]!
    const heldRev = row < 0 ? -1 : table.revOf(row)
    if (pane.rev < heldRev) return 'repeated'
    if (pane.rev === heldRev && (table.isClosed(row) || !pane.closed)) return 'repeated'
    if (!table.isSound(pane)) return 'unreadable'
    if (row < 0) {
      row = table.take()
      if (slice < 0) this.#insert(row, before)
      else {
        table.next[row] = table.next[slice]!
        table.next[slice] = row
      }
    }
    table.write(row, pane, { source, paneAt: appendedAt })
    return heldRev === pane.rev ? 'closes' : 'new'
  }

  /** Writes the rows of the slices in [from, end) to `into`, at most its length; how many exist. */
  rowsBetween(from: number, end: number, into: Int32Array): number {
    const table = this.#table
    const { older, next } = table
    let count = 0
    let slice = this.#notBehind(end - 1)
    for (; slice >= 0 && table.startOf(slice) >= from; slice = older[slice]!) {
      for (let row = slice; row >= 0; row = next[row]!) into[count++] = row
    }
    return count
  }

  /** Start of the first slice at or after `from`, or Infinity. */
  firstSlice(from: number): number {
    const table = this.#table
    const { older } = table
    let first = Infinity
    for (
      let slice = this.#newest;
      slice >= 0 && table.startOf(slice) >= from;
      slice = older[slice]!
    ) {
      first = table.startOf(slice)
    }
    return first
  }

  /** End of the newest slice with rows that is not beyond `end`, or −Infinity (A18). */
  rowsAt(end: number): number {
    const slice = this.#notBehind(end - this.#table.sliceMs)
    if (slice < 0) return this.forgottenTo
    return Math.max(this.forgottenTo, this.#table.startOf(slice) + this.#table.sliceMs)
  }

  /** Lets slices go that end at or before this. */
  forget(before: number): void {
    const table = this.#table
    const { newer, older, next } = table
    while (this.#oldest >= 0 && table.startOf(this.#oldest) + table.sliceMs <= before) {
      const slice = this.#oldest
      this.forgottenTo = Math.max(this.forgottenTo, table.startOf(slice) + table.sliceMs)
      this.#oldest = newer[slice]!
      for (let row = slice; row >= 0;) {
        const after = next[row]!
        table.release(row)
        row = after
      }
    }
    if (this.#oldest < 0) this.#newest = -1
    else older[this.#oldest] = -1
  }

  /** The newest slice that begins at or before this, or −1. */
  #notBehind(start: number): number {
    const table = this.#table
    const { older } = table
    let slice = this.#newest
    while (slice >= 0 && table.startOf(slice) > start) slice = older[slice]!
    return slice
  }

  /** Puts a slice's first row right behind a slice, or before all of them. */
  #insert(row: number, behind: number): void {
    const { next, older, newer } = this.#table
    const ahead = behind < 0 ? this.#oldest : newer[behind]!
    next[row] = -1
    older[row] = behind
    newer[row] = ahead
    if (behind < 0) this.#oldest = row
    else newer[behind] = row
    if (ahead < 0) this.#newest = row
    else older[ahead] = row
  }
}
