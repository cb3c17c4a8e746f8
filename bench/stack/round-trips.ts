// From an append of one row to a reader that waits for it, over and over: what the broker needs.
//   node bench/stack/round-trips.ts '{"kafka":{…},"topic":"…","rows":500,"everyMs":20}'
import type { KafkaOptions } from '../../src/log/kafka/kafka-options.ts'
import { appendPaced, latenciesOf, type HopPlan } from '../hop.ts'
import { openLogAt } from './one-broker.ts'
import { tellOutcome } from './process-outcome.ts'

const { kafka, ...plan } = JSON.parse(process.argv[2] ?? '') as HopPlan & { kafka: KafkaOptions }
const startedAt = performance.now()
const log = await openLogAt(kafka)
await log.createTopic({
  topic: plan.topic,
  partitions: 1,
  cleanup: 'delete',
  retentionMs: -1,
  retentionBytes: -1,
  durability: 'ack',
  recordBytesMax: 1024,
})
const [latencies] = await Promise.all([latenciesOf(log, plan), appendPaced(log, plan)])
tellOutcome({ rows: latencies.length, startedAt }, { latencies })
await log.close()
