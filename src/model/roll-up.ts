import type { PaneState } from './pane.ts'
import type { WindowResult } from './window-result.ts'

/** How fine a result is: each window of a monitor, or one row a minute or an hour. */
export type Tier = 'live' | 'minute' | 'hour'

/**
 * A minute or an hour of one group: a window with the states it was made of, so that coarser ones
 * and other percentiles can be made of it. Its id is that of a window; its tier tells them apart.
 */
export type RollUp = WindowResult & {
  readonly tier: Exclude<Tier, 'live'>
  /** One for each of the monitor's aggregates, in their order. */
  readonly states: readonly PaneState[]
}

/** What is known of one site in one minute: how much of what should have come did come. */
export type SiteMinute = {
  readonly site: string
  /** Start of the minute, epoch ms. */
  readonly at: number
  /** Grows with what was known; older or equal ones change nothing. */
  readonly rev: number
  /** Sources that should have reported, and those whose watermark passed the minute's end. */
  readonly expected: number
  readonly reported: number
  /** Readings taken in, come too late, and refused, in this minute. */
  readonly rows: number
  readonly late: number
  readonly rejected: number
  /** The longest that a source's watermark was behind its record's time, ms; null: none came. */
  readonly lagMs: number | null
}

/** Said once all minutes of a monitor in a scope that end at or before `to` were made. */
export type RolledUpTo = {
  readonly monitor: string
  readonly scope: string
  readonly to: number
  /** What begins before this is not whole; absent where all is. */
  readonly from?: number | undefined
}
