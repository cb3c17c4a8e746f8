import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { NocturneError } from '../../model/nocturne-error.ts'
import type { Position, RejectedRange, TopicSpec } from '../log.ts'

const SQLITE_BUSY = 5

/** What is remembered of a partition beside its segments. */
export type PartitionState = {
  /** First offset that is there. */
  readonly start: number
  /** Compaction has looked at everything below. */
  readonly cleaned: number
  /** Where a clean shutdown left it; undefined after any other end. */
  readonly closedAt: { readonly end: number; readonly bytes: number } | undefined
}

/** Names one partition. */
export type At = { readonly topic: string; readonly partition: number }

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS topics (
    topic TEXT PRIMARY KEY, partitions INTEGER NOT NULL, spec TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS partitions (
    topic TEXT, partition INTEGER, start INTEGER NOT NULL, cleaned INTEGER NOT NULL,
    end_offset INTEGER, end_bytes INTEGER, poisoned TEXT,
    PRIMARY KEY (topic, partition)) STRICT;
  CREATE TABLE IF NOT EXISTS positions (
    reader TEXT, topic TEXT, partition INTEGER, position INTEGER NOT NULL, note TEXT NOT NULL,
    stored_at INTEGER NOT NULL, PRIMARY KEY (reader, topic, partition)) STRICT;
  CREATE TABLE IF NOT EXISTS generations (reader TEXT PRIMARY KEY, generation INTEGER) STRICT;
  CREATE TABLE IF NOT EXISTS quarantine (
    topic TEXT, partition INTEGER, from_offset INTEGER, next_offset INTEGER NOT NULL,
    reason TEXT NOT NULL, found_at INTEGER NOT NULL,
    PRIMARY KEY (topic, partition, from_offset)) STRICT;
`

/**
 * The log's metadata, and its lock: SQLite holds the file exclusively, and the system lets go of
 * it when the process dies. Positions are committed without a sync of their own, since losing one
 * only repeats rows (D2); all else is synced.
 */
export class LogMeta {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  /** @throws LOG_LOCKED, LOG_CORRUPT. */
  constructor(path: string, folder: string) {
    try {
      this.#database = new DatabaseSync(path, { timeout: 0 })
      this.#database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL')
      this.#database.exec('PRAGMA synchronous = FULL; BEGIN IMMEDIATE')
      this.#database.exec(`${SCHEMA}; COMMIT; PRAGMA synchronous = NORMAL`)
    } catch (error) {
      const isBusy = error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
      if (isBusy) throw new NocturneError('LOG_LOCKED', folder, { cause: error })
      throw new NocturneError('LOG_CORRUPT', path, { cause: error })
    }
  }

  topics(): TopicSpec[] {
    const rows = this.#statement('SELECT spec FROM topics ORDER BY topic').all()
    return rows.map((row) => JSON.parse(String(row['spec'])) as TopicSpec)
  }

  /** Adds the topic with its partitions, or takes over another retention. */
  putTopic(spec: TopicSpec): void {
    this.#durably(() => {
      this.#statement('INSERT OR REPLACE INTO topics VALUES (?, ?, ?)').run(
        spec.topic,
        spec.partitions,
        JSON.stringify(spec),
      )
      for (let partition = 0; partition < spec.partitions; partition++) {
        this.#statement(
          'INSERT OR IGNORE INTO partitions (topic, partition, start, cleaned) VALUES (?, ?, 0, 0)',
        ).run(spec.topic, partition)
      }
    })
  }

  partition({ topic, partition }: At): PartitionState {
    const row = this.#statement('SELECT * FROM partitions WHERE topic = ? AND partition = ?').get(
      topic,
      partition,
    )
    if (row === undefined) throw new NocturneError('LOG_CORRUPT', `${topic}/${partition}`)
    const closed = row['end_offset']
    return {
      start: Number(row['start']),
      cleaned: Number(row['cleaned']),
      closedAt:
        closed === null ? undefined : { end: Number(closed), bytes: Number(row['end_bytes']) },
    }
  }

  putStart({ topic, partition }: At, start: number): void {
    this.#durably(() =>
      this.#statement('UPDATE partitions SET start = ? WHERE topic = ? AND partition = ?').run(
        start,
        topic,
        partition,
      ),
    )
  }

  putCleaned({ topic, partition }: At, cleaned: number): void {
    this.#statement('UPDATE partitions SET cleaned = ? WHERE topic = ? AND partition = ?').run(
      cleaned,
      topic,
      partition,
    )
  }

  putPoison({ topic, partition }: At, why: string): void {
    this.#durably(() =>
      this.#statement('UPDATE partitions SET poisoned = ? WHERE topic = ? AND partition = ?').run(
        why,
        topic,
        partition,
      ),
    )
  }

  /** Remembers where partitions ended; the next opening forgets it before it writes. */
  putEnds(ends: readonly { at: At; end: number; bytes: number }[]): void {
    this.#durably(() => {
      for (const { at, end, bytes } of ends) {
        this.#statement(
          `UPDATE partitions SET end_offset = ?, end_bytes = ?, poisoned = NULL
           WHERE topic = ? AND partition = ?`,
        ).run(end, bytes, at.topic, at.partition)
      }
    })
  }

  /** From here on a crash is found at the next opening. */
  forgetEnds(): void {
    this.#durably(() =>
      this.#database.exec('UPDATE partitions SET end_offset = NULL, end_bytes = NULL'),
    )
  }

  position(group: string, { topic, partition }: At): Position | undefined {
    const row = this.#statement(
      'SELECT position, note FROM positions WHERE reader = ? AND topic = ? AND partition = ?',
    ).get(group, topic, partition)
    return row && { offset: Number(row['position']), note: String(row['note']) }
  }

  putPosition(group: string, { topic, partition }: At, row: Position & { storedAt: number }): void {
    this.#statement('INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?, ?)').run(
      group,
      topic,
      partition,
      row.offset,
      row.note,
      row.storedAt,
    )
  }

  /** The lowest position that a group committed there since `storedAt`. */
  lowestPosition({ topic, partition }: At, storedAt: number): number | undefined {
    const row = this.#statement(
      `SELECT min(position) AS lowest FROM positions
       WHERE topic = ? AND partition = ? AND stored_at >= ?`,
    ).get(topic, partition, storedAt)
    const lowest = row?.['lowest']
    return lowest === null || lowest === undefined ? undefined : Number(lowest)
  }

  /** A number that no claim of this group had before. */
  nextGeneration(group: string): number {
    const row = this.#statement(
      `INSERT INTO generations VALUES (?, 1)
       ON CONFLICT (reader) DO UPDATE SET generation = generation + 1 RETURNING generation`,
    ).get(group)
    return Number(row?.['generation'])
  }

  /** False where this range was known before. */
  quarantine({ topic, partition }: At, range: RejectedRange, foundAt: number): boolean {
    const { changes } = this.#statement(
      'INSERT OR IGNORE INTO quarantine VALUES (?, ?, ?, ?, ?, ?)',
    ).run(topic, partition, range.from, range.next, range.reason, foundAt)
    return Number(changes) > 0
  }

  close(): void {
    this.#statements.clear()
    this.#database.close()
  }

  #durably(change: () => void): void {
    this.#database.exec('PRAGMA synchronous = FULL; BEGIN IMMEDIATE')
    try {
      change()
      this.#database.exec('COMMIT')
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    } finally {
      this.#database.exec('PRAGMA synchronous = NORMAL')
    }
  }

  #statement(text: string): StatementSync {
    const known = this.#statements.get(text)
    if (known !== undefined) return known
    const prepared = this.#database.prepare(text)
    this.#statements.set(text, prepared)
    return prepared
  }
}
