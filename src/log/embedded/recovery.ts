import { NocturneError } from '../../model/nocturne-error.ts'
import type { TopicSpec } from '../log.ts'
import type { DiskFile } from './disk.ts'
import type { At, LogMeta } from './log-meta.ts'
import type { LogHouse, RecoveredPartition } from './partition-log.ts'
import { SegmentIndex } from './segment/segment-index.ts'
import { Segment, segmentName, unlinkIfThere } from './segment/segment.ts'
import { walkSegment } from './segment/segment-walk.ts'

const REWRITE_BYTES = 1_048_576

type Opening = {
  readonly at: At
  readonly folder: string
  readonly segments: readonly Segment[]
  readonly active: Segment
  readonly file: DiskFile
}

type Place = { readonly at: At; readonly spec: TopicSpec; readonly folder: string }

/** Makes the folder and the first segment of a partition; content where they are there. */
export async function makePartition({ disk }: LogHouse, folder: string): Promise<void> {
  await disk.makeFolder(folder)
  const files = await disk.list(folder)
  if (files.some(({ name }) => name.endsWith('.log'))) return
  const file = await disk.open(`${folder}/${segmentName(0)}.log`, 'create')
  await file.close()
  await disk.syncFolder(folder)
}

/**
 * Opens the segments of a partition. After a clean shutdown its end is trusted; else the active
 * segment is walked and cut at the first byte that does not hold (a torn tail). Sealed segments
 * were synced when they were sealed and are never cut. All is synced before anyone reads: what
 * survived in the page cache is not yet durable.
 * @throws LOG_CORRUPT where the files are gone.
 */
export async function recoverPartition(
  house: LogHouse,
  { at, folder }: Place,
): Promise<RecoveredPartition> {
  const { disk, meta } = house
  const { start } = meta.partition(at)
  const segments = await listSegments(house, { folder, start })
  const active = segments.at(-1)
  if (active === undefined) throw new NocturneError('LOG_CORRUPT', `${folder} has no segment`)
  const file = await disk.open(`${active.path}.log`, 'write')
  try {
    return await openActive(house, { at, folder, segments, active, file })
  } catch (error) {
    await file.close()
    throw error
  }
}

async function openActive(
  { disk, meta, counters, limits, codecs }: LogHouse,
  { at, folder, segments, active, file }: Opening,
): Promise<RecoveredPartition> {
  const { start, closedAt } = meta.partition(at)
  const stored = closedAt?.bytes === active.size ? await active.storedIndex() : undefined
  if (stored !== undefined && stored.end.offset === closedAt?.end) {
    active.adopt({ file, index: stored.index })
    const { timeBefore } = stored.end
    return { segments, file, index: stored.index, start, end: closedAt.end, timeMax: timeBefore }
  }
  const walked = await cutTail({ counters, limits, codecs }, { active, file })
  active.adopt({ file, index: walked.index })
  await syncAll(meta, { at, active, file })
  await disk.syncFolder(folder)
  // Append times go on from the last sealed row, should the active segment be empty (L13).
  const timeMax = Math.max(walked.timeMax, (await segments.at(-2)?.timeMax()) ?? -1)
  return { segments, file, index: walked.index, start, end: walked.end, timeMax }
}

/** The segments in order; half-made files and segments below the log's start are removed. */
async function listSegments(
  { disk, limits }: LogHouse,
  { folder, start }: { readonly folder: string; readonly start: number },
): Promise<Segment[]> {
  const files = [...(await disk.list(folder))].sort((a, b) => (a.name < b.name ? -1 : 1))
  const segments: Segment[] = []
  for (const { name, size } of files) {
    if (name.endsWith('.tmp')) await disk.unlink(`${folder}/${name}`)
    if (!/^\d{20}\.log$/.test(name)) continue
    const base = Number(name.slice(0, 20))
    segments.push(new Segment(disk, { folder, base, size, everyBytes: limits.indexEveryBytes }))
  }
  while (segments.length > 1 && segments[1]!.base <= start) {
    for (const dropped of segments.splice(0, 1)) {
      await unlinkIfThere(disk, `${dropped.path}.log`)
      await unlinkIfThere(disk, `${dropped.path}.idx`)
    }
  }
  return segments
}

/**
 * Makes all of the active segment durable. Where a sync had failed before, its bytes may be in
 * memory and on no disk, and another sync would not write them: they are written again.
 */
async function syncAll(
  meta: LogMeta,
  { at, active, file }: Pick<Opening, 'at' | 'active' | 'file'>,
): Promise<void> {
  const suspect = meta.suspect(at)
  if (suspect?.base === active.base) await writeAgain(file, suspect.bytes, active.size)
  try {
    await file.datasync()
  } catch (error) {
    // How much of it was durable before nobody knows.
    meta.putSuspect(at, { base: active.base, bytes: 0 })
    throw error
  }
}

async function writeAgain(file: DiskFile, from: number, to: number): Promise<void> {
  const bytes = new Uint8Array(Math.min(REWRITE_BYTES, Math.max(0, to - from)))
  for (let at = from; at < to;) {
    const chunk = bytes.subarray(0, Math.min(bytes.length, to - at))
    const count = await file.write(chunk.subarray(0, await file.read(chunk, at)), at)
    if (count === 0) throw new NocturneError('LOG_FULL', `nothing is written at ${at}`)
    at += count
  }
}

async function cutTail(
  { limits, counters, codecs }: Pick<LogHouse, 'limits' | 'counters' | 'codecs'>,
  { active, file }: { readonly active: Segment; readonly file: DiskFile },
): Promise<{ index: SegmentIndex; end: number; timeMax: number }> {
  const index = new SegmentIndex(active.base, limits.indexEveryBytes)
  let [end, timeMax] = [active.base, -1]
  const whole = { from: 0, to: active.size, codecs }
  const { position } = await walkSegment(file, whole, (header, position) => {
    // Nothing but compaction leaves gaps, and it never touches the active segment.
    if (header.base !== end) return false
    index.note({ offset: header.base, position, timeBefore: timeMax })
    end = header.last + 1
    timeMax = Math.max(timeMax, header.newestAt)
    return true
  })
  if (position < active.size) {
    counters.truncatedBytes += active.size - position
    await file.truncate(position)
    active.size = position
  }
  return { index, end, timeMax }
}
