import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { Producer } from '@platformatic/kafka'
import { CompressionTypes } from 'kafkajs'
import { startKafka, type KafkaCluster } from '../../../scripts/stack/kafka-cluster.ts'
import { utf8 } from '../../../src/std/bytes.ts'
import {
  consoleRows,
  kafkajsOf,
  kafkajsRows,
  serversOf,
  stockRows,
  type PeerRow,
} from '../rig/kafka-peers.ts'
import { ourLog, ourRows } from '../rig/our-log.ts'
import { withoutJava } from '../rig/servers.ts'

const CONSOLE_PRODUCER = 'org.apache.kafka.tools.ConsoleProducer'
const LAST = 'the last row'
/** Long enough to be compressed. */
const LONG = 'a row that repeats itself '.repeat(100)

const skip = withoutJava()
let started: Promise<KafkaCluster> | undefined
const clusterOf = (): Promise<KafkaCluster> => (started ??= startKafka({ shape: 'one' }))

const ROWS: readonly PeerRow[] = [
  { key: null, value: 'no key' },
  { key: '', value: 'an empty key' },
  { key: 'key', value: '' },
  { key: 'gone', value: null },
  ...Array.from({ length: 50 }, (_, i) => ({ key: `key ${i}`, value: `${i} ${LONG}` })),
  { key: 'ü', value: LAST },
]

const bytesOf = ({ key, value }: PeerRow) => ({
  ...(key !== null && { key: utf8(key) }),
  ...(value !== null && { value: utf8(value) }),
})

after(async () => {
  await (await started)?.close()
})

describe('our rows', { skip, concurrency: 1 }, () => {
  for (const codec of ['none', 'lz4', 'zstd'] as const) {
    test(`[L4] [L19] what we append in ${codec} others read`, async (t) => {
      const topic = `ours-${codec}`
      const log = await ourLog(t, await clusterOf(), { topic, codec })
      const cluster = await clusterOf()

      await log.append(topic, ROWS.map(bytesOf))

      assert.deepEqual(await consoleRows(cluster, topic, { count: ROWS.length }), ROWS)
      assert.deepEqual(await stockRows(cluster, topic, LAST), ROWS)
      // kafkajs brings no codec but gzip.
      if (codec === 'none') assert.deepEqual(await kafkajsRows(cluster, topic, LAST), ROWS)
      assert.deepEqual((await ourRows(log, topic, { last: LAST })).rows, ROWS)
    })
  }
})

describe('rows of Kafka’s other clients', { skip, concurrency: 1 }, () => {
  test('[L4] [L19] what kafkajs produces we read, compressed and with headers', async (t) => {
    const topic = 'of-kafkajs'
    const log = await ourLog(t, await clusterOf(), { topic })
    const producer = kafkajsOf(await clusterOf()).producer()
    await producer.connect()
    const messages = ROWS.map((row) => ({
      ...row,
      headers: { a: 'b', empty: '', many: ['1', '2'] },
    }))

    for (const compression of [CompressionTypes.GZIP, CompressionTypes.None]) {
      await producer.send({ topic, messages: messages.slice(0, -1), compression })
    }
    await producer.send({ topic, messages: messages.slice(-1) })
    await producer.disconnect()

    const { rows } = await ourRows(log, topic, { last: LAST })
    assert.deepEqual(rows, [...ROWS.slice(0, -1), ...ROWS])
  })

  test('[L4] [L19] what the driver’s own producer writes in any codec we read', async (t) => {
    const topic = 'of-driver'
    const log = await ourLog(t, await clusterOf(), { topic })
    const bootstrapBrokers = serversOf(await clusterOf())
    const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
      clientId: 'peer',
      bootstrapBrokers,
    })
    const headers = new Map([[Buffer.from('a'), Buffer.from('b')]])
    const rows = ROWS.slice(4, -1)

    for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
      const messages = rows.map(({ key, value }) => {
        return { topic, key: Buffer.from(key ?? ''), value: Buffer.from(value ?? ''), headers }
      })
      await producer.send({ messages, compression })
    }
    await producer.close()
    await log.append(topic, [{ value: utf8(LAST) }])

    const read = await ourRows(log, topic, { last: LAST, bytesMax: 5_000 })
    const five = [rows, rows, rows, rows, rows].flat()
    assert.deepEqual(read.rows, [...five, { key: null, value: LAST }])
  })

  test('[L4] [L19] what Kafka’s console producer writes in any codec we read', async (t) => {
    const topic = 'of-java'
    const log = await ourLog(t, await clusterOf(), { topic })
    const cluster = await clusterOf()
    const rows = ROWS.slice(4, -1)
    const lines = rows.map(({ key, value }) => `a:b,c:\t${key}\t${value}\n`).join('')

    for (const codec of ['gzip', 'snappy', 'lz4', 'zstd']) {
      const to = ['--bootstrap-server', serversOf(cluster).join(), '--topic', topic]
      const parsed = ['parse.key=true', 'parse.headers=true'].flatMap((one) => {
        return ['--reader-property', one]
      })
      await cluster.tool(CONSOLE_PRODUCER, [...to, '--compression-codec', codec, ...parsed], lines)
    }
    await log.append(topic, [{ value: utf8(LAST) }])

    const read = await ourRows(log, topic, { last: LAST })
    const four = [rows, rows, rows, rows].flat()
    assert.deepEqual(read.rows, [...four, { key: null, value: LAST }])
  })
})
