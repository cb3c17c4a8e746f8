import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { assert } from '../../std/assert.ts'
import type { WindowResult } from '../../model/window-result.ts'
import type { SeriesQuery, WorstQuery } from '../store.ts'
import { groupText, type SeriesDirectory } from './series-directory.ts'
import { COMMON, commonOf, REPLACING, windowOf, type Row } from './window-row.ts'

const UPSERT = `
INSERT INTO windows VALUES (?, ?, ?, ${COMMON.map(() => '?').join(', ')})
ON CONFLICT DO UPDATE SET ${REPLACING} WHERE excluded.rev > windows.rev`

const WHOLE = `w.*, s.stem, s.scope, s.grp, d.name AS definition_name
FROM windows w JOIN names d ON d.nid = w.definition
JOIN series s ON s.monitor = w.monitor AND s.sid = w.sid`

/**
 * One group's windows: a monitor's groups share their ends, so it leaps from end to end and looks
 * for the group there, two look-ups a window, rather than read past all other groups.
 */
const SERIES = `
WITH RECURSIVE ends (end) AS (
  SELECT min(end) FROM windows WHERE monitor = :monitor AND end > :from
  UNION ALL
  SELECT (SELECT min(w.end) FROM windows w WHERE w.monitor = :monitor AND w.end > ends.end)
  FROM ends WHERE ends.end < :to
), wanted AS (
  SELECT sid FROM series WHERE monitor = :monitor AND scope = :scope AND grp = :grp
)
SELECT w.sid, w.end FROM ends CROSS JOIN wanted CROSS JOIN windows w
WHERE w.monitor = :monitor AND w.end = ends.end AND w.sid = wanted.sid AND w.end <= :to
LIMIT :limit`

/** What bounds of a group's ends a query has to look between. */
const SPAN = `
SELECT min(first_end) AS first, max(newest_end) AS newest
FROM series WHERE monitor = ? AND scope = ? AND grp = ?`

/** Groups whose newest closed window is the one wanted: all of them, when asked about now. */
const NEWEST = `
SELECT w.sid, w.end, s.stem, CAST(w.vals ->> :path AS REAL) AS value
FROM series s CROSS JOIN windows w ON w.monitor = s.monitor AND w.end = s.last_end AND w.sid = s.sid
WHERE s.monitor = :monitor AND s.last_end BETWEEN :notBefore AND :at AND w.closed = 1`

/** Groups whose wanted window is an older one: asked about the past, or newest one open again. */
const OLDER = `
SELECT s.sid, s.stem FROM series s
LEFT JOIN windows w ON w.monitor = s.monitor AND w.end = s.last_end AND w.sid = s.sid
WHERE s.monitor = :monitor AND s.first_end <= :at
  AND (s.last_end > :at OR (s.last_end >= :notBefore AND coalesce(w.closed, 0) = 0))`

type Ranked = Readonly<{ sid: number; stem: string; end: number; value: number }>

/** Reads and writes the windows of one open file. */
export class WindowTable {
  readonly #directory: SeriesDirectory
  readonly #statements

  constructor(db: DatabaseSync, directory: SeriesDirectory) {
    this.#directory = directory
    this.#statements = {
      upsert: db.prepare(UPSERT),
      series: db.prepare(SERIES),
      span: db.prepare(SPAN),
      newest: db.prepare(NEWEST),
      older: db.prepare(OLDER),
      endBefore: db.prepare('SELECT max(end) AS end FROM windows WHERE monitor = ? AND end <= ?'),
      valueAt: db.prepare(
        `SELECT CAST(vals ->> ? AS REAL) AS value FROM windows
         WHERE monitor = ? AND end = ? AND sid = ? AND closed = 1`,
      ),
      whole: db.prepare(`SELECT ${WHOLE} WHERE w.monitor = ? AND w.end = ? AND w.sid = ?`),
    }
  }

  upsert(window: WindowResult): void {
    const { monitor, sid } = this.#directory.holding(window)
    const common = commonOf(window, this.#directory.number(window.definition))
    this.#statements.upsert.run(monitor, window.end, sid, ...common)
  }

  series(query: SeriesQuery): readonly WindowResult[] {
    const monitor = this.#directory.find(query.monitor)
    if (monitor === undefined) return []
    const { scope, limit } = query
    const grp = groupText(query.group)
    const span = this.#statements.span.get(monitor, scope, grp)
    if (typeof span?.['first'] !== 'number') return []
    const from = Math.max(query.from, span['first'] - 1)
    const to = Math.min(query.to, Number(span['newest']))
    const rows = this.#statements.series.all({ monitor, from, to, scope, grp, limit })
    const windows = rows.map(({ end, sid }) => this.#whole(query.monitor, { end, sid }))
    return windows.sort((a, b) => a.end - b.end)
  }

  worst(query: WorstQuery): readonly WindowResult[] {
    const monitor = this.#directory.find(query.monitor)
    // A quote cannot stand in a JSON path; no value has such a name.
    if (monitor === undefined || query.value.includes('"')) return []
    const path = `$."${query.value}"`
    const { at, notBefore } = query
    const rows = this.#statements.newest.all({ monitor, at, notBefore, path })
    const ranked = rows.flatMap(rank)
    ranked.push(...this.#older(query, { monitor, path }))
    const sign = query.order === 'highest' ? -1 : 1
    ranked.sort((a, b) => sign * (a.value - b.value) || (a.stem < b.stem ? -1 : 1))
    const { skip = 0, limit } = query
    const worst = ranked.slice(skip, skip + limit)
    return worst.map(({ sid, end }) => this.#whole(query.monitor, { end, sid }))
  }

  /** Walks back end by end, looking only for the groups not found yet. */
  #older(query: WorstQuery, { monitor, path }: { monitor: number; path: string }): Ranked[] {
    const { at, notBefore } = query
    const rows = this.#statements.older.all({ monitor, at, notBefore })
    const missing = new Map(rows.map(({ sid, stem = null }) => [Number(sid), stem]))
    const found: Ranked[] = []
    let before = at
    while (missing.size > 0) {
      const end = this.#statements.endBefore.get(monitor, before)?.['end'] ?? null
      if (end === null || Number(end) < notBefore) break
      for (const [sid, stem] of missing) {
        const row = this.#statements.valueAt.get(path, monitor, end, sid)
        if (row === undefined) continue
        missing.delete(sid)
        found.push(...rank({ sid, stem, end, value: row['value'] ?? null }))
      }
      before = Number(end) - 1
    }
    return found
  }

  #whole(
    monitorName: string,
    { end, sid }: { end: SQLOutputValue | undefined; sid: SQLOutputValue | undefined },
  ): WindowResult {
    const monitor = this.#directory.number(monitorName)
    const row = this.#statements.whole.get(monitor, end ?? null, sid ?? null)
    assert(row !== undefined, 'a window that was just ranked is there')
    return windowOf(monitorName, row)
  }
}

/** A group without the value is left out: unknown is never ranked as zero (V2). */
const rank = ({ sid, stem, end, value }: Row): Ranked[] =>
  typeof value === 'number'
    ? [{ sid: Number(sid), stem: String(stem), end: Number(end), value }]
    : []
