import type { MonitorSpec } from '../model/monitor.ts'
import type { RulesInForce } from './rules-in-force.ts'

/** What the evaluate reader needs to know; durations in ms. */
export type EvaluateSpec = {
  readonly monitors: readonly MonitorSpec[]
  readonly panesPartitions: number
  /** A source silent for this long stops holding windows up (V2). */
  readonly absentMs: number
  /** Whether open windows are tried (V3) and clock records are written (A7); off in a replay. */
  readonly live: boolean
  /**
   * Whose rules others judge (A77): in the cloud the sites that forward to it, each with its feeds;
   * at a site that forwards, `all`. Windows are made all the same.
   */
  readonly judgedElsewhere?: readonly string[]
  /** Sites of which something is expected, though they never spoke: in the cloud, its sites. */
  readonly sitesExpected?: readonly string[]
  /** What commands have put in force up to where the evaluator begins; else `monitors` are. */
  readonly inForce?: RulesInForce
}
