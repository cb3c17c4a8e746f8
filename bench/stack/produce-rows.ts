// Appends rows to a topic by one of three clients, acks=all: node bench/stack/produce-rows.ts JSON
import { Producer } from '@platformatic/kafka'
import { CompressionTypes, Kafka, logLevel } from 'kafkajs'
import type { BrokerAddress, KafkaOptions } from '../../src/log/kafka/kafka-options.ts'
import { clientRows, type ClientRow } from './client-rows.ts'
import { watchLoop } from './loop-block.ts'
import { kafkaOptions, openLogAt } from './one-broker.ts'
import { tellOutcome } from './process-outcome.ts'

type Given = {
  readonly client: 'ours' | 'platformatic' | 'kafkajs'
  readonly brokers: readonly BrokerAddress[]
  readonly topic: string
  readonly codec: KafkaOptions['codec']
  readonly rows: number
  readonly bytes: 200 | 300
}

/** Appends some rows; resolves when they are durable. */
type Append = (rows: readonly ClientRow[]) => Promise<unknown>
type Client = { readonly append: Append; readonly close: () => Promise<void> }

/** So many rows a call, and so many calls that are not answered yet. */
const CALL_ROWS = 2000
const CALLS_UNDER_WAY = 4

const given = JSON.parse(process.argv[2] ?? '') as Given
const { topic, codec } = given
const addresses = given.brokers.map(({ host, port }) => `${host}:${port}`)

const CLIENTS: Readonly<Record<Given['client'], () => Promise<Client>>> = {
  ours: async () => {
    const log = await openLogAt(kafkaOptions({ bootstrap: given.brokers }, codec))
    return { append: (rows) => log.append(topic, rows), close: () => log.close() }
  },
  platformatic: async () => {
    const producer = new Producer({
      clientId: 'bench',
      bootstrapBrokers: addresses,
      acks: -1,
      compression: codec,
    })
    const append: Append = (rows) =>
      producer.send({
        messages: rows.map(({ key, value }) => ({
          topic,
          key: bufferOf(key),
          value: bufferOf(value),
        })),
      })
    return { append, close: async () => void (await producer.close()) }
  },
  kafkajs: async () => {
    if (codec !== 'none') throw new Error(`kafkajs has no ${codec} of its own`)
    const kafka = new Kafka({ clientId: 'bench', brokers: addresses, logLevel: logLevel.ERROR })
    const producer = kafka.producer()
    await producer.connect()
    const append: Append = (rows) =>
      producer.send({
        topic,
        acks: -1,
        compression: CompressionTypes.None,
        messages: rows.map(({ key, value }) => ({ key: bufferOf(key), value: bufferOf(value) })),
      })
    return { append, close: () => producer.disconnect() }
  },
}

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength)

const rows = clientRows(given.bytes)
const { append, close } = await CLIENTS[given.client]()
const loop = watchLoop()
const [startedAt, cpuBefore] = [performance.now(), process.cpuUsage()]
let at = 0
const lane = async (): Promise<void> => {
  while (at < given.rows) {
    const from = at % rows.length
    const count = Math.min(CALL_ROWS, rows.length - from, given.rows - at)
    at += count
    await append(rows.slice(from, from + count))
  }
}
await Promise.all(Array.from({ length: CALLS_UNDER_WAY }, lane))
tellOutcome({ rows: given.rows, startedAt, cpuBefore }, { block_ms: loop.blockMsMax() })
await close()
