import { readToEnd, type Log, type LogBatch } from '../../log/log.ts'
import { bytesOf } from '../../model/record-columns.ts'
import { decodePanesRecord } from '../../wire/pane-codec.ts'

/** How far back the end of `panes` is looked through: a source that speaks is there each second. */
const RECORDS_FIRST = 4_096
const RECORDS_MAX = 65_536

/** By site, then partition: the greatest watermark. */
export type MarksBySite = ReadonlyMap<string, ReadonlyMap<number, number>>

/**
 * The watermarks that lie at the end of `panes`, whoever appended them: our own engine, or a
 * watcher before us. Sources that were silent for long are not found.
 */
export async function publishedMarks(log: Log, sites: ReadonlySet<string>): Promise<MarksBySite> {
  const bounds = (await log.ends('panes'))[0]
  const { start, end } = bounds ?? { start: 0, end: 0 }
  for (let count = RECORDS_FIRST; ; count *= 4) {
    const from = Math.max(start, end - count)
    const found = await marksFrom(log, from, sites)
    const isWhole = [...sites].every((site) => found.has(site))
    if (isWhole || from === start || count >= RECORDS_MAX) return found
  }
}

async function marksFrom(log: Log, from: number, sites: ReadonlySet<string>): Promise<MarksBySite> {
  const found = new Map<string, Map<number, number>>()
  for await (const batch of readToEnd(log, { topic: 'panes', partition: 0, from })) {
    for (let row = 0; row < batch.count; row++) take(batch, row, { found, sites })
  }
  return found
}

function take(
  { keys, values }: LogBatch,
  row: number,
  { found, sites }: { found: Map<string, Map<number, number>>; sites: ReadonlySet<string> },
): void {
  // Keys of watermark records begin with 0x00, and those of panes never do.
  if (keys.lengths[row]! < 1 || values.lengths[row]! < 1) return
  if (keys.bytes[keys.starts[row]!] !== 0) return
  const record = decodePanesRecord({ key: bytesOf(keys, row), value: bytesOf(values, row) })
  if (record.kind !== 'watermark' || !sites.has(record.watermark.site)) return
  const { site, partition, watermark, lanes = 1 } = record.watermark
  // The slowest of several ways decides, and one does not know of the others (P6).
  if (lanes > 1) return
  const marks = found.get(site) ?? new Map<number, number>()
  found.set(site, marks.set(partition, Math.max(marks.get(partition) ?? -Infinity, watermark)))
}
