import type { Claim, Log, LogRecord, TopicSpec } from '../log/log.ts'
import { utf8, utf8Text } from '../std/bytes.ts'
import type { TailPosition } from './tail-source.ts'

/** What a collector needs to go on where it stopped; kept in the compacted topic `checkpoints`. */
export type CollectCheckpoint = {
  /** By input name, such as the file's path. */
  readonly positions: Readonly<Record<string, TailPosition>>
  /** The greatest row number that was given out (D7). */
  readonly rowCount: number
}

const TOPIC: TopicSpec['topic'] = 'checkpoints'
const READ_BYTES_MAX = 1_048_576
const keyOf = (collector: string): string => `collect/${collector}`

/** The record that replaces the collector's last checkpoint. */
export const checkpointRecord = (collector: string, checkpoint: CollectCheckpoint): LogRecord => ({
  key: utf8(keyOf(collector)),
  value: utf8(
    JSON.stringify({ v: 1, positions: checkpoint.positions, row_count: checkpoint.rowCount }),
  ),
})

/** Appends the checkpoint; it is the last thing that a turn does (D2). */
export const writeCheckpoint = (
  log: Log,
  collector: string,
  checkpoint: CollectCheckpoint,
): Promise<void> => log.append(TOPIC, [checkpointRecord(collector, checkpoint)])

/** The collector's last checkpoint, or undefined where it never wrote one. */
export async function readCheckpoint(
  log: Log,
  collector: string,
): Promise<CollectCheckpoint | undefined> {
  const ends = await log.ends(TOPIC)
  const open = new Set(
    ends.flatMap(({ start, end }, partition) => (start < end ? [partition] : [])),
  )
  const stop = new AbortController()
  const group = {
    topics: [TOPIC],
    start: 'earliest',
    sessionMs: 10_000,
    rebalanceMs: 10_000,
  } as const
  let last: CollectCheckpoint | undefined
  if (open.size === 0) return undefined
  for await (const claim of log.claims(group, stop.signal)) {
    const end = ends[claim.partition]?.end ?? 0
    if (open.delete(claim.partition)) last = (await lastIn({ log, claim, end }, collector)) ?? last
    claim.release()
    if (open.size === 0) break
  }
  stop.abort()
  return last
}

async function lastIn(
  where: { readonly log: Log; readonly claim: Claim; readonly end: number },
  collector: string,
): Promise<CollectCheckpoint | undefined> {
  const { log, claim, end } = where
  const position = await log.position(claim)
  let last: CollectCheckpoint | undefined
  for await (const batch of log.read(claim, { position, bytesMax: READ_BYTES_MAX })) {
    for (let row = 0; row < batch.count; row++) {
      if (textAt(batch.keys, row) !== keyOf(collector)) continue
      last = checkpointOf(textAt(batch.values, row))
    }
    if (batch.next >= end) break
  }
  return last
}

function textAt(
  column: { bytes: Uint8Array; starts: Int32Array; lengths: Int32Array },
  row: number,
): string | undefined {
  const [start, length] = [column.starts[row] ?? 0, column.lengths[row] ?? -1]
  return length < 0 ? undefined : utf8Text(column.bytes.subarray(start, start + length))
}

/** Only this file writes these records, so one of another shape is none of ours and says nothing. */
function checkpointOf(text: string | undefined): CollectCheckpoint | undefined {
  const value: unknown = text === undefined ? undefined : JSON.parse(text)
  if (!isObject(value) || !isObject(value.positions)) return undefined
  const positions: Record<string, TailPosition> = {}
  for (const [name, at] of Object.entries(value.positions)) {
    if (isObject(at)) positions[name] = { inode: Number(at.inode), offset: Number(at.offset) }
  }
  return { positions, rowCount: Number(value.row_count) }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
