import { Buffer } from 'node:buffer'
import { NocturneError } from '../../model/nocturne-error.ts'
import { BatchEncoder } from '../../wire/record-batch/batch-encoder.ts'
import type { BatchHeader } from '../../wire/record-batch/batch-header.ts'
import { scanBatches } from '../../wire/record-batch/batch-scanner.ts'
import { ScannedColumns } from '../../wire/record-batch/scanned-columns.ts'
import type { LogHouse, PartitionLog } from './partition-log.ts'
import { Segment, unlinkIfThere } from './segment/segment.ts'
import { walkSegment } from './segment/segment-walk.ts'

/** Key, byte for byte as Latin-1, → its last offset. */
type LastOffsets = Map<string, number>

/**
 * Rewrites the sealed segments of a compacted topic once more than half of their bytes are new, so
 * that of each key only the last row stays, at its own offset; deletions stay for their horizon.
 * The active segment is never touched. A crash leaves each file old or new, both valid.
 */
export async function compact(house: LogHouse, partition: PartitionLog): Promise<void> {
  const { meta, counters } = house
  const sealed = partition.segments.all.slice(0, -1)
  const { cleaned } = meta.partition(partition.at)
  const sizeOf = (segments: readonly Segment[]) => segments.reduce((sum, { size }) => sum + size, 0)
  const dirty = sealed.filter(({ base }) => base >= cleaned)
  if (partition.spec.cleanup !== 'compact' || 2 * sizeOf(dirty) <= sizeOf(sealed)) return
  const cleanedTo = partition.segments.active.base
  const last = await lastOffsets(house, sealed)
  if (last === undefined) counters.compactionsSkipped++
  else {
    for (const segment of sealed) await rewrite(house, { partition, segment, last })
    counters.compactions++
  }
  // After a skip too: the next try is worth its reading once as much again is new.
  meta.putCleaned(partition.at, cleanedTo)
}

/** Undefined where there are more keys than memory is set aside for, or damage. */
async function lastOffsets(
  { codecs, limits: { compactKeysMax, compactKeyBytesMax } }: LogHouse,
  sealed: readonly Segment[],
): Promise<LastOffsets | undefined> {
  const last: LastOffsets = new Map()
  const columns = new ScannedColumns(undefined, codecs)
  let keyBytes = 0
  for (const segment of sealed) {
    const isWhole = await visitBatches(segment, (header, batch) => {
      if (!isScanned(header, batch, columns)) return false
      for (let row = 0; row < columns.count; row++) {
        const key = keyOf(columns, row)
        if (!last.has(key)) keyBytes += key.length
        last.set(key, columns.offsets[row]!)
      }
      return last.size <= compactKeysMax && keyBytes <= compactKeyBytesMax
    })
    if (!isWhole) return undefined
  }
  return last
}

async function rewrite(
  house: LogHouse,
  work: { readonly partition: PartitionLog; readonly segment: Segment; readonly last: LastOffsets },
): Promise<void> {
  const { partition, segment, last } = work
  // Held until another is in its place: whoever enters meanwhile reads the old file to its end.
  await segment.hold()
  try {
    const kept = await survivors(house, segment, last)
    if (kept.length === segment.size) return
    await partition.segments.replace(segment, async (put) => {
      if (kept.length === 0) await remove(house, { segment, put })
      else await putInPlace(house, { folder: partition.folder, segment, kept, put })
      await house.disk.syncFolder(partition.folder)
    })
  } finally {
    await segment.drop()
  }
}

