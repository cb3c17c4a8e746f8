import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fetchV13, Writer } from '@platformatic/kafka'
import fc from 'fast-check'
import { decodeFetch, encodeFetch, withOffset, type FetchAnswer } from './fetch-codec.ts'

const TOPIC_ID = '1fbe03b4-8a86-4ad5-9cb7-2b3f1c0d9e5a'
const OFFSETS_MAX = 2 ** 53 - 1
const positiveI32 = fc.integer({ min: 0, max: 2 ** 31 - 1 })
const offsets = fc.integer({ min: 0, max: OFFSETS_MAX })

/** A field that a later version of Kafka may add. */
type Tag = { readonly id: number; readonly bytes: Uint8Array }

type Told = Omit<FetchAnswer, 'from' | 'to'> & {
  /** Of the whole answer; `error` is the partition's. */
  readonly whole: number
  readonly records: Uint8Array
  readonly tags: readonly Tag[]
}

function tagged(writer: Writer, tags: readonly Tag[]): Writer {
  writer.appendUnsignedVarInt(tags.length)
  for (const { id, bytes } of tags) {
    writer.appendUnsignedVarInt(id).appendUnsignedVarInt(bytes.length)
    writer.append(Buffer.from(bytes))
  }
  return writer
}

/** A response as the protocol guide has it, made by another's writer. */
function responseOf(told: Told): Uint8Array {
  const { whole, error, highWatermark, lastStable, logStart, aborted, records, tags } = told
  const writer = Writer.create().appendInt32(0).appendInt16(whole).appendInt32(0)
  writer.appendUnsignedVarInt(2).appendUUID(TOPIC_ID).appendUnsignedVarInt(2)
  writer.appendInt32(3).appendInt16(error)
  for (const offset of [highWatermark, lastStable, logStart]) writer.appendInt64(BigInt(offset))
  writer.appendUnsignedVarInt(aborted.length + 1)
  for (const { producerId, firstOffset } of aborted) {
    writer.appendInt64(BigInt(producerId)).appendInt64(BigInt(firstOffset))
    tagged(writer, tags)
  }
  writer
    .appendInt32(-1)
    .appendUnsignedVarInt(records.length + 1)
    .append(Buffer.from(records))
  for (const last of [tags, [], []]) tagged(writer, last)
  return Uint8Array.from(writer.buffer)
}

const told = (part: Partial<Told>): Told => ({
  whole: 0,
  error: 0,
  highWatermark: 7,
  lastStable: 5,
  logStart: 1,
  aborted: [],
  records: Uint8Array.of(1, 2, 3),
  tags: [],
  ...part,
})

const anyTold: fc.Arbitrary<Told> = fc.record({
  whole: fc.constant(0),
  error: fc.integer({ min: -1, max: 130 }),
  highWatermark: offsets,
  lastStable: fc.integer({ min: -1, max: OFFSETS_MAX }),
  logStart: offsets,
  aborted: fc.array(
    fc.tuple(offsets, offsets).map(([producerId, firstOffset]) => ({ producerId, firstOffset })),
    { maxLength: 200 },
  ),
  records: fc.uint8Array({ maxLength: 20_000 }),
  tags: fc.array(fc.record({ id: fc.nat(300), bytes: fc.uint8Array({ maxLength: 300 }) }), {
    maxLength: 3,
  }),
})

test('a request is byte for byte what the driver asks', () => {
  fc.assert(
    fc.property(fc.uuid(), positiveI32, positiveI32, positiveI32, offsets, (...given) => {
      const [topicId, partition, bytesMax, waitMs, offset] = given
      const one = {
        partition,
        currentLeaderEpoch: -1,
        fetchOffset: BigInt(offset),
        lastFetchedEpoch: -1,
        partitionMaxBytes: bytesMax,
      }
      const topics = [{ topicId, partitions: [one] }]

      const ours = withOffset(encodeFetch({ topicId, partition, bytesMax, waitMs }), offset)

      const theirs = fetchV13.createRequest(waitMs, 1, bytesMax, 1, 0, -1, topics, [], '')
      assert.deepEqual(Buffer.from(ours), theirs.buffer)
    }),
  )
})

test('another offset leaves the request before it as it was', () => {
  const place = { topicId: TOPIC_ID, partition: 1, bytesMax: 10, waitMs: 5 }
  const request = encodeFetch(place)

  withOffset(request, 2 ** 40 + 1)

  assert.deepEqual(request, encodeFetch(place))
})

test('an answer is read as it was written, aborted transactions and unknown fields too', () => {
  fc.assert(
    fc.property(anyTold, (wanted) => {
      const bytes = responseOf(wanted)

      const answer = decodeFetch(bytes)

      assert.ok(answer)
      const { from, to, ...rest } = answer
      const { whole: _whole, records, tags: _tags, ...expected } = wanted
      assert.deepEqual(rest, expected)
      assert.deepEqual(bytes.subarray(from, to), records)
    }),
  )
})

test('an error of the whole answer stands before that of its partition', () => {
  const answer = decodeFetch(responseOf(told({ whole: 29, error: 6 })))

  assert.equal(answer?.error, 29)
})

test('an error without any topic is told, and no topic without an error is no answer', () => {
  const empty = (error: number): Uint8Array => {
    const writer = Writer.create().appendInt32(0).appendInt16(error).appendInt32(0)
    return Uint8Array.from(writer.appendUnsignedVarInt(1).appendUnsignedVarInt(0).buffer)
  }

  assert.equal(decodeFetch(empty(35))?.error, 35)
  assert.equal(decodeFetch(empty(0)), undefined)
})

test('no list of aborted transactions and no records are as good as empty ones', () => {
  const bytes = responseOf(told({ records: new Uint8Array(0) }))
  const listAt = 4 + 2 + 4 + 1 + 16 + 1 + 30
  const absent = bytes.slice()
  absent[listAt] = 0
  absent[listAt + 5] = 0

  assert.deepEqual(decodeFetch(absent), decodeFetch(bytes))
})

test('an answer that is cut short is none, wherever the cut is before its records end', () => {
  const aborted = [{ producerId: 4, firstOffset: 2 }]
  const bytes = responseOf(told({ aborted, tags: [{ id: 1, bytes: Uint8Array.of(9) }] }))
  const whole = decodeFetch(bytes)
  assert.ok(whole)

  for (let length = 0; length < whole.to; length++) {
    assert.equal(decodeFetch(bytes.subarray(0, length)), undefined, `${length} bytes`)
  }
})

test('any bytes are an answer inside of them or none, and nothing is thrown', () => {
  const mutated = fc
    .tuple(anyTold, fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 6 }), fc.nat(400))
    .map(([wanted, changes, cut]) => {
      const bytes = responseOf(wanted)
      for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte
      return bytes.subarray(0, bytes.length - (cut % 3 === 0 ? cut : 0))
    })
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      const answer = decodeFetch(bytes)

      if (answer === undefined) return
      const { error, from, to, ...numbers } = answer
      assert.ok(from >= 0 && from <= to && to <= bytes.length)
      const { highWatermark, lastStable, logStart } = numbers
      for (const one of [error, highWatermark, lastStable, logStart])
        assert.ok(Number.isFinite(one))
    }),
    { numRuns: 2_000 },
  )
})
