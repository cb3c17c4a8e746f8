import type { AggregateKind, AggregateSpec, MonitorSpec } from '../model/monitor.ts'
import { sliceVerdict } from '../window/slice-verdict.ts'
import { sliceMsOf } from '../window/slice.ts'
import type { FieldBatch } from './rows/field-batch.ts'
import { FoldStore } from './state/fold-store.ts'
import type { GroupTable } from './derived/group-table.ts'
import type { RowFacts } from './rows/row-facts.ts'
import type { RowSelection } from './derived/row-selection.ts'
import type { DerivedColumns } from './derived/derived-columns.ts'
import type { SliceCells } from './derived/slice-cells.ts'
import type { Slice } from './state/slice.ts'
import { cell, headLanes, lane, slotFlags } from './state/slot-store.ts'
import { columnKinds } from './state/column-kinds.ts'
import type { StateColumn } from './state/state-column.ts'

// Constants rather than properties: what is read of an object in a loop so hot must be found
// again whenever V8 drops what it knew of the loop.
const { rows: ROWS, readAt: READ_AT, appendedMax: APPENDED_MAX } = lane
const { flags: FLAGS, eventMax: EVENT_MAX, late: LATE } = cell
const { changed: CHANGED, spread: SPREAD, sampled: SAMPLED } = slotFlags

/** A monitor, and where the states of its aggregates stand, in their order. */
export type FoldedMonitor = { readonly spec: MonitorSpec; readonly columns: readonly StateColumn[] }

/** Two aggregates of one fold with one name have one state. */
const stateName = ({ kind, field, digits, where }: AggregateSpec): string =>
  JSON.stringify([kind, field, digits, where])

/** Whether rows of a sample give it an error (S5). */
const isTotal = (kind: AggregateKind): boolean => kind === 'sum' || kind === 'count'

/**
 * The slices of all monitors that take, group and cut rows alike: one set of slots for all of them,
 * and one column for what several aggregate alike.
 */
export class SharedFold {
  readonly monitors: readonly FoldedMonitor[]
  readonly sliceMs: number
  readonly window: MonitorSpec['window']
  readonly groups: GroupTable
  readonly store: FoldStore
  /** Serial of the batch that last opened a slice. */
  openedIn = -1
  readonly #batch: FieldBatch
  readonly #rows: RowSelection
  readonly #cells: SliceCells
  /** By row: its slot, 0 where it came too late. */
  #slots = new Int32Array(0)
  /** By cell: its slice, and whether a row may find it closed. */
  #slices: (Slice | undefined)[] = []
  #mayClose: boolean[] = []

  constructor(monitors: readonly MonitorSpec[], batch: FieldBatch, derived: DerivedColumns) {
    const { where, groupBy, window } = monitors[0]!
    this.window = window
    this.sliceMs = sliceMsOf(window)
    this.groups = derived.groupsOf(groupBy)
    this.#batch = batch
    this.#rows = derived.rows.narrowed(where)
    this.#cells = derived.cellsOf(this.sliceMs)
    const specs = new Map<string, AggregateSpec>()
    for (const { aggregates } of monitors) {
      for (const spec of aggregates) specs.set(stateName(spec), spec)
    }
    const kinds = [...specs.values()].map(({ kind }) => kind)
    const lanes = kinds.flatMap((kind) => columnKinds[kind].lanes)
    this.store = new FoldStore(window, { lanes, totals: kinds.filter(isTotal).length })
    const { slots, errors } = this.store
    const columns = new Map<string, StateColumn>()
    let [lane, total] = [headLanes, 0]
    for (const [name, spec] of specs) {
      const { lanes: own, column } = columnKinds[spec.kind]
      const rows = this.#rows.narrowed(spec.where)
      columns.set(name, column({ spec, batch, derived, rows, store: slots, lane, errors, total }))
      lane += own.length
      if (isTotal(spec.kind)) total++
    }
    this.store.columns.push(...columns.values())
    this.monitors = monitors.map((spec) => ({
      spec,
      columns: spec.aggregates.flatMap((aggregate) => columns.get(stateName(aggregate)) ?? []),
    }))
  }

