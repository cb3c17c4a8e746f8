import { BATCH_HEADER_BYTES } from './batch-header.ts'
import { BatchEncoder, type BatchRecord, type BatchStamp } from './batch-encoder.ts'

/** One record batch in bytes of its own, equal to those of the Java client; at least one record. */
export function encodeBatch(stamp: BatchStamp & { readonly records: readonly BatchRecord[] }) {
  const encoder = new BatchEncoder(BATCH_HEADER_BYTES + 64 * stamp.records.length)
  encoder.open()
  for (const record of stamp.records) encoder.add(record)
  encoder.close(stamp)
  return encoder.bytes
}
