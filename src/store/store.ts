import type { Step, Told } from '../model/step.ts'
import type { WindowResult } from '../model/window-result.ts'

/** One group of one monitor over a span. */
export type SeriesQuery = {
  readonly scope: string
  readonly monitor: string
  readonly group: Readonly<Record<string, string>>
  /** Window ends in (from, to], epoch ms. */
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
  readonly limit: number
}

/** Steps of one alert, or of all, over a span. */
export type HistoryQuery = {
  readonly fingerprint?: string
  /** Steps at a time in (from, to], epoch ms. */
  readonly from: number
  readonly to: number
  readonly limit: number
}

/**
 * The view of the log that people query: droppable, rebuildable, idempotent by id and revision.
 * Every adapter passes `store.suite.ts`. @throws STORE_UNAVAILABLE, STORE_REFUSED.
 */
export interface Store {
  /**
   * Makes the schema where it is missing. Answers the store's identity: another one whenever it
   * was made anew, so that its writers know to begin again at the log's start.
   */
  migrate(): Promise<string>
  /** Older or equal revisions change nothing (V4). */
  upsertWindows(windows: readonly WindowResult[]): Promise<void>
  upsertSteps(steps: readonly (Step | Told)[]): Promise<void>
  /** One group's windows, oldest first. */
  series(query: SeriesQuery): Promise<readonly WindowResult[]>
  /** Worst groups of a monitor now, worst first. */
  worst(query: WorstQuery): Promise<readonly WindowResult[]>
  /** Steps newest first, each followed by what was told of it; `limit` counts the steps alone. */
  history(query: HistoryQuery): Promise<readonly (Step | Told)[]>
  /** Deletes what ended before `beforeMs`, in small pieces; answers how many rows went. */
  retain(beforeMs: number): Promise<number>
  close(): Promise<void>
}
