import type { AggregateSpec } from '../../model/monitor.ts'
import { ByteArena } from '../../std/byte-arena.ts'
import { grown } from '../../std/grown.ts'
import type { PaneCursor } from '../../wire/pane-cursor.ts'
import { heldColumn, type HeldColumn, type Payload } from './held-column.ts'

const ROWS_MIN = 64

/**
 * The panes of one monitor in one scope as columns indexed by row: a site's evaluator holds each
 * pane for size + correction, so an object a pane would be most of its memory. Rows are taken and
 * released by `GroupPanes`, which alone writes the columns that are public here.
 */
export class PaneTable {
  /** The next row of the same slice, from another source; −1 ends. Of a free row: the next free. */
  next = new Int32Array(ROWS_MIN)
  /** Of a slice's first row: the first rows of the group's slices before and behind it, or −1. */
  older = new Int32Array(ROWS_MIN)
  newer = new Int32Array(ROWS_MIN)
  sources = new Int32Array(ROWS_MIN)
  closed = new Uint8Array(ROWS_MIN)
  starts = new Float64Array(ROWS_MIN)
  revs = new Float64Array(ROWS_MIN)
  eventMax = new Float64Array(ROWS_MIN)
  appendedMax = new Float64Array(ROWS_MIN)
  readAt = new Float64Array(ROWS_MIN)
  /** When its record was appended. */
  paneAt = new Float64Array(ROWS_MIN)
  readonly columns: readonly HeldColumn[]
  readonly #payload: { -readonly [Name in keyof Payload]: Payload[Name] } = {
    bytes: new Uint8Array(0),
    start: 0,
    length: 0,
    version: 0,
  }
  #size = 0
  #free = -1

  constructor(aggregates: readonly AggregateSpec[]) {
    const arena = new ByteArena()
    this.columns = aggregates.map((spec) => heldColumn(spec, arena))
    for (const column of this.columns) column.grow(ROWS_MIN)
  }

  /** A row to write into. */
  take(): number {
    const row = this.#free
    if (row >= 0) {
      this.#free = this.next[row]!
      return row
    }
    if (this.#size === this.next.length) this.#grow()
    return this.#size++
  }

  release(row: number): void {
    for (const column of this.columns) column.clear(row)
    this.next[row] = this.#free
    this.#free = row
  }

  /** Whether the pane's states are those of this monitor's aggregates, each of them whole. */
  isSound(pane: PaneCursor): boolean {
    const { columns } = this
    if (pane.stateCount !== columns.length) return false
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!
      if (pane.kinds[i] !== column.code || !column.isSound(this.#payloadOf(pane, i))) return false
    }
    return true
  }

  /** Writes a sound pane; `paneAt` is when its record was appended. */
  write(row: number, pane: PaneCursor, paneAt: number): void {
    this.revs[row] = pane.rev
    this.closed[row] = pane.closed ? 1 : 0
    this.eventMax[row] = pane.eventMax
    this.appendedMax[row] = pane.appendedMax
    this.readAt[row] = pane.readAt
    this.paneAt[row] = paneAt
    for (let i = 0; i < this.columns.length; i++) {
      this.columns[i]!.put(row, this.#payloadOf(pane, i))
    }
  }

  /** Valid until the next call. */
  #payloadOf(pane: PaneCursor, state: number): Payload {
    const payload = this.#payload
    payload.bytes = pane.bytes
    payload.start = pane.payloadStarts[state]!
    payload.length = pane.payloadLengths[state]!
    payload.version = pane.versions[state]!
    return payload
  }

  #grow(): void {
    // By half: tables of many groups are large, and what is not used yet is memory too.
    const size = this.next.length + (this.next.length >> 1)
    this.next = grown(this.next, size)
    this.older = grown(this.older, size)
    this.newer = grown(this.newer, size)
    this.sources = grown(this.sources, size)
    this.closed = grown(this.closed, size)
    this.starts = grown(this.starts, size)
    this.revs = grown(this.revs, size)
    this.eventMax = grown(this.eventMax, size)
    this.appendedMax = grown(this.appendedMax, size)
    this.readAt = grown(this.readAt, size)
    this.paneAt = grown(this.paneAt, size)
    for (const column of this.columns) column.grow(size)
  }
}
