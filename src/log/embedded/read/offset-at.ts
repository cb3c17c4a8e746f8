import type { Offset } from '../../log.ts'
import type { PartitionLog } from '../partition-log.ts'
import { walkSegment } from '../segment/segment-walk.ts'
import { unreadable } from './unreadable.ts'

/**
 * The first offset whose append time is at or after `atMs`, or the end.
 * @throws LOG_UNREADABLE where the disk refuses.
 */
export async function readableOffsetAt(partition: PartitionLog, atMs: number): Promise<Offset> {
  try {
    return await offsetAt(partition, atMs)
  } catch (error) {
    throw unreadable(error, partition.at)
  }
}

/**
 * Times never step back within a partition, so the segments, their indexes and a walk of one index
 * step lead there.
 */
async function offsetAt(partition: PartitionLog, atMs: number): Promise<Offset> {
  const { mark, active } = partition.visible
  for (const segment of partition.segments.all) {
    const isSealed = segment !== active
    if (isSealed && (await segment.timeMax()) < atMs) continue
    const { file, index } = await segment.hold()
    try {
      const { position } = index.olderThan(atMs)
      const to = isSealed ? segment.size : mark.bytes
      let found: Offset | undefined
      await walkSegment(file, { from: position, to, codecs: partition.codecs }, (header) => {
        if (header.newestAt >= atMs) found = header.base
        return found === undefined
      })
      if (found !== undefined) return Math.max(found, partition.segments.start)
    } finally {
      await segment.drop()
    }
    if (!isSealed) break
  }
  return mark.offset
}
