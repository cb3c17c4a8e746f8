import type { DatabaseSync } from 'node:sqlite'
import type { Step, Told } from '../../model/step.ts'
import type { HistoryPlace, HistoryQuery } from '../store.ts'

/** The row value that a page begins behind is above all others where there is no page before. */
const IN_SPAN = `at > :from AND at <= :to AND (at, seq, id) < (:afterAt, :afterSeq, :afterId)
ORDER BY at DESC, seq DESC, id DESC LIMIT :limit`
const NEWEST: HistoryPlace = { at: Number.MAX_SAFE_INTEGER, seq: 0, id: '' }

/** Reads and writes the steps of alerts, and what was told of them, of one open file. */
export class StepTable {
  readonly #statements

  constructor(db: DatabaseSync) {
    this.#statements = {
      // A step is written once and never changes: its id comes from the windows (A1).
      addStep: db.prepare('INSERT INTO steps VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING'),
      upsertTold: db.prepare(
        `INSERT INTO told VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
         SET attempt = excluded.attempt, sent = excluded.sent, body = excluded.body
         WHERE excluded.attempt > told.attempt`,
      ),
      byTime: db.prepare(`SELECT id, body FROM steps WHERE ${IN_SPAN}`),
      byAlert: db.prepare(
        `SELECT id, body FROM steps WHERE fingerprint = :fingerprint AND ${IN_SPAN}`,
      ),
      toldOf: db.prepare('SELECT body FROM told WHERE step = ? ORDER BY sent, receiver'),
    }
  }

  upsert(record: Step | Told): void {
    const body = JSON.stringify(record)
    if (record.kind === 'notice') {
      const { of, receiver, key, seq, attempt, sent } = record
      this.#statements.upsertTold.run(of, receiver, key, seq, attempt, sent, body)
    } else {
      const { id, fingerprint, at, seq } = record
      this.#statements.addStep.run(id, fingerprint, at, seq, body)
    }
  }

  history(query: HistoryQuery): readonly (Step | Told)[] {
    const { fingerprint, from, to, after = NEWEST, limit } = query
    const { at: afterAt, seq: afterSeq, id: afterId } = after
    const span = { from, to, afterAt, afterSeq, afterId, limit }
    const rows =
      fingerprint === undefined
        ? this.#statements.byTime.all(span)
        : this.#statements.byAlert.all({ ...span, fingerprint })
    return rows.flatMap(({ id, body }) => {
      const told = this.#statements.toldOf.all(id ?? null)
      return [body, ...told.map((row) => row['body'])].map((text) => JSON.parse(String(text)))
    })
  }
}
