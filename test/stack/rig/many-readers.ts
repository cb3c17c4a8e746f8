// A thread that reads one topic many times over, each time from another position.
import { parentPort, workerData } from 'node:worker_threads'
import { openCodecs } from '../../../src/log/codecs/open-codecs.ts'
import { openKafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import type { KafkaOptions } from '../../../src/log/kafka/kafka-options.ts'
import type { Claim } from '../../../src/log/log.ts'
import { systemClock } from '../../../src/std/clock.ts'

/** Where each reader begins, and behind which offset all of them stop. */
export type ManyReaders = {
  readonly options: KafkaOptions
  readonly topic: string
  readonly from: readonly number[]
  readonly end: number
}

const { options, topic, from, end } = workerData as ManyReaders
const log = openKafkaLog(options, { clock: systemClock, codecs: await openCodecs() })
const stop = new AbortController()
const group = {
  topics: [topic],
  start: 'earliest',
  sessionMs: 10_000,
  rebalanceMs: 60_000,
} as const
const claims = log.claims(group, stop.signal)
const claim = (await claims[Symbol.asyncIterator]().next()).value as Claim
let begun = 0

/** Rows in an unbroken run from the offset to the end. */
async function readFrom(offset: number): Promise<number> {
  let rows = 0
  const reading = log.read(claim, { position: { offset, note: '' }, bytesMax: 262_144 })
  for await (const batch of reading) {
    if (rows === 0 && ++begun === from.length) parentPort?.postMessage('begun')
    if (batch.base !== offset + rows) return -1
    rows += batch.count
    if (offset + rows >= end) break
  }
  return rows
}

const counts = await Promise.all(from.map(readFrom))
stop.abort()
await log.close()
parentPort?.postMessage(counts)
