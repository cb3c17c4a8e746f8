import type { Claim, Log, LogBatch } from '../log/log.ts'
import type { Notice } from '../model/notice.ts'
import { decodeNotice, encodeNotice } from '../wire/notice-codec.ts'
import type { CountReason } from './count-reason.ts'
import { recordValue } from './record-value.ts'

const READ_BYTES_MAX = 1_048_576

export type EpochOptions = {
  readonly log: Log
  readonly claim: Claim
  /** Where to read from, and the epoch in force there. */
  readonly offset: number
  readonly epochBefore: number
  /** The highest epoch known. */
  readonly epoch: number
  readonly now: number
  readonly count: CountReason
  /** Takes every notice that counts as said. */
  readonly said: (notice: Notice, offset: number) => void
}

/** Epochs by where they begin in `notices`, in order. */
export type EpochStart = { readonly epoch: number; readonly offset: number }

type Reading = { next: number; highest: number; inForce: number; readonly starts: EpochStart[] }

/**
 * Makes the owner of `claim` the one who plans (A61): appends an epoch above all others, and reads
 * `notices` up to it. Answers the epochs read, of which the last is ours, and where `notices`
 * ends. Notices of an epoch below one that lies before them are passed over: send skips them too.
 */
export async function beginEpoch(options: EpochOptions): Promise<{
  readonly epoch: number
  readonly starts: readonly EpochStart[]
  readonly end: number
}> {
  const { log, now, offset, epochBefore } = options
  const starts = [{ epoch: epochBefore, offset: 0 }]
  const reading = { next: offset, highest: options.epoch, inForce: epochBefore, starts }
  await readOn(reading, options)
  for (;;) {
    const epoch = reading.highest + 1
    await log.append('notices', [{ value: encodeNotice({ v: 1, epoch, at: now }) }])
    const known = starts.length
    await readOn(reading, options)
    // Another owner may have begun at the same time: both then begin again, above each other.
    const begun = starts.slice(known).filter((start) => start.epoch >= epoch)
    if (begun.length <= 1) return { epoch, starts, end: reading.next }
  }
}

async function readOn(reading: Reading, options: EpochOptions): Promise<void> {
  const { log, claim } = options
  const [bounds] = await log.ends('notices')
  const end = bounds?.end ?? 0
  reading.next = Math.max(reading.next, bounds?.start ?? 0)
  if (reading.next >= end) return
  const position = { offset: reading.next, note: '' }
  for await (const batch of log.read(claim, { position, bytesMax: READ_BYTES_MAX })) {
    take(batch, reading, options)
    reading.next = batch.next
    if (reading.next >= end) return
  }
}

function take(batch: LogBatch, reading: Reading, { count, said }: EpochOptions): void {
  for (let row = 0; row < batch.count; row++) {
    const decoded = decodeNotice(recordValue(batch, row))
    const offset = batch.offsets[row] ?? batch.base
    if (!decoded.ok) {
      count('read', decoded.reason, 1)
      continue
    }
    const { record } = decoded
    reading.highest = Math.max(reading.highest, record.epoch)
    if ('receiver' in record) {
      if (record.epoch >= reading.inForce) said(record, offset)
      else count('read', 'fenced', 1)
      continue
    }
    reading.inForce = Math.max(reading.inForce, record.epoch)
    reading.starts.push({ epoch: record.epoch, offset })
  }
}
