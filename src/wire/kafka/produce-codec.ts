import { ByteWriter, utf8 } from '../../std/bytes.ts'

// Produce, version 9, with acks = all: compact null transactional id · i16 acks · i32 timeoutMs
// [topic · [i32 partition · records · tags] · tags] · tags. Lengths are + 1, as unsigned varints.

/** One batch for one partition. */
export type ProducedBatch = {
  readonly topic: string
  readonly partition: number
  /** A whole record batch, stamped. */
  readonly bytes: Uint8Array
}

/** The request body in pieces: the batches are not copied. Each partition occurs once. */
export function encodeProduce(
  batches: readonly ProducedBatch[],
  timeoutMs: number,
): readonly Uint8Array[] {
  const pieces: Uint8Array[] = []
  const writer = new ByteWriter()
  const topics = Map.groupBy(batches, ({ topic }) => topic)
  writer.u8(0)
  writer.u8(0xff)
  writer.u8(0xff)
  i32(writer, timeoutMs)
  writer.varint(topics.size + 1)
  for (const [topic, there] of topics) {
    const name = utf8(topic)
    writer.varint(name.length + 1)
    writer.raw(name)
    writer.varint(there.length + 1)
    for (const { partition, bytes } of there) {
      i32(writer, partition)
      writer.varint(bytes.length + 1)
      pieces.push(writer.take(), bytes)
      writer.u8(0)
    }
    writer.u8(0)
  }
  writer.u8(0)
  pieces.push(writer.take())
  return pieces
}

function i32(writer: ByteWriter, value: number): void {
  for (const shift of [24, 16, 8, 0]) writer.u8((value >>> shift) & 255)
}
