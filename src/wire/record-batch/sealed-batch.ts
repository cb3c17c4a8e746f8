import { BATCH_HEADER_BYTES } from './batch-header.ts'
import { putI32, putI64 } from './big-endian.ts'
import type { Codecs } from './codecs.ts'

/** Records of fewer bytes are sent as they are: what is won would not pay the work. */
const COMPRESSED_BYTES_MIN = 1024

/** What tells a broker which batch of which producer it has before it. */
export type ProducerStamp = {
  /** Below 2^53. */
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
}

/**
 * A batch with the records of the one given, compressed; the very batch given where its records are
 * under 1 KiB or the codec makes them no smaller. `batch` is one whole batch, closed and not
 * compressed.
 */
export function compressBatch(batch: Uint8Array, codec: number, codecs: Codecs): Uint8Array {
  const records = batch.subarray(BATCH_HEADER_BYTES)
  if (codec === 0 || records.length < COMPRESSED_BYTES_MIN) return batch
  const deflated = codecs.deflate(codec, records)
  if (deflated.length >= records.length) return batch
  const sealed = new Uint8Array(BATCH_HEADER_BYTES + deflated.length)
  sealed.set(batch.subarray(0, BATCH_HEADER_BYTES))
  sealed.set(deflated, BATCH_HEADER_BYTES)
  putI32(sealed, 8, sealed.length - 12)
  sealed[22] = (sealed[22]! & ~7) | codec
  seal(sealed, codecs)
  return sealed
}

/** Writes a producer's stamp into one whole closed batch, in place, compressed or not. */
export function stampProducer(
  batch: Uint8Array,
  { producerId, producerEpoch, baseSequence }: ProducerStamp,
  codecs: Codecs,
): void {
  putI64(batch, 43, producerId)
  batch[51] = producerEpoch >>> 8
  batch[52] = producerEpoch
  putI32(batch, 53, baseSequence)
  seal(batch, codecs)
}

const seal = (batch: Uint8Array, codecs: Codecs): void =>
  putI32(batch, 17, codecs.crc32c(batch, 21, batch.length))
