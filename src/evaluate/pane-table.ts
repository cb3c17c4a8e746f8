import type { AggregateSpec } from '../model/monitor.ts'
import type { Pane } from '../model/pane.ts'
import { aggregateState, type AggregateState } from '../sketch/aggregate-state.ts'

/** What the log says of a pane's record. */
export type PaneRecordFacts = { readonly offset: number; readonly appendedAt: number }

const ROWS_MIN = 64

/**
 * The panes of one monitor in one scope as columns indexed by row: a site's evaluator holds each
 * pane for size + correction, so an object a pane would be most of its memory. Rows are taken and
 * released by `GroupPanes`, which alone writes here.
 */
export class PaneTable {
  /** The next row of the same slice, from another source; −1 ends. Of a free row: the next free. */
  next = new Int32Array(ROWS_MIN)
  /** Of a slice's first row: the first rows of the group's slices before and behind it, or −1. */
  older = new Int32Array(ROWS_MIN)
  newer = new Int32Array(ROWS_MIN)
  starts = new Float64Array(ROWS_MIN)
  sources = new Int32Array(ROWS_MIN)
  closed = new Uint8Array(ROWS_MIN)
  revs = new Float64Array(ROWS_MIN)
  /** Offset of its record: where a rebuild must begin to have it again. */
  offsets = new Float64Array(ROWS_MIN)
  eventMax = new Float64Array(ROWS_MIN)
  readAt = new Float64Array(ROWS_MIN)
  appendedAt = new Float64Array(ROWS_MIN)
  readonly #aggregates: readonly AggregateSpec[]
  readonly #columns: readonly StateColumn[]
  readonly #sites = new Map<string, (number | undefined)[]>()
  #sourceCount = 0
  #size = 0
  #free = -1

  constructor(aggregates: readonly AggregateSpec[]) {
    this.#aggregates = aggregates
    this.#columns = aggregates.map((spec) => new StateColumn(aggregateState.zero(spec)))
  }

  /** A number for a source, small and stable. */
  sourceOf(site: string, partition: number): number {
    let numbers = this.#sites.get(site)
    if (numbers === undefined) this.#sites.set(site, (numbers = []))
    return (numbers[partition] ??= this.#sourceCount++)
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
    for (const column of this.#columns) column.clear(row)
    this.next[row] = this.#free
    this.#free = row
  }

  /** The pane's states, or undefined where they are not this monitor's. */
  decode(pane: Pane): readonly AggregateState[] | undefined {
    const aggregates = this.#aggregates
    if (pane.states.length !== aggregates.length) return undefined
    const states: AggregateState[] = []
    for (let i = 0; i < aggregates.length; i++) {
      const state = aggregateState.decode(aggregates[i]!, pane.states[i]!)
      if (state === undefined) return undefined
      states.push(state)
    }
    return states
  }

  write(row: number, pane: Pane, held: PaneRecordFacts & { states: readonly AggregateState[] }) {
    this.revs[row] = pane.rev
    this.closed[row] = pane.closed ? 1 : 0
    this.eventMax[row] = pane.eventMax
    this.readAt[row] = pane.readAt
    this.offsets[row] = held.offset
    this.appendedAt[row] = held.appendedAt
    for (let i = 0; i < this.#columns.length; i++) this.#columns[i]!.write(row, held.states[i]!)
  }

  /** The states of no rows, to merge into. */
  zero(): AggregateState[] {
    return this.#aggregates.map((spec) => aggregateState.zero(spec))
  }

  /** Merges a row's states into others, one by one. */
  mergeInto(states: AggregateState[], row: number): void {
    const aggregates = this.#aggregates
    for (let i = 0; i < aggregates.length; i++) {
      const from = this.#columns[i]!.read(row)
      states[i] = aggregateState.merge(aggregates[i]!, states[i]!, from)
    }
  }

  #grow(): void {
    const size = this.next.length * 2
    this.next = grown(new Int32Array(size), this.next)
    this.older = grown(new Int32Array(size), this.older)
    this.newer = grown(new Int32Array(size), this.newer)
    this.starts = grown(new Float64Array(size), this.starts)
    this.sources = grown(new Int32Array(size), this.sources)
    this.closed = grown(new Uint8Array(size), this.closed)
    this.revs = grown(new Float64Array(size), this.revs)
    this.offsets = grown(new Float64Array(size), this.offsets)
    this.eventMax = grown(new Float64Array(size), this.eventMax)
    this.readAt = grown(new Float64Array(size), this.readAt)
    this.appendedAt = grown(new Float64Array(size), this.appendedAt)
    for (const column of this.#columns) column.grow(size)
  }
}

/** The states of one aggregate: one or two numbers a row where those are all of it, or objects. */
class StateColumn {
  readonly #scratch: AggregateState
  #first = new Float64Array(0)
  #second = new Float64Array(0)
  readonly #objects: (AggregateState | undefined)[] = []

  constructor(scratch: AggregateState) {
    this.#scratch = scratch
    this.grow(ROWS_MIN)
  }

  grow(size: number): void {
    const scratch = this.#scratch
    if ('byWeight' in scratch || 'buckets' in scratch) return
    this.#first = grown(new Float64Array(size), this.#first)
    if ('units' in scratch) this.#second = grown(new Float64Array(size), this.#second)
  }

  write(row: number, state: AggregateState): void {
    if ('q' in state) {
      this.#first[row] = state.units
      this.#second[row] = state.q
    } else if ('units' in state) {
      this.#first[row] = state.units
      this.#second[row] = state.count
    } else if ('value' in state) this.#first[row] = state.value
    else if ('byWeight' in state || 'buckets' in state) this.#objects[row] = state
    else this.#first[row] = state.count
  }

  /** Valid until the next call. */
  read(row: number): AggregateState {
    const state = this.#scratch
    if ('q' in state) {
      state.units = this.#first[row]!
      state.q = this.#second[row]!
    } else if ('units' in state) {
      state.units = this.#first[row]!
      state.count = this.#second[row]!
    } else if ('value' in state) state.value = this.#first[row]!
    else if ('byWeight' in state || 'buckets' in state) return this.#objects[row] ?? state
    else state.count = this.#first[row]!
    return state
  }

  clear(row: number): void {
    if (row < this.#objects.length) this.#objects[row] = undefined
  }
}

function grown<A extends Int32Array | Uint8Array | Float64Array>(into: A, from: A): A {
  into.set(from)
  return into
}
