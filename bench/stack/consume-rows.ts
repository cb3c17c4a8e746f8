// Reads a topic from its start to its end by one of three clients, as bytes alone or four fields of
// each row: node bench/stack/consume-rows.ts JSON
import { Consumer } from '@platformatic/kafka'
import { Kafka, logLevel } from 'kafkajs'
import type { LogBatch } from '../../src/log/log.ts'
import type { BrokerAddress } from '../../src/log/kafka/kafka-options.ts'
import { createFieldColumns, type FieldColumns } from '../../src/wire/fields/field-columns.ts'
import { compileFieldPlan } from '../../src/wire/fields/field-plan.ts'
import { FieldScanner } from '../../src/wire/fields/field-scanner.ts'
import type { OttFields, Seen } from './client-rows.ts'
import { watchLoop } from './loop-block.ts'
import { kafkaOptions, openLogAt } from './one-broker.ts'
import { tellOutcome } from './process-outcome.ts'

type Given = {
  readonly client: 'ours' | 'platformatic' | 'kafkajs'
  readonly work: 'bytes' | 'fields'
  readonly brokers: readonly BrokerAddress[]
  readonly topic: string
  readonly rows: number
}

const FETCH_BYTES = 1_048_576
const given = JSON.parse(process.argv[2] ?? '') as Given
const { topic } = given
const addresses = given.brokers.map(({ host, port }) => `${host}:${port}`)
const seen: Seen = { rows: 0, bytes: 0, retrans: 0, rttMax: 0 }
let wireBytes = 0

const CLIENTS: Readonly<Record<Given['client'], () => Promise<void>>> = {
  ours: async () => {
    const log = await openLogAt(kafkaOptions({ bootstrap: given.brokers }, 'none'))
    const stop = new AbortController()
    const group = { topics: [topic], start: 'earliest', sessionMs: 1e4, rebalanceMs: 6e4 } as const
    const readings: Promise<void>[] = []
    for await (const claim of log.claims(group, stop.signal)) {
      const read = async (): Promise<void> => {
        const take = newTake()
        const position = { offset: 0, note: '' }
        for await (const batch of log.read(claim, { position, bytesMax: FETCH_BYTES })) {
          take(batch)
          if (seen.rows >= given.rows) stop.abort()
        }
      }
      readings.push(read())
    }
    await Promise.all(readings)
    await log.close()
  },
  platformatic: async () => {
    const consumer = new Consumer({
      clientId: 'bench',
      groupId: `bench-${topic}-${process.pid}`,
      bootstrapBrokers: addresses,
      maxBytes: FETCH_BYTES,
      autocommit: 1000,
    })
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest' })
    for await (const { value } of stream) {
      takeOne(value)
      if (seen.rows >= given.rows) break
    }
    await consumer.close(true)
  },
  kafkajs: async () => {
    const kafka = new Kafka({ clientId: 'bench', brokers: addresses, logLevel: logLevel.ERROR })
    const consumer = kafka.consumer({ groupId: `bench-${topic}-${process.pid}` })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const all = Promise.withResolvers<void>()
    await consumer.run({
      eachBatch: async ({ batch }) => {
        for (const { value } of batch.messages) takeOne(value ?? undefined)
        if (seen.rows >= given.rows) all.resolve()
      },
    })
    await all.promise
    await consumer.disconnect()
  },
}

/** A row as an object, as the clients hand it out. */
function takeOne(value: Buffer | undefined): void {
  if (value === undefined) return
  seen.rows++
  seen.bytes += value.length
  if (given.work === 'bytes') return
  const { ts, stream, retrans, rtt_ms } = JSON.parse(value.toString()) as OttFields
  if (typeof ts !== 'number' || typeof stream !== 'string') return
  seen.retrans += retrans
  seen.rttMax = Math.max(seen.rttMax, rtt_ms)
}

/** Rows as columns; fields go through the scanner that the readers of rows have. */
function newTake(): (batch: LogBatch) => void {
  const number = (name: string) => ({ name, kind: 'number' }) as const
  const plan = compileFieldPlan([
    number('ts'),
    // Every plan reads it; no row has it.
    number('p'),
    { name: 'stream', kind: 'text' },
    number('retrans'),
    number('rtt_ms'),
  ])
  const scanner = new FieldScanner(plan)
  let into: FieldColumns = createFieldColumns(plan, 1024)
  const [retransAt, rttAt] = ['retrans', 'rtt_ms'].map((name) =>
    plan.fields.findIndex((field) => field.name === name),
  )
  return (batch) => {
    const { count, values, raw } = batch
    seen.rows += count
    wireBytes += raw.length
    for (let row = 0; row < count; row++) seen.bytes += values.lengths[row]!
    if (given.work === 'bytes') return
    if (into.status.length < count) into = createFieldColumns(plan, count * 2)
    scanner.scan(batch, into)
    const [retrans, rtt] = [into.numbers[retransAt!]!, into.numbers[rttAt!]!]
    for (let row = 0; row < count; row++) {
      seen.retrans += retrans[row]!
      if (rtt[row]! > seen.rttMax) seen.rttMax = rtt[row]!
    }
  }
}

const loop = watchLoop()
const [startedAt, cpuBefore] = [performance.now(), process.cpuUsage()]
await CLIENTS[given.client]()
const more = { block_ms: loop.blockMsMax(), wire_bytes: wireBytes, seen }
tellOutcome({ rows: seen.rows, startedAt, cpuBefore }, more)
process.exit()