/** The batches of a segment with the rows that stay. */
async function survivors(
  { clock, codecs, limits }: LogHouse,
  segment: Segment,
  last: LastOffsets,
): Promise<Uint8Array> {
  const encoder = new BatchEncoder()
  const columns = new ScannedColumns(undefined, codecs)
  const expiredAt = clock.now() - limits.tombstoneMs
  const isWhole = await visitBatches(segment, (header, batch) => {
    if (!isScanned(header, batch, columns)) return false
    const rows: number[] = []
    for (let row = 0; row < columns.count; row++) {
      const isGone = columns.values.lengths[row]! < 0 && columns.times[row]! < expiredAt
      if (!isGone && last.get(keyOf(columns, row)) === columns.offsets[row]) rows.push(row)
    }
    if (rows.length === columns.count && rows.length > 0) encoder.copy(batch)
    else if (rows.length > 0) encodeRows(encoder, { header, columns, rows })
    return true
  })
  if (!isWhole) throw new NocturneError('LOG_CORRUPT', segment.path)
  return encoder.bytes
}

/** Base and last offset of the batch stay: offsets do not move, none is asked for twice. */
function encodeRows(
  encoder: BatchEncoder,
  of: {
    readonly header: BatchHeader
    readonly columns: ScannedColumns
    readonly rows: readonly number[]
  },
): void {
  const { base, last, newestAt } = of.header
  const { keys, values, offsets } = of.columns
  encoder.open()
  for (const row of of.rows) {
    const value =
      values.lengths[row]! < 0
        ? {}
        : {
            value: values.bytes.subarray(
              values.starts[row]!,
              values.starts[row]! + values.lengths[row]!,
            ),
          }
    const key = keys.bytes.subarray(keys.starts[row]!, keys.starts[row]! + keys.lengths[row]!)
    encoder.add({ key, ...value }, offsets[row]! - base)
  }
  encoder.close({ base, time: newestAt, logAppendTime: true }, last - base)
}

/** `put` says what stands in the place of the segment from now on. */
type Rewrite = {
  readonly segment: Segment
  readonly put: (by: Segment | undefined) => void
}

/** Nothing of the segment is left: readers go on at the next one. */
async function remove({ disk }: LogHouse, { segment, put }: Rewrite): Promise<void> {
  put(undefined)
  await unlinkIfThere(disk, `${segment.path}.log`)
  await unlinkIfThere(disk, `${segment.path}.idx`)
}

/**
 * Writes, syncs and renames. The new file is known from the rename on, whatever fails behind it:
 * who took it for the old one would find damage where there is none.
 */
async function putInPlace(
  { disk, limits }: LogHouse,
  { folder, segment, kept, put }: Rewrite & { readonly folder: string; readonly kept: Uint8Array },
): Promise<void> {
  const temporary = `${segment.path}.log.tmp`
  await unlinkIfThere(disk, temporary)
  const file = await disk.open(temporary, 'create')
  try {
    const count = await file.write(kept, 0)
    if (count !== kept.length) throw new NocturneError('LOG_FULL', `${temporary} is cut short`)
    await file.datasync()
  } finally {
    await file.close()
  }
  await disk.rename(temporary, `${segment.path}.log`)
  const { base, edition } = segment
  const { indexEveryBytes: everyBytes } = limits
  put(new Segment(disk, { folder, base, size: kept.length, everyBytes, edition: edition + 1 }))
}

/** True when the whole segment was visited. */
async function visitBatches(
  segment: Segment,
  visit: (header: BatchHeader, batch: Uint8Array) => boolean,
): Promise<boolean> {
  const { file } = await segment.hold()
  try {
    const whole = { from: 0, to: segment.size }
    const walked = await walkSegment(file, whole, (header, _, batch) => visit(header, batch))
    return walked.reason === undefined
  } finally {
    await segment.drop()
  }
}

/** False for a batch that cannot be read: what is not known is not rewritten. */
function isScanned(header: BatchHeader, batch: Uint8Array, columns: ScannedColumns): boolean {
  columns.reset({ next: header.base })
  scanBatches(batch, { from: 0, to: batch.length }, columns)
  return columns.stuck === undefined && columns.rejected.length === 0
}

function keyOf({ keys }: ScannedColumns, row: number): string {
  const { buffer, byteOffset } = keys.bytes
  const length = Math.max(0, keys.lengths[row]!)
  return Buffer.from(buffer, byteOffset + keys.starts[row]!, length).toString('latin1')
}
