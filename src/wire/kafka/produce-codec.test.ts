import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reader, readRecordsBatch } from '@platformatic/kafka'
import fc from 'fast-check'
import { encodeBatch } from '../record-batch/encode-batch.suite.ts'
import { encodeProduce, type ProducedBatch } from './produce-codec.ts'

const text = fc.string({ minLength: 1, maxLength: 249, unit: 'grapheme' })

/** The request as another's reader takes it apart. */
function readRequest(bytes: Buffer) {
  const reader = Reader.from(bytes)
  const transactionalId = reader.readNullableString()
  const acks = reader.readInt16()
  const timeoutMs = reader.readInt32()
  const topics = reader.readArray((r) => {
    const name = r.readString()
    const partitions = r.readArray((p) => ({ index: p.readInt32(), records: p.readBytes() }))
    return { name, partitions }
  })
  reader.readTaggedFields()
  return { transactionalId, acks, timeoutMs, topics, left: reader.remaining }
}

test('a request is read by the driver’s reader as the batches that it was made of', () => {
  const batch = fc.record(
    {
      topic: text,
      partition: fc.nat(2 ** 31 - 1),
      bytes: fc.uint8Array({ maxLength: 20_000 }),
    },
    { noNullPrototype: true },
  )
  const batches = fc.uniqueArray(batch, {
    maxLength: 12,
    selector: ({ topic, partition }) => `${topic}/${partition}`,
  })
  fc.assert(
    fc.property(batches, fc.nat(2 ** 31 - 1), (wanted, timeoutMs) => {
      const request = readRequest(Buffer.concat(encodeProduce(wanted, timeoutMs)))

      const { topics, ...head } = request
      assert.deepEqual(head, { transactionalId: null, acks: -1, timeoutMs, left: 0 })
      const found = topics.flatMap(({ name: topic, partitions }) =>
        partitions.map(({ index: partition, records }) => ({
          topic,
          partition,
          bytes: Uint8Array.from(records),
        })),
      )
      const byTopic = [...Map.groupBy(wanted, ({ topic }) => topic).values()].flat()
      assert.deepEqual(found, byTopic)
    }),
  )
})

test('the records of a request are a batch that the driver reads', () => {
  const key = Uint8Array.of(1, 2)
  const value = Uint8Array.of(3)
  const bytes = encodeBatch({ base: 0, time: 5, logAppendTime: false, records: [{ key, value }] })

  const { topics } = readRequest(
    Buffer.concat(encodeProduce([{ topic: 't', partition: 0, bytes }], 1)),
  )

  const records = topics[0]?.partitions[0]?.records
  assert.ok(records)
  const [record, ...others] = readRecordsBatch(Reader.from(records)).records
  assert.deepEqual(others, [])
  assert.deepEqual([record?.key, record?.value], [Buffer.from(key), Buffer.from(value)])
})

test('the batches themselves are not copied', () => {
  const one: ProducedBatch = { topic: 't', partition: 0, bytes: new Uint8Array(100) }
  const two: ProducedBatch = { topic: 't', partition: 1, bytes: new Uint8Array(100) }

  const pieces = encodeProduce([one, two], 1)

  assert.ok(pieces.includes(one.bytes) && pieces.includes(two.bytes))
})
