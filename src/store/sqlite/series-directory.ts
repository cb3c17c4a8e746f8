import type { DatabaseSync } from 'node:sqlite'
import type { WindowResult } from '../../model/window-result.ts'
import { assert } from '../../std/assert.ts'

/** Groups remembered at once; beyond it all are forgotten and looked up again. */
const SERIES_MAX = 200_000

/** One group of one monitor in one scope: what its windows share. */
export type Series = {
  readonly monitor: number
  readonly sid: number
  readonly stem: string
  firstEnd: number
  newestEnd: number
  /** End of its newest closed window. */
  lastEnd: number | undefined
}

/**
 * The directory of groups: small integers for what windows repeat. It remembers only what is in
 * the file or in the transaction under way, so after a rollback it has to be forgotten.
 */
export class SeriesDirectory {
  #names = new Map<string, number>()
  #series = new Map<string, Series>()
  readonly #statements

  constructor(db: DatabaseSync) {
    this.#statements = {
      nameOf: db.prepare('SELECT nid FROM names WHERE name = ?'),
      addName: db.prepare('INSERT INTO names (name) VALUES (?)'),
      find: db.prepare('SELECT * FROM series WHERE monitor = ? AND stem = ?'),
      last: db.prepare('SELECT max(sid) AS sid FROM series WHERE monitor = ?'),
      add: db.prepare('INSERT INTO series VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
      widen: db.prepare(
        `UPDATE series SET first_end = ?, newest_end = ?, last_end = ?
         WHERE monitor = ? AND sid = ?`,
      ),
    }
  }

  /** Number of a monitor or definition, if it was ever written. */
  find(name: string): number | undefined {
    const known = this.#names.get(name)
    if (known !== undefined) return known
    const row = this.#statements.nameOf.get(name)
    if (row === undefined) return undefined
    this.#names.set(name, Number(row['nid']))
    return Number(row['nid'])
  }

  number(name: string): number {
    const known = this.find(name)
    if (known !== undefined) return known
    const added = Number(this.#statements.addName.run(name).lastInsertRowid)
    this.#names.set(name, added)
    return added
  }

  /** The series of a window, made if new, and widened to hold it. */
  holding(window: WindowResult): Series {
    const stem = stemOf(window)
    const series = this.#series.get(stem) ?? this.#load(window, stem)
    const { end, closed } = window
    const isLast = closed && (series.lastEnd === undefined || end > series.lastEnd)
    if (end < series.firstEnd || end > series.newestEnd || isLast) {
      series.firstEnd = Math.min(series.firstEnd, end)
      series.newestEnd = Math.max(series.newestEnd, end)
      if (isLast) series.lastEnd = end
      const { firstEnd, newestEnd, lastEnd, monitor, sid } = series
      this.#statements.widen.run(firstEnd, newestEnd, lastEnd ?? null, monitor, sid)
    }
    return series
  }

  /** What it remembers may have been rolled back or deleted. */
  forget(): void {
    this.#names = new Map()
    this.#series = new Map()
  }

  #load(window: WindowResult, stem: string): Series {
    if (this.#series.size >= SERIES_MAX) this.#series = new Map()
    const monitor = this.number(window.monitor)
    const row = this.#statements.find.get(monitor, stem)
    const series =
      row === undefined
        ? this.#make(window, { monitor, stem })
        : {
            monitor,
            stem,
            sid: Number(row['sid']),
            firstEnd: Number(row['first_end']),
            newestEnd: Number(row['newest_end']),
            lastEnd: row['last_end'] === null ? undefined : Number(row['last_end']),
          }
    this.#series.set(stem, series)
    return series
  }

  #make(window: WindowResult, { monitor, stem }: Pick<Series, 'monitor' | 'stem'>): Series {
    const sid = Number(this.#statements.last.get(monitor)?.['sid'] ?? 0) + 1
    const { scope, end, closed } = window
    const lastEnd = closed ? end : undefined
    const grp = groupText(window.group)
    this.#statements.add.run(monitor, sid, stem, scope, grp, end, end, lastEnd ?? null)
    return { monitor, sid, stem, firstEnd: end, newestEnd: end, lastEnd }
  }
}

/** A window's id without its end: the identity of its group (V4). */
export function stemOf({ id, end }: WindowResult): string {
  const tail = `|${end}`
  assert(id.endsWith(tail), 'a window id ends in its end: readers check it')
  return id.slice(0, -tail.length)
}

/** Equal groups give equal texts, whatever the order of their names. */
export const groupText = (group: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(group).sort(([a], [b]) => (a < b ? -1 : 1)))
