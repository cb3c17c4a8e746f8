import type { DatabaseSync } from 'node:sqlite'
import type { Step, Told } from '../../model/step.ts'
import type { WindowResult } from '../../model/window-result.ts'
import type { Clock } from '../../std/clock.ts'
import type { SiteMinute } from '../../model/roll-up.ts'
import { assert } from '../../std/assert.ts'
import type {
  CoverageQuery,
  HistoryQuery,
  KeptFrom,
  SeriesQuery,
  Store,
  StoreRows,
  WorstQuery,
} from '../store.ts'
import { Retention } from './retention.ts'
import { SeriesDirectory } from './series-directory.ts'
import { SqliteFile, type SqliteFileOptions } from './sqlite-file.ts'
import { StepTable } from './step-table.ts'
import { WindowTable } from './window-table.ts'

/** Windows or steps of one transaction; the loop runs on between two. */
const PIECE_ROWS_MAX = 1_000

/**
 * The store in one SQLite file, opened when first asked. WAL with `synchronous=NORMAL`: a power
 * cut may take the last transactions, never the file, and the log still has them. A damaged file
 * is moved aside, `onSetAside` is told of it, and `migrate` answers another identity from then on.
 */
export function openSqliteStore(options: SqliteFileOptions): Store {
  return new SqliteStore(options)
}

type Tables = {
  readonly db: DatabaseSync
  readonly directory: SeriesDirectory
  readonly windows: WindowTable
  readonly steps: StepTable
  readonly retention: Retention
}

class SqliteStore implements Store {
  readonly #clock: Clock
  readonly #file: SqliteFile<Tables>

  constructor(options: SqliteFileOptions) {
    this.#clock = options.clock
    this.#file = new SqliteFile(options, tablesOf)
  }

  async migrate(): Promise<string> {
    return this.#file.use(({ db }) => {
      const row = db.prepare("SELECT value FROM meta WHERE name = 'identity'").get()
      return String(row?.['value'])
    })
  }

  async upsert({ windows = [], rollUps = [], steps = [], coverage = [] }: StoreRows) {
    assert(rollUps.length + coverage.length === 0, 'nobody makes them yet')
    await this.#inPieces(windows, (tables, window) => tables.windows.upsert(window))
    await this.#inPieces(steps, (tables, step) => tables.steps.upsert(step))
  }

  async series(query: SeriesQuery): Promise<readonly WindowResult[]> {
    return this.#file.use(({ windows }) => windows.series(query))
  }

  async worst(query: WorstQuery): Promise<readonly WindowResult[]> {
    return this.#file.use(({ windows }) => windows.worst(query))
  }

  async history(query: HistoryQuery): Promise<readonly (Step | Told)[]> {
    return this.#file.use(({ steps }) => steps.history(query))
  }

  async coverage(_query: CoverageQuery): Promise<readonly SiteMinute[]> {
    return []
  }

  async retain({ live: beforeMs }: KeptFrom): Promise<number> {
    let gone = 0
    let piece: number
    do {
      piece = this.#file.change(({ retention }) => retention.dropSome(beforeMs))
      gone += piece
      this.#file.use(({ retention }) => retention.shrink())
      await this.#clock.sleep(0)
    } while (piece > 0)
    this.#file.change(({ retention, directory }) => {
      retention.dropGroups(beforeMs)
      directory.forget()
    })
    return gone
  }

  async close(): Promise<void> {
    this.#file.close()
  }

  async #inPieces<T>(rows: readonly T[], upsert: (tables: Tables, row: T) => void): Promise<void> {
    for (let from = 0; from < rows.length; from += PIECE_ROWS_MAX) {
      if (from > 0) await this.#clock.sleep(0)
      const piece = rows.slice(from, from + PIECE_ROWS_MAX)
      this.#file.change((tables) => {
        for (const row of piece) upsert(tables, row)
      })
    }
  }
}

function tablesOf(db: DatabaseSync): Tables {
  const directory = new SeriesDirectory(db)
  const windows = new WindowTable(db, directory)
  return { db, directory, windows, steps: new StepTable(db), retention: new Retention(db) }
}
