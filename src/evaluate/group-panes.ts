import type { MonitorSpec } from '../model/monitor.ts'
import type { Pane } from '../model/pane.ts'
import type { AggregateState } from '../sketch/aggregate-state.ts'
import { sliceMsOf } from '../window/slice.ts'
import type { PaneRecordFacts, PaneTable } from './pane-table.ts'

/** What a group's panes say of one window. */
export type MergedWindow = {
  readonly rows: number
  /** Σ of the panes' revisions (P2). */
  readonly revSum: number
  readonly states: readonly AggregateState[]
  readonly eventMax: number | null
  readonly readAt: number | null
  readonly appendedAt: number | null
}

/** What became of a pane. */
export type PaneVerdict = 'new' | 'closes' | 'repeated' | 'unreadable'

/** The panes of one group, by slice start and source; slices that no window needs are let go. */
export class GroupPanes {
  readonly #monitor: MonitorSpec
  readonly #table: PaneTable
  readonly #sliceMs: number
  /** By slice start: the first row of its panes, the newest revision of each source. */
  readonly #slices = new Map<number, number>()
  /** No slice begins after this, or ends before `#oldest` + slice. */
  #newest = -Infinity
  #oldest = Infinity
  /** End of the newest slice with rows that was let go. */
  forgottenTo = -Infinity

  constructor(monitor: MonitorSpec, table: PaneTable) {
    this.#monitor = monitor
    this.#table = table
    this.#sliceMs = sliceMsOf(monitor.window)
  }

  get isEmpty(): boolean {
    return this.#slices.size === 0
  }

  /** Keeps the pane if its revision is higher, or equal and now closed (P2). */
  put(pane: Pane, record: PaneRecordFacts): PaneVerdict {
    const table = this.#table
    const source = table.sourceOf(pane.site, pane.partition)
    let row = this.#slices.get(pane.start) ?? -1
    while (row >= 0 && table.sources[row] !== source) row = table.next[row]!
    const heldRev = row < 0 ? -1 : table.revs[row]!
    if (pane.rev < heldRev) return 'repeated'
    if (pane.rev === heldRev && (table.closed[row] === 1 || !pane.closed)) return 'repeated'
    const states = table.decode(pane)
    if (states === undefined) return 'unreadable'
    if (row < 0) row = this.#add(pane.start, source)
    table.write(row, pane, { ...record, states })
    return heldRev === pane.rev ? 'closes' : 'new'
  }

  /** Merges the slices in [end − size, end). */
  merge(end: number): MergedWindow {
    const table = this.#table
    const states = table.zero()
    let [rows, eventMax, readAt, appendedAt] = [0, -Infinity, -Infinity, -Infinity]
    for (let start = end - this.#monitor.window.sizeMs; start < end; start += this.#sliceMs) {
      let row = this.#slices.get(start) ?? -1
      for (; row >= 0; row = table.next[row]!) {
        rows += table.revs[row]!
        eventMax = Math.max(eventMax, table.eventMax[row]!)
        readAt = Math.max(readAt, table.readAt[row]!)
        appendedAt = Math.max(appendedAt, table.appendedAt[row]!)
        table.mergeInto(states, row)
      }
    }
    return {
      rows,
      revSum: rows,
      states,
      eventMax: finite(eventMax),
      readAt: finite(readAt),
      appendedAt: finite(appendedAt),
    }
  }

  /** Start of the first slice at or after `from`, or Infinity. */
  firstSlice(from: number): number {
    if (from > this.#newest) return Infinity
    // Slices mostly stand close together; where a row from the future is held they may not.
    if ((this.#newest - from) / this.#sliceMs <= this.#slices.size) {
      for (let start = from; ; start += this.#sliceMs) if (this.#slices.has(start)) return start
    }
    let first = Infinity
    for (const start of this.#slices.keys()) if (start >= from && start < first) first = start
    return first
  }

  /** End of the newest slice with rows that is not beyond `end`, or −Infinity (A18). */
  rowsAt(end: number): number {
    if (this.#slices.has(end - this.#sliceMs)) return end
    let rowsAt = this.forgottenTo
    for (const start of this.#slices.keys()) {
      const sliceEnd = start + this.#sliceMs
      if (sliceEnd <= end && sliceEnd > rowsAt) rowsAt = sliceEnd
    }
    return rowsAt
  }

  /** Lets slices go that end at or before this. */
  forget(before: number): void {
    if (this.#oldest + this.#sliceMs > before) return
    this.#oldest = Infinity
    for (const [start, row] of this.#slices) {
      const sliceEnd = start + this.#sliceMs
      if (sliceEnd > before) {
        this.#oldest = Math.min(this.#oldest, start)
        continue
      }
      this.#release(row)
      this.#slices.delete(start)
      this.forgottenTo = Math.max(this.forgottenTo, sliceEnd)
    }
    if (this.#slices.size === 0) this.#newest = -Infinity
  }

  /** The oldest record that these panes stand in, or Infinity. */
  get oldestOffset(): number {
    const { offsets, next } = this.#table
    let oldest = Infinity
    for (const first of this.#slices.values()) {
      for (let row = first; row >= 0; row = next[row]!) oldest = Math.min(oldest, offsets[row]!)
    }
    return oldest
  }

  #add(start: number, source: number): number {
    const table = this.#table
    const row = table.take()
    table.sources[row] = source
    table.next[row] = this.#slices.get(start) ?? -1
    this.#slices.set(start, row)
    this.#newest = Math.max(this.#newest, start)
    this.#oldest = Math.min(this.#oldest, start)
    return row
  }

  #release(first: number): void {
    for (let row = first; row >= 0;) {
      const next = this.#table.next[row]!
      this.#table.release(row)
      row = next
    }
  }
}

/** Null for an infinity: how an instant that is not there travels. */
export const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)
