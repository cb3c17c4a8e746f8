import { existsSync, renameSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { NocturneError } from '../../model/nocturne-error.ts'
import type { Clock } from '../../std/clock.ts'
import { SCHEMA_VERSION, upgradeFrom } from './schema.ts'

/** A file up to this size is checked whole when opened: well below a second. */
const CHECKED_BYTES_MAX = 64 * 1_048_576

/** What was wrong with a file and where it lies now, under a name of its own. */
export type SetAside = { readonly file: string; readonly movedTo: string; readonly reason: string }

/** Where the file lies, and who is told when it had to be set aside. */
export type SqliteFileOptions = {
  readonly file: string
  readonly clock: Clock
  readonly onSetAside: (aside: SetAside) => void
  /** A larger file is not checked whole when opened; its damage is found at work. */
  readonly checkedBytesMax?: number
}

/** SQLite's primary result codes (sqlite.org/rescode.html). */
const CORRUPT = new Set([11, 26])
/** BUSY LOCKED NOMEM READONLY INTERRUPT IOERR FULL CANTOPEN PROTOCOL: our SQL is not to blame. */
const UNAVAILABLE = new Set([5, 6, 7, 8, 9, 10, 13, 14, 15])

/**
 * One SQLite file that is opened when first needed, and again after a failure. A damaged one is
 * moved aside and a fresh one made in its place: the store is a view, the log can fill it again.
 */
export class SqliteFile<Opened> {
  readonly #options: SqliteFileOptions
  readonly #prepare: (db: DatabaseSync) => Opened
  #db: DatabaseSync | undefined
  #opened: Opened | undefined
  #isClosed = false

  constructor(options: SqliteFileOptions, prepare: (db: DatabaseSync) => Opened) {
    this.#options = options
    this.#prepare = prepare
  }

  /** @throws STORE_UNAVAILABLE, STORE_REFUSED. */
  use<T>(work: (opened: Opened) => T): T {
    if (this.#isClosed) throw new NocturneError('STORE_UNAVAILABLE', 'it is closed')
    try {
      return work(this.#open())
    } catch (error) {
      throw this.#explained(error)
    }
  }

  /** As `use`, in one transaction: all of it or nothing. */
  change<T>(work: (opened: Opened) => T): T {
    return this.use((opened) => {
      const db = this.#db
      db?.exec('BEGIN IMMEDIATE')
      try {
        const result = work(opened)
        db?.exec('COMMIT')
        return result
      } catch (error) {
        // Closing rolls back, and forgets what was remembered of the rows that are gone.
        this.#drop()
        throw error
      }
    })
  }

  close(): void {
    this.#isClosed = true
    this.#drop()
  }

  #drop(): void {
    const db = this.#db
    this.#db = undefined
    this.#opened = undefined
    if (db?.isOpen) db.close()
  }

  #open(): Opened {
    if (this.#opened !== undefined) return this.#opened
    try {
      return this.#openOnce()
    } catch (error) {
      if (!CORRUPT.has(primaryCode(error))) throw error
      this.#setAside(error)
      return this.#openOnce()
    }
  }

  #openOnce(): Opened {
    const { file, clock, checkedBytesMax = CHECKED_BYTES_MAX } = this.#options
    this.#drop()
    const db = new DatabaseSync(file)
    this.#db = db
    // Only a file without tables takes this up; it lets retention give pages back.
    db.exec('PRAGMA auto_vacuum = INCREMENTAL')
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 1000')
    // 32 MiB: the pages that one hop of 10,000 groups touches, and the inner pages above them.
    db.exec('PRAGMA cache_size = -32768')
    const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
    if (version > SCHEMA_VERSION) {
      const detail = `${file} has schema ${version}, not ${SCHEMA_VERSION}`
      throw new NocturneError('STORE_REFUSED', detail)
    }
    if (version > 0 && statSync(file).size <= checkedBytesMax) check(db)
    if (version < SCHEMA_VERSION) upgrade(db, version, `sqlite-${clock.now()}`)
    this.#opened = this.#prepare(db)
    return this.#opened
  }

  #setAside(error: unknown): void {
    this.#drop()
    const { file, clock, onSetAside } = this.#options
    const movedTo = `${file}.corrupt-${clock.now()}`
    for (const part of ['', '-wal', '-shm']) {
      if (existsSync(file + part)) renameSync(file + part, movedTo + part)
    }
    onSetAside({ file, movedTo, reason: error instanceof Error ? error.message : String(error) })
  }

  /** Damage found at work is answered once as unavailable; the next call finds a fresh file. */
  #explained(error: unknown): unknown {
    const code = primaryCode(error)
    if (CORRUPT.has(code)) this.#setAside(error)
    else if (UNAVAILABLE.has(code)) this.#drop()
    else return error
    const reason = error instanceof Error ? error.message : String(error)
    const detail = `${this.#options.file}: ${reason}`
    return new NocturneError('STORE_UNAVAILABLE', detail, { cause: error })
  }
}

/** The low byte of what `node:sqlite` reports; 0 where the error is not SQLite's. */
function primaryCode(error: unknown): number {
  if (!(error instanceof Error) || !('errcode' in error)) return 0
  return Number(error.errcode) & 0xff
}

/** All of it or nothing; what is in a file of an older version stays, and so its identity. */
function upgrade(db: DatabaseSync, version: number, identity: string): void {
  db.exec(`BEGIN IMMEDIATE; ${upgradeFrom(version)}`)
  const name = db.prepare("INSERT OR IGNORE INTO meta (name, value) VALUES ('identity', ?)")
  name.run(identity)
  db.exec('COMMIT')
}

/** @throws an error with SQLite's own code for damage, as if a query had met it. */
function check(db: DatabaseSync): void {
  const answer = String(db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'])
  if (answer !== 'ok') throw Object.assign(new Error(answer), { errcode: 11 })
}
