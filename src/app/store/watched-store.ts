import type { ErrorCode } from '../../model/error-catalogue.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import type { RollUp, SiteMinute } from '../../model/roll-up.ts'
import type { Step, Told } from '../../model/step.ts'
import type { WindowResult } from '../../model/window-result.ts'
import type { Clock } from '../../std/clock.ts'
import type {
  CoverageQuery,
  HistoryQuery,
  KeptFrom,
  SeriesQuery,
  Store,
  StoreRows,
  WorstQuery,
} from '../../store/store.ts'

/** Why the store answered nothing lately, and since when. */
export type StoreTrouble = {
  readonly code: ErrorCode
  readonly detail: string
  /** The first failure after its last answer, epoch ms. */
  readonly since: number
}

/**
 * A store that remembers how its calls went: up is whatever answered last. One that we may read and
 * not write is not up: only a row that it takes says that it is.
 */
export class WatchedStore implements Store {
  readonly #store: Store
  readonly #clock: Clock
  readonly #failures = new Map<ErrorCode, number>()
  #trouble: StoreTrouble | undefined
  #isWriteDenied = false
  #isClosed = false

  constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** Undefined: it is up. */
  get trouble(): StoreTrouble | undefined {
    return this.#trouble
  }

  /** Of all calls so far, by code. */
  get failures(): ReadonlyMap<ErrorCode, number> {
    return this.#failures
  }

  migrate(): Promise<string> {
    return this.#watched(() => this.#store.migrate())
  }

  async upsert(rows: StoreRows): Promise<void> {
    try {
      await this.#watched(async () => {
        await this.#store.upsert(rows)
        this.#isWriteDenied = false
      })
    } catch (error) {
      if (error instanceof NocturneError) this.#isWriteDenied = error.code === 'STORE_ACL_DENIED'
      throw error
    }
  }

  series(query: SeriesQuery): Promise<readonly (WindowResult | RollUp)[]> {
    return this.#watched(() => this.#store.series(query))
  }

  worst(query: WorstQuery): Promise<readonly WindowResult[]> {
    return this.#watched(() => this.#store.worst(query))
  }

  history(query: HistoryQuery): Promise<readonly (Step | Told)[]> {
    return this.#watched(() => this.#store.history(query))
  }

  coverage(query: CoverageQuery): Promise<readonly SiteMinute[]> {
    return this.#watched(() => this.#store.coverage(query))
  }

  /** Proves nothing: a store whose rows go by themselves asks nobody. */
  retain(keptFrom: KeptFrom): Promise<number> {
    return this.#store.retain(keptFrom)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#store.close()
  }

  async #watched<T>(call: () => Promise<T>): Promise<T> {
    try {
      const answer = await call()
      if (!this.#isWriteDenied) this.#trouble = undefined
      return answer
    } catch (error) {
      if (error instanceof NocturneError && !this.#isClosed) this.#failed(error)
      throw error
    }
  }

  #failed({ code, detail }: NocturneError): void {
    this.#failures.set(code, (this.#failures.get(code) ?? 0) + 1)
    const since = this.#trouble?.since ?? this.#clock.now()
    this.#trouble = { code, detail, since }
  }
}

const ASK_EVERY_MS = 5_000

/** Asks a store in trouble every few seconds, so that its return is seen at once. */
export async function askWhileTroubled(
  store: WatchedStore,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(ASK_EVERY_MS, signal)
    if (signal.aborted) return
    if (store.trouble !== undefined) await isAnswering(store)
  }
}

/** The store remembers by itself how that went. */
async function isAnswering(store: WatchedStore): Promise<boolean> {
  try {
    await store.migrate()
    return true
  } catch (error) {
    if (error instanceof NocturneError) return false
    throw error
  }
}
