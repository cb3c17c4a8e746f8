import type { Clock } from '../std/clock.ts'
import { reachableFrom, type Claim, type Log, type LogRecord } from '../log/log.ts'
import type { AggregateReaderSpec } from './aggregate-spec.ts'
import { appendRefusals, type RefusalAllowance } from './append-refusals.ts'
import { PartitionFold } from './partition-fold.ts'

/** One turn: the most that memory holds at a time and that a crash repeats (D5). */
const TURN_BYTES_MAX = 1_048_576
/** How often the position moves while rows flow. */
const COMMIT_EVERY_MS = 1000
/** Panes handed to the log at once, and how many such portions may wait to become durable. */
const PORTION_BYTES = 65_536
const PORTIONS_MAX = 32

/** How far the reader has come, for metrics and for whoever waits for it; it alone writes. */
export type AggregateProgress = {
  rows: number
  rejected: number
  late: number
  repeats: number
  /** Records that retention took before they were read. */
  missing: number
  /** Per partition: everything before this offset is in `panes`. */
  readonly next: Map<number, number>
}

export type AggregateDeps = {
  readonly log: Log
  readonly clock: Clock
  readonly spec: AggregateReaderSpec
  readonly progress: AggregateProgress
}

/**
 * Folds the claimed partition of `readings` into `panes` until the claim's signal aborts; then
 * commits and answers. @throws LOG_FENCED, LOG_UNAVAILABLE, LOG_FULL, LOG_POISONED: nothing was
 * committed that is not in `panes`, so the supervisor begins again at the last position (D2, D3).
 */
export async function aggregateReadings(deps: AggregateDeps, claim: Claim): Promise<void> {
  const { log, clock, spec, progress } = deps
  const fold = new PartitionFold(spec, claim.partition)
  const committed = await log.position(claim)
  const { offset: from, missing } = await reachableFrom(log, claim, committed.offset)
  const position = { offset: from, note: committed.note }
  progress.missing += missing
  fold.restore(position.note)
  const allowance: RefusalAllowance = { second: 0, left: 0 }
  let next = position.offset
  // A partition that has nothing more to read has come this far all the same.
  progress.next.set(claim.partition, next)
  let committedAt = clock.now()
  for await (const batch of log.read(claim, { position, bytesMax: TURN_BYTES_MAX })) {
    const now = clock.now()
    const refusals = fold.fold(batch, now)
    if (refusals.length > 0 || batch.rejected.length > 0) {
      await appendRefusals({ log, batch, now, allowance }, refusals)
    }
    await appendPanes(log, fold.portions(now, PORTION_BYTES))
    next = batch.next
    note(progress, { fold, claim, next })
    if (now - committedAt >= COMMIT_EVERY_MS) {
      committedAt = now
      const { offset, note } = fold.resumeAt(next)
      await log.commit(claim, offset, note)
    }
  }
  if (claim.signal.reason !== 'lost') {
    const { offset, note } = fold.resumeAt(next)
    await log.commit(claim, offset, note)
  }
}

/**
 * Resolves when all panes are durable. The log has copied a portion when `append` returns, so the
 * next is written over it at once: what dies young costs a collector of garbage next to nothing.
 */
async function appendPanes(log: Log, portions: Iterable<readonly LogRecord[]>): Promise<void> {
  let waiting: Promise<void>[] = []
  for (const portion of portions) {
    waiting.push(log.append('panes', portion))
    if (waiting.length < PORTIONS_MAX) continue
    await Promise.all(waiting)
    waiting = []
  }
  await Promise.all(waiting)
}

type Turned = { readonly fold: PartitionFold; readonly claim: Claim; readonly next: number }

function note(progress: AggregateProgress, { fold, claim, next }: Turned): void {
  const { rows, rejected, late, repeats } = fold.takeCounts()
  progress.rows += rows
  progress.rejected += rejected
  progress.late += late
  progress.repeats += repeats
  progress.next.set(claim.partition, next)
}
