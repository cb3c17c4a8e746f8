import type { Log, TellGap } from '../log/log.ts'
import type { Clock } from '../std/clock.ts'
import type { Lane } from '../std/lane.ts'
import type { Store } from '../store/store.ts'

/** How far the reader has come, for metrics and for whoever waits for it; it alone writes. */
export type RecordProgress = {
  /** Records handed to the store, repeats included. */
  written: number
  /** Unreadable ones by reason, told in `rejected` or not. */
  readonly rejected: Map<string, number>
  /** Per partition: everything before this offset is in the store. */
  readonly next: Map<number, number>
}

/** What a reader of `record` works with; the app hands all of it in. */
export type RecordDeps = {
  readonly log: Log
  readonly store: Store
  readonly clock: Clock
  /** Shared with whatever else can wait. */
  readonly lane: Lane
  readonly progress: RecordProgress
  /** Absent where nothing can be missing. */
  readonly onGap?: TellGap
}