  /** Folds the rows that its monitors take; answers those that came after every horizon. */
  fold(facts: RowFacts): readonly number[] {
    const chosen = this.#rows.take(facts)
    if (chosen.count === 0) return []
    this.#cells.take(facts)
    this.groups.take(chosen, facts)
    if (this.#slots.length < facts.watermarks.length) {
      this.#slots = new Int32Array(facts.watermarks.length)
    }
    this.#lookUp(facts)
    const lost = this.#place(facts)
    if (facts.hasSpread || facts.weights !== undefined) this.#flag(facts)
    const placed = { facts, slots: this.#slots }
    this.store.errors.place({ ...placed, rows: chosen })
    for (const column of this.store.columns) column.fold(placed)
    return lost
  }

  /** Finds the slice of each cell of the batch. */
  #lookUp(facts: RowFacts): void {
    const { starts, sites } = this.#cells
    this.#slices.length = 0
    this.#mayClose.length = 0
    for (let at = 0; at < starts.length; at++) {
      const start = starts[at]!
      const site = sites[at]!
      this.#slices.push(this.store.sites[site]?.at(start))
      // A watermark only grows: what is open behind the batch was open for all its rows.
      const { watermark } = facts.sources[site]!
      this.#mayClose.push(sliceVerdict(start + this.sliceMs, watermark, this.window) !== 'open')
    }
  }

  /** Gives every row its slot, and notes there what is noted of any row. */
  #place(facts: RowFacts): readonly number[] {
    const { rows, count } = this.#rows
    const { times, readAt } = facts
    const { cells } = this.#cells
    const { groups } = this.groups
    const ts = this.#batch.numbers[this.#batch.field('ts')]!
    const { slots: store } = this.store
    let { numbers, integers } = store
    const slots = this.#slots
    const lost: number[] = []
    let at = -1
    let slice: Slice | undefined
    let isJudged = false
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      if (cells[row] !== at) {
        at = cells[row]!
        slice = this.#slices[at]
        isJudged = this.#mayClose[at]!
      }
      const verdict = isJudged ? this.#verdict(row, facts) : 'open'
      if (verdict === 'lost') {
        lost.push(row)
        slots[row] = 0
        continue
      }
      slice ??= this.#open(at, facts)
      const group = groups[row]!
      let slot = slice.find(group, integers)
      if (slot === 0) {
        slot = store.take(group)
        numbers = store.numbers
        integers = store.integers
        slice.add(slot, integers)
      }
      slots[row] = slot
      const head = slot * 2
      numbers[slot + ROWS] = numbers[slot + ROWS]! + 1
      numbers[slot + READ_AT] = readAt
      const appendedAt = times[row]!
      if (appendedAt > numbers[slot + APPENDED_MAX]!) numbers[slot + APPENDED_MAX] = appendedAt
      const event = ts[row]! - slice.start
      if (event > integers[head + EVENT_MAX]!) integers[head + EVENT_MAX] = event
      if (verdict === 'late') integers[head + LATE] = integers[head + LATE]! + 1
      const flags = integers[head + FLAGS]!
      if ((flags & CHANGED) !== 0) continue
      integers[head + FLAGS] = flags | CHANGED
      if (slice.changedCount === 0) this.store.site(facts.sites[row]!).changed.push(slice)
      slice.noteChanged(slot)
    }
    return lost
  }

  #verdict(row: number, facts: RowFacts): ReturnType<typeof sliceVerdict> {
    const end = this.#cells.starts[this.#cells.cells[row]!]! + this.sliceMs
    return sliceVerdict(end, facts.watermarks[row]!, this.window)
  }

  #open(at: number, facts: RowFacts): Slice {
    const start = this.#cells.starts[at]!
    const slice = this.store.open(this.#cells.sites[at]!, { start, end: start + this.sliceMs })
    slice.openedIn = facts.serial
    this.openedIn = facts.serial
    this.#slices[at] = slice
    return slice
  }

  /** What few rows say: that they were spread over slices, or stand for others too. */
  #flag({ hasSpread, weights }: RowFacts): void {
    const { rows, count } = this.#rows
    const { integers } = this.store.slots
    const spread = this.#batch.field('spread')
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      const slot = this.#slots[row]!
      if (slot === 0) continue
      let flags = 0
      if (hasSpread && this.#batch.has(spread, row)) flags |= SPREAD
      if (weights !== undefined && weights[row]! > 1) flags |= SAMPLED
      const head = slot * 2 + FLAGS
      integers[head] = integers[head]! | flags
    }
  }
}
