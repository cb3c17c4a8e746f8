import assert from 'node:assert/strict'
import { after, describe } from 'node:test'
import { startKafka, type KafkaCluster } from '../../../scripts/stack/kafka-cluster.ts'
import { startZookeeperKafka } from '../../../scripts/stack/zookeeper-cluster.ts'
import { openCodecs } from '../../../src/log/codecs/open-codecs.ts'
import { BrokerConnection } from '../../../src/log/kafka/driver.ts'
import { openKafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import { logSuite } from '../../../src/log/log.suite.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { encodeProduce } from '../../../src/wire/kafka/produce-codec.ts'
import type { Codecs } from '../../../src/wire/record-batch/codecs.ts'
import { BothClocks } from '../rig/both-clocks.ts'
import { NamedApart } from '../rig/named-apart.ts'
import { withoutJava } from '../rig/servers.ts'

const APPEND_BYTES_MAX = 4 * 1_048_576
const SKIPPED = {
  L11: 'a broker’s disk cannot be made to fail for one write; the queue’s own test has it',
  L20: 'a broker takes no batch that does not inflate; corrupt-segment.test.ts damages its disk',
  L13: 'a leader stamps what it takes by its own clock',
  L32: 'brokers keep and drop by their own clock; retention has a test of its own',
  L33: 'brokers compact by their own clock',
}

/** A stored batch as a producer sends it: offsets from 0, and the time is the broker's affair. */
function asSent(stored: Uint8Array, codecs: Codecs): Uint8Array {
  const bytes = Buffer.from(stored)
  bytes.writeBigInt64BE(0n, 0)
  bytes[22]! &= ~8
  bytes.writeUInt32BE(codecs.crc32c(bytes, 21, bytes.length), 17)
  return bytes
}

const reason = withoutJava()
const clusters = {
  'Kafka 4.3': () => startKafka({ shape: 'one' }),
  'Kafka 3.9 on ZooKeeper': () => startZookeeperKafka({ minIsr: 1 }),
}

for (const [name, start] of Object.entries(clusters)) {
  describe(name, { skip: reason, concurrency: 1 }, () => {
    let started: Promise<KafkaCluster> | undefined
    let cases = 0
    after(async () => {
      await (await started)?.close()
    })
    logSuite(
      name,
      async (simulated) => {
        const { bootstrap } = await (started ??= start())
        const clock = new BothClocks(simulated)
        const codecs = await openCodecs()
        const apart = `case-${++cases}`
        const limits = { appendBytesMax: APPEND_BYTES_MAX, heartbeatMs: 200 }
        const options = {
          brokers: bootstrap,
          promise: 'available',
          replication: 1,
          codec: 'lz4',
        } as const
        return {
          open: async () => new NamedApart(openKafkaLog(options, { clock, codecs, limits }), apart),
          appendBatch: async (topic, partition, bytes) => {
            const codes: (number | undefined)[] = []
            // Whoever does not lead the partition refuses it.
            for (const address of bootstrap) {
              const waits = { connectMs: 5_000, requestMs: 10_000 }
              const broker = await BrokerConnection.open(address, {}, waits)
              const sent = asSent(bytes, codecs)
              const batches = [{ topic: `${apart}.${topic}`, partition, bytes: sent }]
              const { responses } = await broker.produce(encodeProduce(batches, 10_000))
              broker.close()
              codes.push(responses[0]?.partitionResponses[0]?.errorCode)
            }
            assert.ok(codes.includes(0), codes.join())
          },
          destroy: async () => undefined,
          appendBytesMax: APPEND_BYTES_MAX,
          now: () => Date.now(),
          turn: () => systemClock.sleep(1),
        }
      },
      { skip: SKIPPED },
    )
  })
}
