import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { NocturneError } from '../../model/nocturne-error.ts'
import type { Position, RejectedRange, TopicSpec } from '../log.ts'

const SQLITE_BUSY = 5
const SQLITE_FULL = 13

/** What is remembered of a partition beside its segments. */
export type PartitionState = {
  /** First offset that is there. */
  readonly start: number
  /** Compaction has looked at everything below. */
  readonly cleaned: number
  /** Where a clean shutdown left it; undefined after any other end. */
  readonly closedAt: { readonly end: number; readonly bytes: number } | undefined
}

/** From `bytes` on of the segment that begins at `base`, what is read may be on no disk. */
export type Suspect = { readonly base: number; readonly bytes: number }

type Row = ReturnType<StatementSync['get']>

/** Names one partition. */
export type At = { readonly topic: string; readonly partition: number }

/** New offsets by partition, and when that was. */
type Moved = { readonly offsets: readonly number[]; readonly storedAt: number }

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS topics (
    topic TEXT PRIMARY KEY, partitions INTEGER NOT NULL, spec TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS partitions (
    topic TEXT, partition INTEGER, start INTEGER NOT NULL, cleaned INTEGER NOT NULL,
    end_offset INTEGER, end_bytes INTEGER,
    PRIMARY KEY (topic, partition)) STRICT;
  CREATE TABLE IF NOT EXISTS positions (
    reader TEXT, topic TEXT, partition INTEGER, position INTEGER NOT NULL, note TEXT NOT NULL,
    stored_at INTEGER NOT NULL, PRIMARY KEY (reader, topic, partition)) STRICT;
  CREATE TABLE IF NOT EXISTS generations (reader TEXT PRIMARY KEY, generation INTEGER) STRICT;
  CREATE TABLE IF NOT EXISTS quarantine (
    topic TEXT, partition INTEGER, from_offset INTEGER, next_offset INTEGER NOT NULL,
    reason TEXT NOT NULL, found_at INTEGER NOT NULL,
    PRIMARY KEY (topic, partition, from_offset)) STRICT;
  CREATE TABLE IF NOT EXISTS suspects (
    topic TEXT, partition INTEGER, base INTEGER NOT NULL, bytes INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)) STRICT;
