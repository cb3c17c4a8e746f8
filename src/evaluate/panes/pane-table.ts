import type { AggregateSpec } from '../../model/monitor.ts'
import { assert } from '../../std/assert.ts'
import { ByteArena } from '../../std/byte-arena.ts'
import { grown } from '../../std/grown.ts'
import type { PaneCursor } from '../../wire/pane-cursor.ts'
import { heldColumn, type HeldColumn, type Payload } from './held-column.ts'

const ROWS_MIN = 64
/** An instant that lies further off is shown as this far. */
const APART_MS_MAX = 2 ** 31 - 1
const REV_MAX = 2 ** 32 - 1
const SLICES_MAX = 2 ** 30

/** When things happened to the rows of a pane, epoch ms. */
export type PaneInstants = {
  readonly event: number
  readonly appended: number
  readonly read: number
  readonly pane: number
}

/**
 * The panes of one monitor in one scope as columns indexed by row, some fifty bytes and the states
 * each: an evaluator holds every pane for size + correction, so they are most of its memory. Rows
 * are taken and released by `GroupPanes`, which alone writes the links that are public here.
 */
export class PaneTable {
  readonly sliceMs: number
  /** The next row of the same slice, from another source; −1 ends. Of a free row: the next free. */
  next = new Int32Array(ROWS_MIN)
  /** Of a slice's first row: the first rows of the group's slices before and behind it, or −1. */
  older = new Int32Array(ROWS_MIN)
  newer = new Int32Array(ROWS_MIN)
  readonly columns: readonly HeldColumn[]
  /** Slices from the first one that was taken since none was held. */
  #slices = new Int32Array(ROWS_MIN)
  #baseMs: number | undefined
  /** Number of the source times four, one if the pane is closed, two if rows of a sample are in. */
  #sources = new Int32Array(ROWS_MIN)
  #revs = new Uint32Array(ROWS_MIN)
  #paneAt = new Float64Array(ROWS_MIN)
  /** Event time behind the slice's start; the others before `#paneAt`. */
  #event = new Int32Array(ROWS_MIN)
  #appended = new Int32Array(ROWS_MIN)
  #read = new Int32Array(ROWS_MIN)
  readonly #payload: { -readonly [Name in keyof Payload]: Payload[Name] } = {
    bytes: new Uint8Array(0),
    start: 0,
    length: 0,
    version: 0,
    sampled: false,
  }
  #size = 0
  #free = -1
  /** Rows in use. */
  held = 0

  constructor(aggregates: readonly AggregateSpec[], sliceMs: number) {
    const arena = new ByteArena()
    this.sliceMs = sliceMs
    this.columns = aggregates.map((spec) => heldColumn(spec, arena))
    for (const column of this.columns) column.grow(ROWS_MIN)
  }

  startOf(row: number): number {
    return (this.#baseMs ?? 0) + this.#slices[row]! * this.sliceMs
  }

  sourceOf(row: number): number {
    return this.#sources[row]! >> 2
  }

  isClosed(row: number): boolean {
    return (this.#sources[row]! & 1) === 1
  }

  isSampled(row: number): boolean {
    return (this.#sources[row]! & 2) === 2
  }

  /** Rows folded in (P2). */
  revOf(row: number): number {
    return this.#revs[row]!
  }

  instantsOf(row: number): PaneInstants {
    const pane = this.#paneAt[row]!
    return {
      event: this.startOf(row) + this.#event[row]!,
      appended: pane - this.#appended[row]!,
      read: pane - this.#read[row]!,
      pane,
    }
  }

  /** A row to write into. */
  take(): number {
    this.held++
    const row = this.#free
    if (row >= 0) {
      this.#free = this.next[row]!
      return row
    }
    if (this.#size === this.next.length) this.#grow()
    return this.#size++
  }

  release(row: number): void {
    this.held--
    for (const column of this.columns) column.clear(row)
    this.next[row] = this.#free
    this.#free = row
  }

  /** Whether the pane is a slice of this monitor, and its states those of its aggregates. */
  isSound(pane: PaneCursor): boolean {
    const { columns, sliceMs } = this
    if (pane.length !== sliceMs || pane.start % sliceMs !== 0 || pane.rev > REV_MAX) return false
    const baseMs = this.held === 0 ? pane.start : (this.#baseMs ?? pane.start)
    if (Math.abs(pane.start - baseMs) / sliceMs > SLICES_MAX) return false
    if (pane.stateCount !== columns.length) return false
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!
      if (pane.kinds[i] !== column.code || !column.isSound(this.#payloadOf(pane, i))) return false
    }
    this.#baseMs = baseMs
    return true
  }

  /** Writes a sound pane of a source; `paneAt` is when its record was appended. */
  write(row: number, pane: PaneCursor, of: { readonly source: number; readonly paneAt: number }) {
    assert(this.#baseMs !== undefined, 'a sound pane was seen')
    const { source, paneAt } = of
    this.#slices[row] = (pane.start - this.#baseMs) / this.sliceMs
    this.#sources[row] = source * 4 + (pane.closed ? 1 : 0) + (pane.sampled ? 2 : 0)
    this.#revs[row] = pane.rev
    this.#paneAt[row] = paneAt
    this.#event[row] = apart(pane.eventMax, pane.start)
    this.#appended[row] = apart(paneAt, pane.appendedMax)
    this.#read[row] = apart(paneAt, pane.readAt)
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
    payload.sampled = pane.sampled
    return payload
  }

  #grow(): void {
    // By a quarter: tables of many groups are large, and what is not used yet is memory too.
    const size = this.next.length + (this.next.length >> 2)
    this.next = grown(this.next, size)
    this.older = grown(this.older, size)
    this.newer = grown(this.newer, size)
    this.#slices = grown(this.#slices, size)
    this.#sources = grown(this.#sources, size)
    this.#revs = grown(this.#revs, size)
    this.#paneAt = grown(this.#paneAt, size)
    this.#event = grown(this.#event, size)
    this.#appended = grown(this.#appended, size)
    this.#read = grown(this.#read, size)
    for (const column of this.columns) column.grow(size)
  }
}

const apart = (later: number, earlier: number): number =>
  Math.max(-APART_MS_MAX, Math.min(APART_MS_MAX, later - earlier))
