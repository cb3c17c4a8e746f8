import type { Clock } from '../std/clock.ts'
import type { Log, TellGap } from '../log/log.ts'

/** How far one kind has come, for metrics and for whoever waits for it; its readers alone write. */
export type ForwardProgress = {
  /** Records and bytes (keys and values, before packing) that were appended. */
  records: number
  bytes: number
  /** Records left out, by reason: overtaken in their turn, not ours to send, unreadable. */
  readonly skipped: Map<string, number>
  /** Per partition, `topic/partition`: everything before this offset is in the other log. */
  readonly next: Map<string, number>
}

/** Nothing done yet. */
export const newForwardProgress = (): ForwardProgress => ({
  records: 0,
  bytes: 0,
  skipped: new Map(),
  next: new Map(),
})

/** Counts what is left out, with its reason. */
export function skip(progress: ForwardProgress, reason: string, count = 1): void {
  if (count > 0) progress.skipped.set(reason, (progress.skipped.get(reason) ?? 0) + count)
}

/** What every reader of `forward` works with; the app hands all of it in. */
export type ForwardDeps = {
  /** The log that is read, in which positions are kept. */
  readonly log: Log
  readonly clock: Clock
  readonly progress: ForwardProgress
  /** Absent where nothing can be missing. */
  readonly onGap?: TellGap
}
