import type { DatabaseSync } from 'node:sqlite'

/** Rows that one step deletes: a few milliseconds, so what waits behind it hardly notices. */
const ROWS_MAX = 2_000

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
      dropTold: db.prepare(`DELETE FROM told WHERE step IN (${oldSteps})`),
      dropSteps: db.prepare(`DELETE FROM steps WHERE id IN (${oldSteps})`),
      dropSeries: db.prepare('DELETE FROM series WHERE newest_end < ?'),
    }
  }

  /** Windows, steps and what was told of them that went; 0 once nothing is old. */
  dropSome(beforeMs: number): number {
    const monitor = this.#statements.monitorWithOld.get(beforeMs)?.['monitor']
    if (monitor !== undefined) {
      return Number(this.#statements.dropWindows.run(monitor, beforeMs).changes)
    }
    const told = this.#statements.dropTold.run(beforeMs).changes
    return Number(told) + Number(this.#statements.dropSteps.run(beforeMs).changes)
  }

  /** After all windows of a group went, the group goes too. */
  dropGroups(beforeMs: number): void {
    this.#statements.dropSeries.run(beforeMs)
  }

  /** Gives some freed pages back to the disk; outside a transaction. */
  shrink(): void {
    this.#db.exec('PRAGMA incremental_vacuum(1000)')
  }
}
