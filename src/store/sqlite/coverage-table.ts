import type { DatabaseSync } from 'node:sqlite'
import type { SiteMinute } from '../../model/roll-up.ts'
import type { CoverageQuery } from '../store.ts'

/** Reads and writes what is known of sites in one open file. */
export class CoverageTable {
  readonly #statements

  constructor(db: DatabaseSync) {
    this.#statements = {
      upsert: db.prepare(
        `INSERT INTO coverage VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
         SET rev = excluded.rev, body = excluded.body WHERE excluded.rev > coverage.rev`,
      ),
      minutes: db.prepare(
        'SELECT body FROM coverage WHERE site = ? AND at >= ? AND at < ? ORDER BY at LIMIT ?',
      ),
    }
  }

  upsert(minute: SiteMinute): void {
    const { site, at, rev } = minute
    this.#statements.upsert.run(site, at, rev, JSON.stringify(minute))
  }

  coverage({ site, from, to, limit }: CoverageQuery): readonly SiteMinute[] {
    const rows = this.#statements.minutes.all(site, from, to, limit)
    return rows.map(({ body }) => JSON.parse(String(body)))
  }
}
