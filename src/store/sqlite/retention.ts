import type { DatabaseSync } from 'node:sqlite'
import type { KeptFrom } from '../store.ts'

/** Rows that one step deletes: a few milliseconds, so what waits behind it hardly notices. */
const ROWS_MAX = 2_000
/** Groups that one step looks at: two milliseconds. */
const GROUPS_MAX = 500

/** Deletes what is old from one open file, a small piece at each call. */
export class Retention {
  readonly #db: DatabaseSync
  readonly #statements

  constructor(db: DatabaseSync) {
    this.#db = db
    const oldSteps = `SELECT id FROM steps WHERE at < ? ORDER BY at, seq, id LIMIT ${ROWS_MAX}`
    this.#statements = {
      monitorWithOld: db.prepare(
        `SELECT n.nid AS monitor FROM names n
         WHERE (SELECT min(w.end) FROM windows w WHERE w.monitor = n.nid) < ? LIMIT 1`,
      ),
      dropWindows: db.prepare(
        `DELETE FROM windows WHERE (monitor, end, sid) IN (
           SELECT monitor, end, sid FROM windows WHERE monitor = ? AND end < ?
           ORDER BY end, sid LIMIT ${ROWS_MAX})`,
      ),
      dropRollUps: db.prepare(
        `DELETE FROM rollups WHERE (gid, tier, end) IN (
           SELECT gid, tier, end FROM rollups WHERE tier = ? AND end < ?
           ORDER BY end LIMIT ${ROWS_MAX})`,
      ),
      dropCoverage: db.prepare(
        `DELETE FROM coverage WHERE (site, at) IN (
           SELECT site, at FROM coverage WHERE at < ? ORDER BY at LIMIT ${ROWS_MAX})`,
      ),
      dropTold: db.prepare(`DELETE FROM told WHERE step IN (${oldSteps})`),
      dropSteps: db.prepare(`DELETE FROM steps WHERE id IN (${oldSteps})`),
      dropSeries: db.prepare('DELETE FROM series WHERE newest_end < ?'),
      dropRolled: db.prepare(
        `DELETE FROM rolled WHERE gid >= ? AND gid < ?
         AND NOT EXISTS (SELECT 1 FROM rollups r WHERE r.gid = rolled.gid)`,
      ),
      lastGroup: db.prepare('SELECT max(gid) AS gid FROM rolled'),
    }
  }

  /** Rows that went; 0 once nothing is old. */
  dropSome(keptFrom: KeptFrom): number {
    const { live, minute, hour, steps, coverage } = keptFrom
    const { dropRollUps, dropWindows, dropCoverage, dropTold, dropSteps } = this.#statements
    const monitor = this.#statements.monitorWithOld.get(live)?.['monitor']
    if (monitor !== undefined) return Number(dropWindows.run(monitor, live).changes)
    const rolled = Number(dropRollUps.run(1, minute).changes)
    if (rolled > 0) return rolled
    const hours = Number(dropRollUps.run(2, hour).changes)
    if (hours > 0) return hours
    const minutes = Number(dropCoverage.run(coverage).changes)
    if (minutes > 0) return minutes
    return Number(dropTold.run(steps).changes) + Number(dropSteps.run(steps).changes)
  }

  /** After all windows of a group went, the group goes too. */
  dropGroups({ live }: KeptFrom): void {
    this.#statements.dropSeries.run(live)
  }

  /** The same of roll-ups, some groups at a time: answers where to go on, until all were seen. */
  dropRolled(from: number): number | undefined {
    const next = from + GROUPS_MAX
    this.#statements.dropRolled.run(from, next)
    return next > Number(this.#statements.lastGroup.get()?.['gid'] ?? 0) ? undefined : next
  }

  /** Gives some freed pages back to the disk; outside a transaction. */
  shrink(): void {
    this.#db.exec('PRAGMA incremental_vacuum(1000)')
  }
}
