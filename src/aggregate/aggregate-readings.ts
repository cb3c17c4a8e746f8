import type { Clock } from '../std/clock.ts'
import { reachableFrom, type Claim, type Log, type LogBatch, type LogRecord } from '../log/log.ts'
import { encodeLate, encodeRejected } from '../wire/rejected-codec.ts'
import type { AggregateReaderSpec } from './aggregate-spec.ts'
import { PartitionFold, type Refusal } from './partition-fold.ts'

/** One turn: the most that memory holds at a time and that a crash repeats (D5). */
const TURN_BYTES_MAX = 1_048_576
/** How often the position moves while rows flow. */
const COMMIT_EVERY_MS = 1000
/** Unreadable rows told in `rejected` per second; all are counted (formats.md 2). */
const REJECTED_PER_SECOND_MAX = 100

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
  const allowance = { second: 0, left: 0 }
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
    await appendPanes(log, fold.emit(now))
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
 * Not async, so that nothing holds the panes while they become durable: the log has copied them,
 * and what dies young costs a collector of garbage next to nothing.
 */
function appendPanes(log: Log, panes: readonly LogRecord[]): Promise<void> | undefined {
  return panes.length === 0 ? undefined : log.append('panes', panes)
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

type RefusalTurn = {
  readonly log: Log
  readonly batch: LogBatch
  readonly now: number
  readonly allowance: { second: number; left: number }
}

async function appendRefusals(turn: RefusalTurn, refusals: readonly Refusal[]): Promise<void> {
  const late: LogRecord[] = []
  const rejected: LogRecord[] = []
  for (const refusal of refusals) {
    if (refusal.kind === 'late') late.push(lateRecord(turn, refusal))
    else if (takeAllowance(turn)) rejected.push(rejectedRecord(turn, refusal))
  }
  for (const range of turn.batch.rejected) {
    rejected.push({
      value: encodeRejected({
        v: 1,
        at: turn.now,
        source: `log:${turn.batch.topic}-${turn.batch.partition}`,
        position: `offset ${range.from} to ${range.next - 1}`,
        reason: range.reason,
        bytes: range.sample.length,
        sample: range.sample.toBase64(),
      }),
    })
  }
  if (late.length > 0) await turn.log.append('late', late)
  if (rejected.length > 0) await turn.log.append('rejected', rejected)
}

function takeAllowance({ allowance, now }: RefusalTurn): boolean {
  const second = Math.floor(now / 1000)
  if (allowance.second !== second) {
    allowance.second = second
    allowance.left = REJECTED_PER_SECOND_MAX
  }
  return allowance.left-- > 0
}

function rowBytes({ batch }: RefusalTurn, row: number): Uint8Array {
  const { bytes, starts, lengths } = batch.values
  return bytes.subarray(starts[row]!, starts[row]! + Math.max(0, lengths[row]!))
}

function rejectedRecord(turn: RefusalTurn, { row, reason }: Refusal & { kind: 'rejected' }) {
  const bytes = rowBytes(turn, row)
  return {
    value: encodeRejected({
      v: 1,
      at: turn.now,
      source: `log:readings-${turn.batch.partition}`,
      position: `offset ${turn.batch.offsets[row]!}`,
      reason,
      bytes: bytes.length,
      sample: bytes.slice(0, 256).toBase64(),
    }),
  }
}

function lateRecord(turn: RefusalTurn, refusal: Refusal & { kind: 'late' }): LogRecord {
  const { ts, watermark, monitors, row } = refusal
  return {
    value: encodeLate({
      v: 1,
      at: turn.now,
      topic: 'readings',
      partition: turn.batch.partition,
      offset: turn.batch.offsets[row]!,
      ts,
      watermark,
      monitors,
      row: new TextDecoder().decode(rowBytes(turn, row)),
    }),
  }
}
