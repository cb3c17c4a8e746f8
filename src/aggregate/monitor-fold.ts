import type { MonitorSpec } from '../model/monitor.ts'
import type { Pane } from '../model/pane.ts'
import { sliceVerdict } from '../window/slice-verdict.ts'
import { sliceMsOf, sliceStart } from '../window/slice.ts'
import type { FieldBatch } from './field-batch.ts'
import { GroupTable } from './group-table.ts'
import { compileRowTest, type RowTest } from './row-test.ts'
import { SliceTable } from './slice-table.ts'
import { aggregateReadingsOf, stateColumn, type AggregateReading } from './state-columns.ts'

const CHANGED = 1
const SPREAD = 2
const SAMPLED = 4
const SPARE_MAX = 4

/** What `MonitorFold` needs to know of the rows beside their fields; all indexed by row. */
export type RowFacts = {
  /** 1: the row is a reading to fold; 0: a heartbeat, a repeat or unreadable. */
  readonly folds: Uint8Array
  /** Its source's watermark when the row was reached, itself included (W7). */
  readonly watermarks: Float64Array
  /** Number of its site, and its weight 1/p (S2). */
  readonly sites: Int32Array
  readonly weights: Float64Array
  /** When the log took it, epoch ms. */
  readonly times: Float64Array
  readonly serial: number
  readonly readAt: number
}

/** Slices of one monitor that still take rows, per site number and slice start. */
export class MonitorFold {
  readonly spec: MonitorSpec
  readonly sliceMs: number
  /** Whether some rule can fire on an open window, so that open panes are worth showing (V3). */
  readonly showsOpen: boolean
  readonly #taken: RowTest | undefined
  readonly #batch: FieldBatch
  readonly #readings: readonly AggregateReading[]
  #groups: GroupTable
  readonly #tables: Map<number, SliceTable>[] = []
  /** Tables of slices that are gone, for slices to come. */
  readonly #spare: SliceTable[] = []
  readonly #tsField: number
  readonly #spreadField: number

  constructor(spec: MonitorSpec, batch: FieldBatch) {
    this.spec = spec
    this.sliceMs = sliceMsOf(spec.window)
    this.showsOpen = spec.rules.some((rule) => rule.early)
    this.#batch = batch
    this.#taken = spec.where === undefined ? undefined : compileRowTest(spec.where, batch)
    this.#groups = new GroupTable(spec.groupBy.map((name) => batch.field(name)))
    this.#readings = aggregateReadingsOf(spec, batch)
    this.#tsField = batch.field('ts')
    this.#spreadField = batch.field('spread')
  }

