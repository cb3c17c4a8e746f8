const MEBIBYTE = 1_048_576

/** Every bound of the embedded log (D5). */
export type EmbeddedLimits = {
  /** A segment is sealed before it passes so many bytes, or when its first row is so old. */
  readonly segmentBytes: number
  readonly segmentMs: number
  /** Distance of index entries. */
  readonly indexEveryBytes: number
  /** A record batch is closed once it has so many bytes. */
  readonly batchBytes: number
  /** What waits to be written: per partition, and in all. Beyond it LOG_FULL. */
  readonly queueBytesMax: number
  readonly queueBytesTotalMax: number
  /** Appends of one other thread that are under way here; beyond it that thread waits. */
  readonly underWayBytesMax: number
  readonly partitionsMax: number
  /** Below max(bytes, ratio · disk) `readings` are refused; below half of it all but the vital. */
  readonly freeBytesMin: number
  readonly freeRatioMin: number
  /** Kept back, so that the metadata can still be written on a full disk. */
  readonly reserveBytes: number
  /** How often `interval` topics are synced. */
  readonly syncMs: number
  /** How often retention and compaction look around. */
  readonly maintainMs: number
  /** A committed position holds its segments back for so long (D6). */
  readonly unreadMs: number
  /** Deletions of a compacted topic are kept so long. */
  readonly tombstoneMs: number
  /** More keys, or more bytes of keys, are not compacted: counted. */
  readonly compactKeysMax: number
  readonly compactKeyBytesMax: number
}

/** What a site starts with. */
export const embeddedLimits: EmbeddedLimits = {
  segmentBytes: 64 * MEBIBYTE,
  segmentMs: 3_600_000,
  indexEveryBytes: 65_536,
  batchBytes: 131_072,
  queueBytesMax: 8 * MEBIBYTE,
  queueBytesTotalMax: 64 * MEBIBYTE,
  underWayBytesMax: 32 * MEBIBYTE,
  partitionsMax: 256,
  freeBytesMin: 1024 * MEBIBYTE,
  freeRatioMin: 0.05,
  reserveBytes: 16 * MEBIBYTE,
  syncMs: 100,
  maintainMs: 10_000,
  unreadMs: 7 * 86_400_000,
  tombstoneMs: 86_400_000,
  compactKeysMax: 100_000,
  compactKeyBytesMax: 64 * MEBIBYTE,
}
