/** Up to here revisions are told one by one: windows of up to 536,870,912 rows. */
const EXACT_MAX = 2 ** 41
/** Beyond it so many revisions, two rows’ worth, share one timestamp; none is out of order. */
const SHARED = 2 ** 13

/**
 * The write timestamp of one version of one row, ns: Cassandra keeps the cell with the highest, so
 * the higher revision stays whoever writes it, in whatever order, and nobody has to read first
 * (V4). At most an hour after the row's own time, since time-window compaction sorts files by it;
 * the tables say that its unit is the nanosecond, because an hour of microseconds would not hold
 * the revisions of one window.
 */
export function writeTimestampNs(atMs: number, rev: number): bigint {
  return BigInt(atMs) * 1_000_000n + BigInt(offsetNs(rev))
}

function offsetNs(rev: number): number {
  if (rev <= EXACT_MAX) return rev
  return EXACT_MAX + Math.floor((rev - EXACT_MAX) / SHARED)
}
