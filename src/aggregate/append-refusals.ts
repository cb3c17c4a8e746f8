import type { Log, LogBatch, LogRecord } from '../log/log.ts'
import { bytesOf } from '../model/record-columns.ts'
import { encodeLate, encodeRejected } from '../wire/rejected-codec.ts'
import type { Refusal } from './partition-fold.ts'

/** Unreadable rows told in `rejected` per second; all are counted (formats.md 2). */
const REJECTED_PER_SECOND_MAX = 100
const SAMPLE_BYTES_MAX = 256

/** How many more unreadable rows may be told in this second of wall time. */
export type RefusalAllowance = { second: number; left: number }

type Turn = {
  readonly log: Log
  readonly batch: LogBatch
  readonly now: number
  readonly allowance: RefusalAllowance
}

/** Appends to `late` and `rejected` what no pane took of a batch; resolves when it is durable. */
export async function appendRefusals(turn: Turn, refusals: readonly Refusal[]): Promise<void> {
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

function takeAllowance({ allowance, now }: Turn): boolean {
  const second = Math.floor(now / 1000)
  if (allowance.second !== second) {
    allowance.second = second
    allowance.left = REJECTED_PER_SECOND_MAX
  }
  return allowance.left-- > 0
}

function rejectedRecord(turn: Turn, { row, reason }: Refusal & { kind: 'rejected' }): LogRecord {
  const bytes = bytesOf(turn.batch.values, row)
  return {
    value: encodeRejected({
      v: 1,
      at: turn.now,
      source: `log:readings-${turn.batch.partition}`,
      position: `offset ${turn.batch.offsets[row]!}`,
      reason,
      bytes: bytes.length,
      sample: bytes.slice(0, SAMPLE_BYTES_MAX).toBase64(),
    }),
  }
}

function lateRecord(turn: Turn, refusal: Refusal & { kind: 'late' }): LogRecord {
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
      row: new TextDecoder().decode(bytesOf(turn.batch.values, row)),
    }),
  }
}
