import { aggregateState, type AggregateState } from '../sketch/aggregate-state.ts'
import type { ErrorBars } from '../sketch/error-bars.ts'
import type { AggregateKind } from '../model/monitor.ts'
import { grown } from '../std/grown.ts'
import type { CompiledMonitor } from './compiled-monitor.ts'
import type { GroupPanes } from './panes/group-panes.ts'
import type { PaneTable } from './panes/pane-table.ts'

/** Where a window's time went, epoch ms; null where no pane says it. */
export type MergedReceipt = {
  readonly event: number | null
  readonly appended: number | null
  readonly read: number | null
  readonly pane: number | null
}

/** The kinds that are scaled, so that their results have an error where rows are a sample (S5). */
const ESTIMATED: ReadonlySet<AggregateKind> = new Set(['count', 'sum', 'distinct'])

/**
 * What a group's panes say of one window. One merge serves all groups of a scope: what it holds is
 * that of the last `gather`, and each aggregate is merged only when it is asked for.
 */
export class WindowMerge {
  readonly #monitor: CompiledMonitor
  readonly #table: PaneTable
  /** Results by slot, NaN = undefined; of aggregates that were not merged since, stale. */
  readonly values: Float64Array
  readonly #list = { rows: new Int32Array(64), count: 0 }
  #isSampled = false
  /** Rows in the window: Σ of the panes' revisions (P2). */
  rows = 0

  constructor(monitor: CompiledMonitor, table: PaneTable) {
    this.#monitor = monitor
    this.#table = table
    this.values = new Float64Array(monitor.names.length + monitor.past.count)
  }

  /** Finds the panes of the window that ends here. */
  gather(panes: GroupPanes, end: number): this {
    const list = this.#list
    const from = end - this.#monitor.spec.window.sizeMs
    list.count = panes.rowsBetween(from, end, list.rows)
    if (list.count > list.rows.length) {
      list.rows = grown(list.rows, list.count * 2)
      panes.rowsBetween(from, end, list.rows)
    }
    let rows = 0
    let isSampled = false
    for (let i = 0; i < list.count; i++) {
      rows += this.#table.revOf(list.rows[i]!)
      isSampled ||= this.#table.isSampled(list.rows[i]!)
    }
    this.rows = rows
    this.#isSampled = isSampled
    return this
  }

  /** Merges these aggregates alone. */
  some(aggregates: readonly number[]): void {
    for (const i of aggregates) this.values[i] = this.#table.columns[i]!.merge(this.#list)
  }

  /** Merges all aggregates and computes the named values. */
  all(): Float64Array {
    const { columns } = this.#table
    for (let i = 0; i < columns.length; i++) this.values[i] = columns[i]!.merge(this.#list)
    this.#monitor.derive(this.values)
    return this.values
  }

  /** How far the values may be from those of all sessions; undefined where all rows are there. */
  errorBars(): ErrorBars | undefined {
    if (!this.#isSampled) return undefined
    // Of the other kinds no error is known, and their states cost another merge.
    const states = this.#monitor.spec.aggregates.map((spec, i) =>
      ESTIMATED.has(spec.kind)
        ? this.#table.columns[i]!.stateOf(this.#list)
        : aggregateState.zero(spec),
    )
    return this.#monitor.errorBars(states, this.values)
  }

  /** What `read` makes of each merged state, which is good until the next one is asked for. */
  states<T>(read: (state: AggregateState, aggregate: number) => T): readonly T[] {
    return this.#table.columns.map((column, i) => read(column.stateOf(this.#list), i))
  }

  /** Defined values by name: what a window record and a step show. */
  named(): Readonly<Record<string, number>> {
    return this.#byName(this.values)
  }

  /** The standard errors beside them, 0 of what is exact; undefined where all rows are there. */
  namedErrors(bars: ErrorBars | undefined): Readonly<Record<string, number>> | undefined {
    if (bars === undefined) return undefined
    return this.#byName(bars.stderr)
  }

  #byName(slots: Float64Array): Readonly<Record<string, number>> {
    const { names } = this.#monitor
    const named: Record<string, number> = {}
    for (let slot = 0; slot < names.length; slot++) {
      const isDefined = Number.isFinite(this.values[slot]) && Number.isFinite(slots[slot])
      if (isDefined) named[names[slot]!] = slots[slot]!
    }
    return named
  }

  receipt(): MergedReceipt {
    const { rows, count } = this.#list
    let [event, appended, read, pane] = [-Infinity, -Infinity, -Infinity, -Infinity]
    for (let i = 0; i < count; i++) {
      const instants = this.#table.instantsOf(rows[i]!)
      event = Math.max(event, instants.event)
      appended = Math.max(appended, instants.appended)
      read = Math.max(read, instants.read)
      pane = Math.max(pane, instants.pane)
    }
    return count === 0 ? NOTHING : { event, appended, read, pane }
  }
}

const NOTHING: MergedReceipt = { event: null, appended: null, read: null, pane: null }
