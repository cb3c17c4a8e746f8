import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Writer } from '@platformatic/kafka'
import { NocturneError } from '../../../model/nocturne-error.ts'
import { utf8 } from '../../../std/bytes.ts'
import { systemClock } from '../../../std/clock.ts'
import { plainCodecs } from '../../../wire/record-batch/codecs.ts'
import { Cluster } from '../cluster.ts'
import { KafkaCounters } from '../kafka-counters.ts'
import { kafkaLimits, type KafkaLimits } from '../kafka-limits.ts'
import { metadataBody, Peer, type AskedOf } from '../peer.suite.ts'
import { BatchProducer } from './batch-producer.ts'
import { BrokerModel } from './broker-model.suite.ts'

const PRODUCE = 0
const METADATA = 3
const PRODUCER_ID = 22
const TOPIC = 't'
const NOT_ENOUGH_AFTER_APPEND = 20

/** What a Produce asks: batches by partition. */
const batchesOf = ({ body }: AskedOf): ReadonlyMap<number, Buffer> => {
  body.readNullableString()
  body.readInt16()
  body.readInt32()
  const topics = body.readArray((r) => {
    r.readString()
    return r.readArray((p): [number, Buffer] => [p.readInt32(), p.readBytes()])
  })
  return new Map(topics.flat())
}

function codesBody(codes: ReadonlyMap<number, number>): Uint8Array {
  const writer = Writer.create()
  writer.appendArray([TOPIC], (w, name) => {
    w.appendString(name).appendArray([...codes], (p, [index, code]) => {
      p.appendInt32(index).appendInt16(code)
      p.appendInt64(0n).appendInt64(-1n).appendInt64(0n).appendUnsignedVarInt(1).appendString(null)
    })
  })
  return writer.appendInt32(0).appendTaggedFields().buffer
}

type Fault = 'hang up' | 'hang up late' | 'silence' | number | undefined

/** A producer before one broker that holds partitions by the model, and fails as it is told. */
async function producerWith(
  t: TestContext,
  given: { readonly faults?: readonly Fault[]; readonly limits?: Partial<KafkaLimits> },
) {
  const partitions = [new BrokerModel(false), new BrokerModel(false)]
  let [turns, ids] = [0, 0]
  const take = (asked: AskedOf): void => {
    if (asked.socket.destroyed) return
    const fault = given.faults?.[turns++]
    if (fault === 'silence') return
    if (fault === 'hang up') return void asked.socket.destroy()
    const batches = [...batchesOf(asked)]
    const codes = batches.map(([at, bytes]): [number, number] => {
      const isRefused = typeof fault === 'number' && fault !== NOT_ENOUGH_AFTER_APPEND
      const code = isRefused ? fault : partitions[at]!.append(bytes)
      return [at, typeof fault === 'number' ? fault : code]
    })
    if (fault === 'hang up late') return void asked.socket.destroy()
    asked.answer(codesBody(new Map(codes)))
  }
  const peer: Peer = await Peer.listening({
    [METADATA]: ({ answer }) =>
      answer(metadataBody(peer.address, [{ name: TOPIC, partitions: partitions.length }])),
    [PRODUCER_ID]: ({ answer }) => {
      const writer = Writer.create().appendInt32(0).appendInt16(0).appendInt64(BigInt(++ids))
      answer(writer.appendInt16(0).appendTaggedFields().buffer)
    },
    [PRODUCE]: take,
  })
  const closing = new AbortController()
  const disconnecting = new AbortController()
  const fast = { backoffMs: 1, backoffMsMax: 5, metadataGapMs: 0, batchBytes: 100 }
  const limits = { ...kafkaLimits, ...fast, ...given.limits }
  const waiting = { clock: systemClock, limits, signal: closing.signal }
  const options = {
    brokers: [peer.address],
    promise: 'available',
    replication: 1,
    codec: 'none',
  } as const
  const cluster = new Cluster(options, { ...waiting, closing: disconnecting.signal })
  const counts = new KafkaCounters()
  const producer = new BatchProducer({ ...waiting, cluster, codecs: plainCodecs, counts })
  await cluster.topic(TOPIC)
  const running = producer.run()
  const close = async (): Promise<void> => {
    closing.abort()
    await running
    disconnecting.abort()
    cluster.close()
  }
  t.after(async () => {
    peer.close()
    await close()
  })
  const values = () => partitions.map((one) => [...one.values])
  return { producer, counts, values, close, askedOf: () => turns }
}

const rowsOf = (partition: number, ...values: readonly string[]) => [
  { partition, rows: values.map((value) => ({ record: { value: utf8(value) }, bytes: 50 })) },
]

const coded = (code: string) => (error: unknown) =>
  error instanceof NocturneError && error.code === code

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `row ${i}`)

