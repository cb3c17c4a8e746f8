import { readToEnd, type Log } from '../log/log.ts'
import { utf8, utf8Text } from '../std/bytes.ts'
import type { TailPosition } from './tail-source.ts'

/** What a collector needs to go on where it stopped; kept in the compacted topic `checkpoints`. */
export type CollectCheckpoint = {
  /** By input name, such as the file's path. */
  readonly positions: Readonly<Record<string, TailPosition>>
  /** The greatest row number that was given out (D7). */
  readonly rowCount: number
}

const TOPIC = 'checkpoints'
const PARTITION = 0
const keyOf = (collector: string): string => `collect/${collector}`

/** Replaces the collector's last checkpoint; the last thing that a turn does (D2). */
export async function writeCheckpoint(
  log: Log,
  collector: string,
  checkpoint: CollectCheckpoint,
): Promise<void> {
  const { positions, rowCount } = checkpoint
  const value = utf8(JSON.stringify({ v: 1, positions, row_count: rowCount }))
  await log.append(TOPIC, [{ key: utf8(keyOf(collector)), value, partition: PARTITION }])
}

/** The collector's last checkpoint, or undefined where it never wrote one. */
export async function readCheckpoint(
  log: Log,
  collector: string,
): Promise<CollectCheckpoint | undefined> {
  let last: CollectCheckpoint | undefined
  for await (const batch of readToEnd(log, { topic: TOPIC, partition: PARTITION })) {
    for (let row = 0; row < batch.count; row++) {
      if (textAt(batch.keys, row) !== keyOf(collector)) continue
      last = checkpointOf(textAt(batch.values, row))
    }
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

/** A record of another shape under our key is none of ours and says nothing. */
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
