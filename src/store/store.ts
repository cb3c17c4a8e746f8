import type { RollUp, SiteMinute, Tier } from '../model/roll-up.ts'
import type { Step, Told } from '../model/step.ts'
import type { WindowResult } from '../model/window-result.ts'

/** What is written together; each kind is keyed by its id and revision. */
export type StoreRows = {
  readonly windows?: readonly WindowResult[]
  readonly rollUps?: readonly RollUp[]
  readonly steps?: readonly (Step | Told)[]
  readonly coverage?: readonly SiteMinute[]
}

/** One group of one monitor over a span. */
export type SeriesQuery = {
  readonly scope: string
  readonly monitor: string
  readonly group: Readonly<Record<string, string>>
  readonly tier: Tier
  /** Ends in (from, to], epoch ms: the next page begins at the end of the last row. */
  readonly from: number
  readonly to: number
  readonly limit: number
}

/** All groups of a monitor, ranked by one value at one time. */
export type WorstQuery = {
  readonly monitor: string
  /** The value that ranks; groups without it are left out. */
  readonly value: string
  readonly order: 'highest' | 'lowest'
  /** At or before this time: each group's newest closed window, no older than `notBefore`. */
  readonly at: number
  readonly notBefore: number
  /** Of the ranking, how many to leave out and how many to answer then. */
  readonly skip?: number
  readonly limit: number
}

/** Where one page of a history ended: the next one begins behind this step. */
export type HistoryPlace = { readonly at: number; readonly seq: number; readonly id: string }

/** Steps of one alert, or of all, over a span. */
export type HistoryQuery = {
  readonly fingerprint?: string
  /** Steps at a time in (from, to], epoch ms. */
  readonly from: number
  readonly to: number
  readonly after?: HistoryPlace
  readonly limit: number
}

/** The minutes of one site. */
export type CoverageQuery = {
  readonly site: string
  /** Minutes that start in [from, to), epoch ms. */
  readonly from: number
  readonly to: number
  readonly limit: number
}

/** Nothing that ended before these is wanted any more, epoch ms. */
export type KeptFrom = Readonly<Record<Tier | 'steps' | 'coverage', number>>

/**
 * The view of the log that people query: droppable, rebuildable, idempotent by id and revision.
 * Every adapter passes `store.suite.ts`. @throws STORE_UNAVAILABLE, STORE_REFUSED, STORE_TIMEOUT,
 * and of a store behind a network STORE_TLS_*, STORE_AUTH_FAILED, STORE_ACL_DENIED.
 */
export interface Store {
  /**
   * Makes the schema where it is missing. Answers the store's identity: another one whenever it
   * was made anew, so that its writers know to begin again at the log's start.
   */
  migrate(): Promise<string>
  /** Resolves when all of it is durable there. Older or equal revisions change nothing (V4). */
  upsert(rows: StoreRows): Promise<void>
  /** One group's windows, or its roll-ups with their states, oldest first. */
  series(query: SeriesQuery): Promise<readonly (WindowResult | RollUp)[]>
  /** Worst groups of a monitor, worst first. */
  worst(query: WorstQuery): Promise<readonly WindowResult[]>
  /** Steps newest first, each followed by what was told of it; `limit` counts the steps alone. */
  history(query: HistoryQuery): Promise<readonly (Step | Told)[]>
  /** A site's minutes, oldest first; a minute of which nothing is known is not there. */
  coverage(query: CoverageQuery): Promise<readonly SiteMinute[]>
  /** Deletes what is older, in small pieces; answers how many rows went, where they are counted. */
  retain(keptFrom: KeptFrom): Promise<number>
  close(): Promise<void>
}