  /** Folds the rows that this monitor takes; answers the rows that came after every horizon. */
  fold(facts: RowFacts): readonly number[] {
    const batch = this.#batch
    const ts = batch.numbers[this.#tsField]!
    const lost: number[] = []
    let table: SliceTable | undefined
    let tableSite = -1
    for (let row = 0; row < batch.count; row++) {
      if (facts.folds[row] === 0) continue
      if (this.#taken !== undefined && !this.#taken(batch, row)) continue
      const start = sliceStart(ts[row]!, this.sliceMs)
      const verdict = sliceVerdict(start + this.sliceMs, facts.watermarks[row]!, this.spec.window)
      if (verdict === 'lost') {
        lost.push(row)
        continue
      }
      const site = facts.sites[row]!
      if (table === undefined || table.start !== start || tableSite !== site) {
        table = this.#table(site, start, facts.serial)
        tableSite = site
      }
      this.#add(table, row, { facts, isLate: verdict === 'late' })
    }
    return lost
  }

  /**
   * Panes to emit now that a site's watermark stands here: those that close, those that late rows
   * changed, and with `open` also those that are still open. Slices beyond correction are let go.
   */
  emit(at: { site: number; watermark: number; open: boolean }, emit: PaneSink): void {
    const tables = this.#tables[at.site]
    if (tables === undefined) return
    for (const table of tables.values()) {
      const verdict = sliceVerdict(table.start + this.sliceMs, at.watermark, this.spec.window)
      const closes = !table.closed && verdict !== 'open'
      if (closes) table.closed = true
      if (closes || (table.changed && (table.closed || at.open))) {
        this.#emitTable(table, closes, emit)
      }
      if (closes) for (const column of table.columns) column.trim(table.count)
      if (verdict !== 'lost') continue
      tables.delete(table.start)
      if (this.#spare.length < SPARE_MAX) this.#spare.push(table)
    }
  }

  /** Serial of the oldest batch that an open slice still needs, or Infinity (D3). */
  oldestSerial(): number {
    let oldest = Infinity
    for (const tables of this.#tables) {
      for (const table of tables?.values() ?? []) oldest = Math.min(oldest, table.openedIn)
    }
    return oldest
  }

  /** Follows the string table to its renewal; `translate` maps an old string id to a new one. */
  renumber(translate: (id: number) => number): void {
    const before = this.#groups
    const after = new GroupTable(this.spec.groupBy.map((name) => this.#batch.field(name)))
    for (const tables of this.#tables) {
      for (const table of tables?.values() ?? []) {
        table.renumber((group) => after.add(Array.from(before.idsOf(group), translate)))
      }
    }
    this.#groups = after
  }

  #table(site: number, start: number, serial: number): SliceTable {
    const tables = (this.#tables[site] ??= new Map())
    let table = tables.get(start)
    if (table === undefined) {
      const spare = this.#spare.pop() ?? new SliceTable(this.#readings.map(stateColumn))
      table = spare.begin(start, serial)
      tables.set(start, table)
    }
    return table
  }

  #add(table: SliceTable, row: number, how: { facts: RowFacts; isLate: boolean }): void {
    const batch = this.#batch
    const { facts } = how
    const slot = table.slotOf(this.#groups.numberOf(batch.ids, row))
    const weight = facts.weights[row]!
    for (const column of table.columns) column.add(slot, row, weight)
    table.rows[slot] = table.rows[slot]! + 1
    if (how.isLate) table.late[slot] = table.late[slot]! + 1
    const ts = batch.numbers[this.#tsField]![row]!
    if (table.rows[slot] === 1 || ts > table.eventMax[slot]!) table.eventMax[slot] = ts
    table.readAt[slot] = facts.readAt
    const appendedAt = facts.times[row]!
    if (table.rows[slot] === 1 || appendedAt > table.appendedMax[slot]!) {
      table.appendedMax[slot] = appendedAt
    }
    let flags = table.flags[slot]! | CHANGED
    if (batch.has(this.#spreadField, row)) flags |= SPREAD
    if (weight > 1) flags |= SAMPLED
    table.flags[slot] = flags
    table.changed = true
  }

  #emitTable(table: SliceTable, whole: boolean, emit: PaneSink): void {
    table.changed = false
    for (let slot = 0; slot < table.count; slot++) {
      const flags = table.flags[slot]!
      if (!whole && (flags & CHANGED) === 0) continue
      table.flags[slot] = flags & ~CHANGED
      emit(this.spec, {
        group: this.#groups.textsOf(table.groups[slot]!, (id) => this.#batch.strings.text(id)),
        start: table.start,
        length: this.sliceMs,
        rev: table.rows[slot]!,
        late: table.late[slot]!,
        closed: table.closed,
        spread: (flags & SPREAD) !== 0,
        sampled: (flags & SAMPLED) !== 0,
        inexact: table.columns.some((column) => !column.isExact(slot)),
        eventMax: table.eventMax[slot]!,
        readAt: table.readAt[slot]!,
        appendedMax: table.appendedMax[slot]!,
        states: table.columns.map((column) => column.encode(slot)),
      })
    }
  }
}

/** A pane but for its monitor and source, which the sink knows. */
export type PaneDraft = Omit<Pane, 'monitor' | 'definition' | 'site' | 'partition'>
export type PaneSink = (monitor: MonitorSpec, pane: PaneDraft) => void
