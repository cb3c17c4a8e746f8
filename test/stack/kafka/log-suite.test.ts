import { after, describe } from 'node:test'
import { startKafka, type KafkaCluster } from '../../../scripts/stack/kafka-cluster.ts'
import { startZookeeperKafka } from '../../../scripts/stack/zookeeper-cluster.ts'
import { openCodecs } from '../../../src/log/codecs/open-codecs.ts'
import { openKafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import { logSuite } from '../../../src/log/log.suite.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { BothClocks } from '../rig/both-clocks.ts'
import { NamedApart } from '../rig/named-apart.ts'
import { withoutJava } from '../rig/servers.ts'

const APPEND_BYTES_MAX = 4 * 1_048_576
const SKIPPED = {
  L11: 'a broker’s disk cannot be made to fail for one write; the queue’s own test has it',
  L13: 'a leader stamps what it takes by its own clock',
  L32: 'brokers keep and drop by their own clock; retention has a test of its own',
  L33: 'brokers compact by their own clock',
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
