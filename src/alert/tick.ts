import type { Severity } from '../model/monitor.ts'

/** What a window says of a rule: B, H, O are known; N (`none`) and E (`error`) are not. */
export type TickResult = 'breach' | 'between' | 'ok' | 'none' | 'error'
/** Whether values crossed a threshold or rows stopped coming (A18). */
export type Cause = 'threshold' | 'absent'
/** Why there is no verdict (A16, A17). */
export type NoVerdict = 'absent' | 'partial' | 'few' | 'empty' | 'unknown'

/** One (rule, instance, T, revision): all that the fold of an instance sees of a window. */
export type Tick = {
  /** T: the end of the window, event time in ms. */
  readonly end: number
  readonly rev: number
  /** Made from the open window (V3): such a tick is always a breach. */
  readonly early: boolean
  readonly complete: boolean
  readonly result: TickResult
  /** Of a breach; `threshold` otherwise. */
  readonly cause: Cause
  /** On result `none` only. */
  readonly none?: NoVerdict
  /** Bit i: level i of the rule is on after this tick (A17). */
  readonly triggers: number
  /** The level shown: the highest that is on; absent where the tick names none. */
  readonly level?: Severity
  /** A39: silence holds, the group has rows again, or nothing to say of it. */
  readonly data: 'nodata' | 'fresh' | 'same'
  /** Whether the gate held; absent where this window is not the one that tells (A18). */
  readonly gateHeld?: boolean
}
