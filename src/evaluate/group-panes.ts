import type { AggregateSpec, MonitorSpec } from '../model/monitor.ts'
import type { Pane } from '../model/pane.ts'
import { sliceMsOf } from '../window/slice.ts'
import { aggregateState, type AggregateState } from '../sketch/aggregate-state.ts'

/** A pane as the evaluator keeps it: the newest revision of one source's slice. */
type HeldPane = {
  readonly rev: number
  readonly closed: boolean
  /** Offset of its record: where a rebuild must begin to have it again. */
  readonly offset: number
  readonly eventMax: number
  readonly readAt: number
  readonly appendedAt: number
  readonly states: readonly AggregateState[]
}

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
  readonly #sliceMs: number
  readonly #slices = new Map<number, Map<string, HeldPane>>()
  /** End of the newest slice with rows that was let go. */
  forgottenTo = -Infinity

  constructor(monitor: MonitorSpec) {
    this.#monitor = monitor
    this.#sliceMs = sliceMsOf(monitor.window)
  }

  get isEmpty(): boolean {
    return this.#slices.size === 0
  }

  /** Keeps the pane if its revision is higher, or equal and now closed (P2). */
  put(pane: Pane, record: { readonly offset: number; readonly appendedAt: number }): PaneVerdict {
    const source = `${pane.site}\0${pane.partition}`
    const held = this.#slices.get(pane.start)?.get(source)
    if (held !== undefined && pane.rev < held.rev) return 'repeated'
    if (held !== undefined && pane.rev === held.rev && (held.closed || !pane.closed)) {
      return 'repeated'
    }
    const states = decodeStates(this.#monitor.aggregates, pane)
    if (states === undefined) return 'unreadable'
    let slice = this.#slices.get(pane.start)
    if (slice === undefined) this.#slices.set(pane.start, (slice = new Map()))
    const { rev, closed, eventMax, readAt } = pane
    slice.set(source, { rev, closed, eventMax, readAt, states, ...record })
    return held?.rev === rev ? 'closes' : 'new'
  }

  /** Merges the slices in [end − size, end). */
  merge(end: number): MergedWindow {
    const { aggregates, window } = this.#monitor
    const states = aggregates.map((spec) => aggregateState.zero(spec))
    let [rows, eventMax, readAt, appendedAt] = [0, -Infinity, -Infinity, -Infinity]
    for (let start = end - window.sizeMs; start < end; start += this.#sliceMs) {
      for (const pane of this.#slices.get(start)?.values() ?? []) {
        rows += pane.rev
        eventMax = Math.max(eventMax, pane.eventMax)
        readAt = Math.max(readAt, pane.readAt)
        appendedAt = Math.max(appendedAt, pane.appendedAt)
        for (let i = 0; i < aggregates.length; i++) {
          states[i] = aggregateState.merge(aggregates[i]!, states[i]!, pane.states[i]!)
        }
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
    for (const start of this.#slices.keys()) {
      const sliceEnd = start + this.#sliceMs
      if (sliceEnd > before) continue
      this.#slices.delete(start)
      this.forgottenTo = Math.max(this.forgottenTo, sliceEnd)
    }
  }

  /** The oldest record that these panes stand in, or Infinity. */
  get oldestOffset(): number {
    let oldest = Infinity
    for (const slice of this.#slices.values()) {
      for (const { offset } of slice.values()) oldest = Math.min(oldest, offset)
    }
    return oldest
  }
}

function decodeStates(
  aggregates: readonly AggregateSpec[],
  pane: Pane,
): readonly AggregateState[] | undefined {
  if (pane.states.length !== aggregates.length) return undefined
  const states: AggregateState[] = []
  for (const [i, spec] of aggregates.entries()) {
    const state = aggregateState.decode(spec, pane.states[i]!)
    if (state === undefined) return undefined
    states.push(state)
  }
  return states
}

/** Null for an infinity: how an instant that is not there travels. */
export const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)
