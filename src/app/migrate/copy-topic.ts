import { readToEnd, type Log, type LogBatch, type LogRecord } from '../../log/log.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { bytesOf, type ByteColumn } from '../../model/record-columns.ts'
import { OffsetMap } from './offset-map.ts'

/** What an append carries at most, and so what is in memory at a time (D5). */
const BATCH_BYTES_MAX = 1_048_576

export type CopyDeps = {
  readonly source: Log
  readonly target: Log
  /** What becomes of a record; undefined leaves it out. */
  readonly change: (record: LogRecord) => LogRecord | undefined
  readonly copied: (rows: number) => void
  readonly unreadable: (rows: number) => void
}

/**
 * Copies one topic in order, each row into its own partition; answers by partition where its rows
 * lie now. @throws MIGRATE_REFUSED where somebody else writes to the target.
 */
export async function copyTopic(deps: CopyDeps, topic: string): Promise<readonly OffsetMap[]> {
  const { source, target } = deps
  const maps: OffsetMap[] = []
  for (const [partition, { end }] of (await target.ends(topic)).entries()) {
    const map = new OffsetMap(end)
    maps.push(map)
    const all = { topic, partition, bytesMax: BATCH_BYTES_MAX }
    for await (const batch of readToEnd(source, all)) await copyBatch(deps, batch, map)
    const reached = (await target.ends(topic))[partition]?.end
    if (reached === map.end) continue
    const detail = `${topic}/${partition} ends at ${reached} and not at ${map.end}`
    throw new NocturneError('MIGRATE_REFUSED', `${detail}: somebody else writes there`)
  }
  return maps
}

async function copyBatch(
  { target, change, copied, unreadable }: CopyDeps,
  batch: LogBatch,
  map: OffsetMap,
): Promise<void> {
  const { topic, partition, keys, values, offsets, count } = batch
  const rows: LogRecord[] = []
  for (let row = 0; row < count; row++) {
    const record = change({ ...part('key', keys, row), ...part('value', values, row) })
    if (record === undefined) continue
    map.add(offsets[row]!)
    rows.push({ ...record, partition })
  }
  if (rows.length > 0) await target.append(topic, rows)
  for (const { from, next } of batch.rejected) unreadable(next - from)
  copied(count)
}

const part = (name: 'key' | 'value', column: ByteColumn, row: number): LogRecord =>
  column.lengths[row]! < 0 ? {} : { [name]: bytesOf(column, row) }
