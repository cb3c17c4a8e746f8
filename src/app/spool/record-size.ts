import type { LogRecord } from '../../log/log.ts'

/** A record in its batch: lengths, deltas and counts beside key and value. */
const RECORD_OVERHEAD_BYTES = 20

/** About what a record takes on a disk. */
export const recordSize = ({ key, value }: LogRecord): number =>
  RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
