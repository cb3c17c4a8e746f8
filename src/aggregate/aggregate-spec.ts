import type { MonitorSpec } from '../model/monitor.ts'

/** What the aggregate reader needs to know; durations in ms. */
export type AggregateReaderSpec = {
  /** The site of rows that name none. */
  readonly site: string
  readonly monitors: readonly MonitorSpec[]
  /** Partitions of `readings` (P6 announces them) and of `panes`. */
  readonly partitions: number
  readonly panesPartitions: number
  /** Rows further ahead of their own append time than this move no watermark (W9). */
  readonly skewMs: number
  /** Whether open panes are shown at most every `emit` of their monitor (P5); off in a replay. */
  readonly early: boolean
  /**
   * Whether an append resolves only once it is on the disk. Then panes of rows before a commit are
   * not written again after a restart; else a power cut may have taken them.
   */
  readonly isDurable?: boolean
}