`

/**
 * The log's metadata, and its lock: SQLite holds the file exclusively, and the system lets go of
 * it when the process dies. Positions are committed without a sync of their own, since losing one
 * only repeats rows (D2); all else is synced.
 * @throws LOG_FULL on a full disk, LOG_CORRUPT where the file cannot be read or written.
 */
export class LogMeta {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  readonly #onFull: () => void

  /** `onFull` makes room for the next try. @throws LOG_LOCKED, LOG_CORRUPT. */
  constructor(path: string, folder: string, onFull: () => void) {
    this.#onFull = onFull
    try {
      this.#database = new DatabaseSync(path, { timeout: 0 })
      this.#database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL')
      this.#database.exec('PRAGMA synchronous = FULL; BEGIN IMMEDIATE')
      this.#database.exec(`${SCHEMA}; COMMIT; PRAGMA synchronous = NORMAL`)
    } catch (error) {
      if (codeOf(error) === SQLITE_BUSY)
        throw new NocturneError('LOG_LOCKED', folder, { cause: error })
      throw new NocturneError('LOG_CORRUPT', path, { cause: error })
    }
  }

  topics(): TopicSpec[] {
    const rows = this.#statement('SELECT spec FROM topics ORDER BY topic').all()
    return rows.map((row) => JSON.parse(String(row['spec'])) as TopicSpec)
  }

  /** Adds the topic with its partitions, or takes over another retention. */
  putTopic(spec: TopicSpec): void {
    const text = JSON.stringify(spec)
    const there = this.#get('SELECT spec FROM topics WHERE topic = ?', spec.topic)
    // Every start says all topics again, and each sync would hold it up.
    if (there?.['spec'] === text) return
    this.#durably(() => {
      this.#run('INSERT OR REPLACE INTO topics VALUES (?, ?, ?)', spec.topic, spec.partitions, text)
      for (let partition = 0; partition < spec.partitions; partition++) {
        this.#run(
          'INSERT OR IGNORE INTO partitions (topic, partition, start, cleaned) VALUES (?, ?, 0, 0)',
          spec.topic,
          partition,
        )
      }
    })
  }

  partition({ topic, partition }: At): PartitionState {
    const row = this.#get(
      'SELECT * FROM partitions WHERE topic = ? AND partition = ?',
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
      this.#run(
        'UPDATE partitions SET start = ? WHERE topic = ? AND partition = ?',
        start,
        topic,
        partition,
      ),
    )
  }

  putCleaned({ topic, partition }: At, cleaned: number): void {
    this.#run(
      'UPDATE partitions SET cleaned = ? WHERE topic = ? AND partition = ?',
      cleaned,
      topic,
      partition,
    )
  }

  /** Remembers where partitions ended; the next opening forgets it before it writes. */
  putEnds(ends: readonly { at: At; end: number; bytes: number }[]): void {
    this.#durably(() => {
      for (const { at, end, bytes } of ends) {
        this.#run(
          'UPDATE partitions SET end_offset = ?, end_bytes = ? WHERE topic = ? AND partition = ?',
          end,
          bytes,
          at.topic,
          at.partition,
        )
      }
    })
  }

  /** From here on a crash is found at the next opening; no segment is suspect any more. */
  forgetEnds(): void {
    this.#durably(() =>
      this.#database.exec(
        'UPDATE partitions SET end_offset = NULL, end_bytes = NULL; DELETE FROM suspects',
      ),
    )
  }

  /** Remembers where a failed sync began, until a next opening has written all from there again. */
  putSuspect({ topic, partition }: At, { base, bytes }: Suspect): void {
    this.#durably(() =>
      this.#run(
        'INSERT OR REPLACE INTO suspects VALUES (?, ?, ?, ?)',
        topic,
        partition,
        base,
        bytes,
      ),
    )
  }

  suspect({ topic, partition }: At): Suspect | undefined {
    const row = this.#get(
      'SELECT base, bytes FROM suspects WHERE topic = ? AND partition = ?',
      topic,
      partition,
    )
    return row && { base: Number(row['base']), bytes: Number(row['bytes']) }
  }

  position(group: string, { topic, partition }: At): Position | undefined {
    const row = this.#get(
      'SELECT position, note FROM positions WHERE reader = ? AND topic = ? AND partition = ?',
      group,
      topic,
      partition,
    )
    return row && { offset: Number(row['position']), note: String(row['note']) }
  }

  putPosition(group: string, { topic, partition }: At, row: Position & { storedAt: number }): void {
    this.#run(
      'INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?, ?)',
      group,
      topic,
      partition,
      row.offset,
      row.note,
      row.storedAt,
    )
  }

  /** Those that have a position, in order. */
  groups(): readonly string[] {
    const rows = this.#statement('SELECT DISTINCT reader FROM positions ORDER BY reader').all()
    return rows.map((row) => String(row['reader']))
  }

  /** Sets all of them or none, and synced: a person has seen that it is done. */
  movePositions(group: string, topic: string, moved: Moved): void {
    const { offsets, storedAt } = moved
    this.#durably(() => {
      for (const [partition, offset] of offsets.entries()) {
        this.putPosition(group, { topic, partition }, { offset, note: '', storedAt })
      }
    })
  }

  /** The lowest position that a group committed there since `storedAt`. */
  lowestPosition({ topic, partition }: At, storedAt: number): number | undefined {
    const row = this.#get(
      `SELECT min(position) AS lowest FROM positions
       WHERE topic = ? AND partition = ? AND stored_at >= ?`,
      topic,
      partition,
      storedAt,
    )
    const lowest = row?.['lowest']
    return lowest === null || lowest === undefined ? undefined : Number(lowest)
  }

  /** A number that no claim of this group had before. */
  nextGeneration(group: string): number {
    const row = this.#get(
      `INSERT INTO generations VALUES (?, 1)
       ON CONFLICT (reader) DO UPDATE SET generation = generation + 1 RETURNING generation`,
      group,
    )
    return Number(row?.['generation'])
  }

  /** False where this range was known before. */
  quarantine({ topic, partition }: At, range: RejectedRange, foundAt: number): boolean {
    return (
      this.#run(
        'INSERT OR IGNORE INTO quarantine VALUES (?, ?, ?, ?, ?, ?)',
        topic,
        partition,
        range.from,
        range.next,
        range.reason,
        foundAt,
      ) > 0
    )
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
      throw this.#told(error)
    } finally {
      this.#database.exec('PRAGMA synchronous = NORMAL')
    }
  }

  #run(text: string, ...values: readonly (string | number)[]): number {
    try {
      return Number(this.#statement(text).run(...values).changes)
    } catch (error) {
      throw this.#told(error)
    }
  }

  #get(text: string, ...values: readonly (string | number)[]): Row | undefined {
    try {
      return this.#statement(text).get(...values)
    } catch (error) {
      throw this.#told(error)
    }
  }

  #statement(text: string): StatementSync {
    const known = this.#statements.get(text)
    if (known !== undefined) return known
    const prepared = this.#database.prepare(text)
    this.#statements.set(text, prepared)
    return prepared
  }

  #told(error: unknown): NocturneError {
    if (error instanceof NocturneError) return error
    if (codeOf(error) !== SQLITE_FULL)
      return new NocturneError('LOG_CORRUPT', 'meta.db', { cause: error })
    this.#onFull()
    return new NocturneError('LOG_FULL', 'the disk has no room for a position', { cause: error })
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'errcode' in error ? error.errcode : undefined
