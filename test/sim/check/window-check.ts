import type { WindowResult } from '../../../src/model/window-result.ts'
import { windowsOf } from '../../rig/recording-oracle.ts'
import { isOfSample } from '../../rig/sample-oracle.ts'
import type { SimMonitor } from '../world/monitors.ts'
import { Violation } from './ledger.ts'
import { groupOf, type FoldedRow } from './row-fold.ts'
import type { SiteHistory } from './source-history.ts'

/** Rows may be so far ahead of the log and move watermarks all the same (W9). */
const KNOWN_WITHIN_MS = 5_000

export type WindowFacts = {
  readonly monitors: readonly SimMonitor[]
  /** By monitor: the rows that count, of all partitions. */
  readonly rowsByMonitor: ReadonlyMap<string, readonly FoldedRow[]>
  /** Every record of `windows`, in order within each partition. */
  readonly issued: Iterable<WindowResult>
  /** Every window that ends up to here has to be there, epoch ms. */
  readonly judgedTo: number
  readonly sites: ReadonlyMap<string, SiteHistory>
  /** How far the machine's clock may be off the time of rows. */
  readonly clockOffMs: number
}

export type WindowVerdict = {
  /** Windows that were equal to the computation from scratch. */
  readonly equalCount: number
  /** Windows that lacked rows of a site that was silent or not yet known. */
  readonly lackingCount: number
}

/**
 * Compares the final windows, the highest revision of each (V4), with a computation over the raw
 * rows (V5). A window may lack rows of a site that had been silent (V2) or that nobody had heard
 * of; it has all others, and never one too many. @throws Violation.
 */
export function checkWindows(facts: WindowFacts): WindowVerdict {
  const finals = finalWindows(facts.issued)
  let [equalCount, lackingCount] = [0, 0]
  for (const monitor of facts.monitors) {
    for (const { id, rows } of expectedOf(monitor, facts.rowsByMonitor.get(monitor.id) ?? [])) {
      const window = finals.get(id)
      finals.delete(id)
      const isThere = window?.closed === true
      if (!isThere && endOf(id) > facts.judgedTo) continue
      const certainCount = rows.filter((row) => isCertain(row, { id, monitor, facts })).length
      const rowCount = isThere ? window.rows : 0
      const isLacking = certainCount <= rowCount && rowCount < rows.length
      if (isLacking) lackingCount++
      else if (isThere) compare(window, monitor, rows)
      else throw new Violation(`the window ${id} is not there, or was never closed`)
      if (!isLacking) equalCount++
    }
  }
  for (const id of finals.keys()) throw new Violation(`the window ${id} has no rows in the log`)
  return { equalCount, lackingCount }
}

/**
 * Whether a window must have this row: its site was known before any window over all sites could
 * close without it, and its slice was closed before the site fell silent.
 */
function isCertain(
  row: FoldedRow,
  window: {
    readonly id: string
    readonly monitor: SimMonitor
    readonly facts: WindowFacts
  },
): boolean {
  const { id, monitor, facts } = window
  const { knownAt, silence } = facts.sites.get(row.site) ?? { knownAt: Number.POSITIVE_INFINITY }
  const mayBeUnknown = endOf(id) <= knownAt + KNOWN_WITHIN_MS + facts.clockOffMs
  if (id.startsWith('all|') && mayBeUnknown) return false
  if (silence === undefined) return true
  const sliceEnd = row.ts - (row.ts % monitor.hopMs) + monitor.hopMs
  return row.appendedAt <= silence.at && sliceEnd + monitor.latenessMs <= silence.watermark
}

/** The highest revision of each window. Equal revisions have to be equal but for their receipts. */
export function finalWindows(issued: Iterable<WindowResult>): Map<string, WindowResult> {
  const finals = new Map<string, WindowResult>()
  for (const window of issued) {
    const held = finals.get(window.id)
    if (held === undefined || window.rev > held.rev) finals.set(window.id, window)
    else if (window.rev === held.rev && bare(window) !== bare(held)) {
      throw new Violation(`one revision, two windows:\n${bare(held)}\n${bare(window)}`)
    }
  }
  return finals
}

/** A window as text, without what tells only when it was made. */
export const bare = (window: WindowResult): string =>
  JSON.stringify({ ...window, corrected: undefined, receipt: undefined })

function* expectedOf(
  monitor: SimMonitor,
  rows: readonly FoldedRow[],
): Iterable<{ readonly id: string; readonly rows: FoldedRow[] }> {
  for (const kind of monitor.scopes) {
    const scopeOf = (row: FoldedRow) => (kind === 'all' ? 'all' : row.site)
    const keyOf = (row: FoldedRow) => `${scopeOf(row)}|${monitor.id}|${groupOf(monitor, row)}`
    const windows = windowsOf(rows, monitor, (row) => keyOf(row as FoldedRow))
    for (const { group, end, rows: inWindow } of windows) {
      yield { id: `${group}|${end}`, rows: inWindow as FoldedRow[] }
    }
  }
}

const endOf = (id: string): number => Number(id.slice(id.lastIndexOf('|') + 1))

function compare(window: WindowResult, monitor: SimMonitor, rows: readonly FoldedRow[]): void {
  if (window.rows !== rows.length) {
    throw new Violation(`${window.id} has ${window.rows} rows and not ${rows.length}`)
  }
  const isSampled = isOfSample(rows)
  if (isSampled !== (window.stderr !== undefined)) {
    throw new Violation(`${window.id} ${isSampled ? 'lacks' : 'has'} errors of a sample`)
  }
  for (const [name, expectedOfRows] of Object.entries(monitor.values)) {
    const { value, share = 0, stderr } = expectedOfRows(rows)
    const got = window.values[name]
    if (!isAlike(got, value, share)) {
      throw new Violation(`${window.id} has ${name} ${got} and not ${value}`)
    }
    const error = window.stderr?.[name]
    const expected = isSampled && value !== undefined ? stderr : undefined
    if (isAlike(error, expected, ERROR_SHARE)) continue
    throw new Violation(`${window.id} has ${name} ± ${error} and not ± ${expected}`)
  }
}

/** Roots and quotients of the same integers, in another order. */
const ERROR_SHARE = 1e-9

function isAlike(got: number | undefined, value: number | undefined, share: number): boolean {
  if (got === undefined || value === undefined) return got === value
  return got === value || Math.abs(got - value) <= (Math.abs(value) + 1) * share
}
