import type { LogHouse, PartitionLog } from './partition-log.ts'

/**
 * Drops the oldest sealed segments of a partition: by age unless a group has still to read them
 * (D6), by size in any case, and then what nobody had read is counted. Compacted topics are kept.
 */
export async function applyRetention(house: LogHouse, partition: PartitionLog): Promise<void> {
  const { retentionMs, retentionBytes, cleanup } = partition.spec
  if (cleanup === 'compact') return
  const { clock, limits, meta, counters } = house
  const now = clock.now()
  const position = meta.lowestPosition(partition.at, now - limits.unreadMs) ?? Infinity
  const { all } = partition.segments
  let size = partition.segments.bytes
  let dropCount = 0
  for (const [i, segment] of all.entries()) {
    const end = all[i + 1]?.base
    if (end === undefined) break
    const isOver = retentionBytes >= 0 && size - segment.size >= retentionBytes
    const isOld = retentionMs >= 0 && (await segment.timeMax()) < now - retentionMs
    if (!isOver && (!isOld || position < end)) break
    counters.unreadDroppedRows += Math.max(0, end - Math.max(position, segment.base))
    size -= segment.size
    dropCount++
  }
  if (dropCount > 0) await partition.dropOldest(dropCount)
}
