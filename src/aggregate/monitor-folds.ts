import type { MonitorSpec } from '../model/monitor.ts'
import { sliceMsOf } from '../window/slice.ts'
import { DerivedColumns } from './derived/derived-columns.ts'
import { PaneEmission } from './pane-emission.ts'
import type { FieldBatch } from './rows/field-batch.ts'
import type { RowFacts } from './rows/row-facts.ts'
import { SharedFold } from './shared-fold.ts'

/** Groups numbered before the first look whether they are still in use. */
const GROUPS_MIN = 65_536

type Fold = { readonly fold: SharedFold; readonly emission: PaneEmission }

/** The folds of all monitors of a partition: one for those that are alike. */
export class MonitorFolds {
  readonly all: readonly Fold[]
  readonly #derived: DerivedColumns
  #groupsMax = GROUPS_MIN

  constructor(
    monitors: readonly MonitorSpec[],
    batch: FieldBatch,
    given: { readonly partition: number; readonly early: boolean },
  ) {
    this.#derived = new DerivedColumns(batch)
    const { partition, early } = given
    const alike = Map.groupBy(monitors, (monitor) => sharedName(monitor, early))
    this.all = [...alike.values()].map((some) => {
      const fold = new SharedFold(some, batch, this.#derived)
      const emission = new PaneEmission(fold, { partition, emitMs: emitMsOf(some[0]!, early) })
      return { fold, emission }
    })
  }

  /** Folds a batch; answers which monitors each row came too late for. */
  fold(facts: RowFacts): ReadonlyMap<number, readonly string[]> {
    this.#forgetGroups()
    const lost = new Map<number, string[]>()
    for (const { fold } of this.all) {
      const rows = fold.fold(facts)
      if (rows.length > 0) noteLost(lost, rows, fold)
    }
    return lost
  }

  /** Whether the batch of this serial opened a slice. */
  hasOpened(serial: number): boolean {
    return this.all.some(({ fold }) => fold.openedIn === serial)
  }

  /** Serial of the oldest batch that a slice still needs, or Infinity (D3). */
  oldestSerial(): number {
    let oldest = Infinity
    for (const { fold } of this.all) oldest = Math.min(oldest, fold.store.oldestSerial())
    return oldest
  }

  /** Numbers the groups that are in use anew, by the strings that `translate` gives for others. */
  renumberGroups(translate: (id: number) => number): void {
    for (const table of this.#derived.groupTables.values()) {
      const folds = this.all.filter(({ fold }) => fold.groups === table)
      const isUsed = new Uint8Array(table.size)
      for (const { fold } of folds) fold.store.markGroups(isUsed)
      const numbers = table.renumber(isUsed, translate)
      for (const { fold } of folds) fold.store.renumber(numbers)
    }
  }

  /** Lets go of groups without rows in any slice, before they are more than those with (D5). */
  #forgetGroups(): void {
    if (this.#groupCount() <= this.#groupsMax) return
    this.renumberGroups((id) => id)
    this.#groupsMax = Math.max(GROUPS_MIN, this.#groupCount() * 2)
  }

  /** Of the table that has most. */
  #groupCount(): number {
    let most = 0
    for (const { size } of this.#derived.groupTables.values()) most = Math.max(most, size)
    return most
  }
}

/** How often open panes are shown: only where some rule can fire on an open window (V3, P5). */
export const emitMsOf = ({ rules, window }: MonitorSpec, early: boolean): number =>
  early && rules.some((rule) => rule.early) ? window.emitMs : Infinity

/** Monitors of one name share their slices and show them together. */
function sharedName(monitor: MonitorSpec, early: boolean): string {
  const { where, groupBy, window } = monitor
  const { latenessMs, correctionMs } = window
  const shape = [sliceMsOf(window), latenessMs, correctionMs, emitMsOf(monitor, early)]
  return JSON.stringify([where, groupBy, shape])
}

function noteLost(
  lost: Map<number, string[]>,
  rows: readonly number[],
  { monitors }: SharedFold,
): void {
  const ids = monitors.map(({ spec }) => spec.id)
  for (const row of rows) {
    const names = lost.get(row)
    if (names === undefined) lost.set(row, [...ids])
    else names.push(...ids)
  }
}
