/** What the log counts since it was opened; whoever sees the event writes it. */
export type LogCounters = {
  /** Torn tails cut off at opening. */
  truncatedBytes: number
  /** Ranges of damaged bytes found, each once. */
  quarantinedRanges: number
  /** Rows dropped by size that a group had not read (D6). */
  unreadDroppedRows: number
  /** Appends refused with LOG_FULL: a queue at its bound, and a disk without room. */
  queueRefusals: number
  spaceRefusals: number
  /** Partitions that take no more appends until the next opening. */
  poisonedPartitions: number
  syncs: number
  writes: number
  writtenBytes: number
  compactions: number
  /** Compactions left out because there were too many keys. */
  compactionsSkipped: number
  /** Rounds of retention and compaction that failed; the next one tries again. */
  maintenanceFailures: number
  /** Bytes that wait to be written. */
  queueBytes: number
}

/** All zero. */
export const zeroCounters = (): LogCounters => ({
  truncatedBytes: 0,
  quarantinedRanges: 0,
  unreadDroppedRows: 0,
  queueRefusals: 0,
  spaceRefusals: 0,
  poisonedPartitions: 0,
  syncs: 0,
  writes: 0,
  writtenBytes: 0,
  compactions: 0,
  compactionsSkipped: 0,
  maintenanceFailures: 0,
  queueBytes: 0,
})