test('[L5] rows stand once and in order though connections and copies fail', async (t) => {
  const faults: Fault[] = [undefined, 'hang up late', 19, 'hang up', undefined, 20, 6, 'hang up']
  const { producer, counts, values } = await producerWith(t, { faults })

  await Promise.all(numbered(60).map((value, i) => producer.append(TOPIC, rowsOf(i % 2, value))))

  const byPartition = [0, 1].map((partition) => numbered(60).filter((_, i) => i % 2 === partition))
  assert.deepEqual(values(), byPartition)
  assert.equal(counts.uncertainCount, 0)
  assert.ok((counts.againByReason.get('connection') ?? 0) >= 3)
  assert.ok(['19', '20', '6'].every((code) => counts.againByReason.has(code)))
  assert.equal(producer.heldBytes, 0)
})

test('[L11] a refusal that will not pass fails all that waits behind it', async (t) => {
  const { producer, values } = await producerWith(t, { faults: [10] })

  const outcomes = await Promise.allSettled(
    ['a', 'b', 'c'].map((value) => producer.append(TOPIC, rowsOf(0, value.repeat(90)))),
  )

  for (const outcome of outcomes) {
    assert.ok(outcome.status === 'rejected' && coded('LOG_RECORD_TOO_LARGE')(outcome.reason))
  }
  assert.equal(producer.heldBytes, 0)
  await producer.append(TOPIC, rowsOf(0, 'later'))
  assert.deepEqual(values()[0], ['later'])
})

test('[L11] a failure of one partition leaves the others alone', async (t) => {
  const { producer, values } = await producerWith(t, { faults: [29] })
  const refused = assert.rejects(producer.append(TOPIC, rowsOf(0, 'a')), coded('LOG_ACL_DENIED'))
  await refused

  await producer.append(TOPIC, rowsOf(1, 'b'))

  assert.deepEqual(values(), [[], ['b']])
})

test('[L12] beyond the bound appends are refused at once', async (t) => {
  const { producer, values } = await producerWith(t, { limits: { appendBytesMax: 150 } })
  const first = producer.append(TOPIC, rowsOf(0, 'a', 'b'))

  await assert.rejects(producer.append(TOPIC, rowsOf(0, 'c', 'd')), coded('LOG_FULL'))

  await first
  await producer.append(TOPIC, rowsOf(0, 'e', 'f', 'g'))
  assert.deepEqual(values()[0], ['a', 'b', 'e', 'f', 'g'])
})

test('an append that no broker takes in time fails, with why', async (t) => {
  const faults: Fault[] = Array.from({ length: 10_000 }, () => 19)
  const { producer } = await producerWith(t, { faults, limits: { deliveryMs: 60 } })

  await assert.rejects(producer.append(TOPIC, rowsOf(0, 'a')), (error) => {
    assert.ok(coded('LOG_UNAVAILABLE')(error))
    return error instanceof Error && String(error.cause).includes('NOT_ENOUGH_REPLICAS')
  })

  assert.equal(producer.heldBytes, 0)
})

test('a broker that says nothing is given up, and the rows go again', async (t) => {
  const { producer, values } = await producerWith(t, {
    faults: ['silence'],
    limits: { requestMs: 50 },
  })

  await producer.append(TOPIC, rowsOf(0, 'a'))

  assert.deepEqual(values()[0], ['a'])
})

test('a producer that brokers have lost is renewed and counted', async (t) => {
  const { producer, counts, values } = await producerWith(t, { faults: [undefined, 59] })
  await producer.append(TOPIC, rowsOf(0, 'a'))

  await producer.append(TOPIC, rowsOf(0, 'b'))

  assert.deepEqual(values()[0], ['a', 'b'])
  assert.equal(counts.uncertainCount, 1)
})

test('[L36] what waits when the log closes is sent, or failed where nobody takes it', async (t) => {
  const good = await producerWith(t, {})
  const sent = good.producer.append(TOPIC, rowsOf(0, 'a'))
  await good.close()
  await sent
  const faults: Fault[] = Array.from({ length: 10_000 }, () => 19)
  const bad = await producerWith(t, { faults, limits: { closeMs: 30 } })

  const refused = assert.rejects(bad.producer.append(TOPIC, rowsOf(0, 'a')), coded('LOG_CLOSED'))
  await bad.close()

  await refused
})

test('what waits while requests are under way goes in few batches', async (t) => {
  const limits = { batchBytes: 100_000 }
  const { producer, values, askedOf } = await producerWith(t, { limits })

  await Promise.all(numbered(500).map((value) => producer.append(TOPIC, rowsOf(0, value))))

  assert.deepEqual(values()[0], numbered(500))
  assert.ok(askedOf() < 20)
})
