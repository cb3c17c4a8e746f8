import type { MonitorSpec } from '../model/monitor.ts'

/** What the evaluate reader needs to know; durations in ms. */
export type EvaluateSpec = {
  readonly monitors: readonly MonitorSpec[]
  readonly panesPartitions: number
  /** A source silent for this long stops holding windows up (V2). */
  readonly absentMs: number
  /** Whether open windows are tried (V3) and clock records are written (A7); off in a replay. */
  readonly live: boolean
}
