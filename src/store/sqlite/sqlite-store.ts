import type { DatabaseSync } from 'node:sqlite'
import type { Step, Told } from '../../model/step.ts'
import type { WindowResult } from '../../model/window-result.ts'
import type { RollUp, SiteMinute } from '../../model/roll-up.ts'
import type {
  CoverageQuery,
  HistoryQuery,
  KeptFrom,
  SeriesQuery,
  Store,
  StoreRows,
  WorstQuery,
} from '../store.ts'
import { CoverageTable } from './coverage-table.ts'
import { Retention } from './retention.ts'
import { RollUpTable } from './roll-up-table.ts'
import { SeriesDirectory } from './series-directory.ts'
import { SqliteFile, type SqliteFileOptions } from './sqlite-file.ts'
import { StepTable } from './step-table.ts'
import { WindowTable } from './window-table.ts'

/** Rows of one transaction: about 3 ms of work, which is all that a page may wait. */
const PIECE_ROWS_MAX = 100

/**
 * The store in one SQLite file, opened when first asked. WAL with `synchronous=NORMAL`: a power
 * cut may take the last transactions, never the file, and the log still has them. A damaged file
 * is moved aside, `onSetAside` is told of it, and `migrate` answers another identity from then on.
 */
export function openSqliteStore(options: SqliteStoreOptions): Store {
  return new SqliteStore(options)
}

export type SqliteStoreOptions = SqliteFileOptions & {
  /** Awaited before each piece, so that what is urgent goes first; else a pass of the loop. */
  readonly turn?: () => Promise<void>
}

type Tables = {
  readonly db: DatabaseSync
  readonly directory: SeriesDirectory
  readonly windows: WindowTable
  readonly rollUps: RollUpTable
  readonly coverage: CoverageTable
  readonly steps: StepTable
  readonly retention: Retention
}

class SqliteStore implements Store {
  readonly #turn: () => Promise<void>
  readonly #file: SqliteFile<Tables>

  constructor(options: SqliteStoreOptions) {
    const { clock, turn = () => clock.sleep(0) } = options
    this.#turn = turn
    this.#file = new SqliteFile(options, tablesOf)
  }

  async migrate(): Promise<string> {
    return this.#file.use(({ db }) => {
      const row = db.prepare("SELECT value FROM meta WHERE name = 'identity'").get()
      return String(row?.['value'])
    })
  }

  async upsert({ windows = [], rollUps = [], steps = [], coverage = [] }: StoreRows) {
    await this.#inPieces(windows, (tables, window) => tables.windows.upsert(window))
    await this.#inPieces(rollUps, (tables, rollUp) => tables.rollUps.upsert(rollUp))
    await this.#inPieces(coverage, (tables, minute) => tables.coverage.upsert(minute))
    await this.#inPieces(steps, (tables, step) => tables.steps.upsert(step))
  }

  async series(query: SeriesQuery): Promise<readonly (WindowResult | RollUp)[]> {
    const { tier } = query
    return this.#file.use(({ windows, rollUps }) =>
      tier === 'live' ? windows.series(query) : rollUps.series({ ...query, tier }),
    )
  }

  async worst(query: WorstQuery): Promise<readonly WindowResult[]> {
    return this.#file.use(({ windows }) => windows.worst(query))
  }

  async history(query: HistoryQuery): Promise<readonly (Step | Told)[]> {
    return this.#file.use(({ steps }) => steps.history(query))
  }

  async coverage(query: CoverageQuery): Promise<readonly SiteMinute[]> {
    return this.#file.use(({ coverage }) => coverage.coverage(query))
  }

  async retain(keptFrom: KeptFrom): Promise<number> {
    let gone = 0
    let piece: number
    do {
      piece = this.#file.change(({ retention }) => retention.dropSome(keptFrom))
      gone += piece
      this.#file.use(({ retention }) => retention.shrink())
      await this.#turn()
    } while (piece > 0)
    this.#file.change(({ retention, directory }) => {
      retention.dropGroups(keptFrom)
      directory.forget()
    })
    for (let from: number | undefined = 0; from !== undefined;) from = await this.#dropRolled(from)
    return gone
  }

  async #dropRolled(from: number): Promise<number | undefined> {
    await this.#turn()
    return this.#file.change(({ retention, rollUps }) => {
      rollUps.forget()
      return retention.dropRolled(from)
    })
  }

  async close(): Promise<void> {
    this.#file.close()
  }

  async #inPieces<T>(rows: readonly T[], upsert: (tables: Tables, row: T) => void): Promise<void> {
    for (let from = 0; from < rows.length; from += PIECE_ROWS_MAX) {
      await this.#turn()
      const piece = rows.slice(from, from + PIECE_ROWS_MAX)
      this.#file.change((tables) => {
        for (const row of piece) upsert(tables, row)
      })
    }
  }
}

function tablesOf(db: DatabaseSync): Tables {
  const directory = new SeriesDirectory(db)
  return {
    db,
    directory,
    windows: new WindowTable(db, directory),
    rollUps: new RollUpTable(db, directory),
    coverage: new CoverageTable(db),
    steps: new StepTable(db),
    retention: new Retention(db),
  }
}
