import type { BatchRecord } from '../../wire/record-batch/batch-encoder.ts'
import { encodeBatch } from '../../wire/record-batch/encode-batch.suite.ts'
import { compressBatch, stampProducer } from '../../wire/record-batch/sealed-batch.ts'
import { openCodecs } from './open-codecs.ts'

/** What a writer that is not ours makes of some records; `isDamaged`: they do not inflate. */
export type ForeignBatch = {
  readonly base: number
  readonly codec: number
  readonly records: readonly BatchRecord[]
  readonly isDamaged?: boolean
}

/** The bytes of such a batch, under a checksum that holds. */
export async function foreignBatch(batch: ForeignBatch): Promise<Uint8Array> {
  const { base, codec, records, isDamaged = false } = batch
  const codecs = await openCodecs()
  const plain = encodeBatch({ base, time: 1_700_000_000_000, logAppendTime: true, records })
  const bytes = compressBatch(plain, codec, codecs)
  if (isDamaged) bytes.fill(0xff, 61, 80)
  stampProducer(bytes, { producerId: 5, producerEpoch: 1, baseSequence: base }, codecs)
  return bytes
}
