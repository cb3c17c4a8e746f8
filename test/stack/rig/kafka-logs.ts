import type { TestContext } from 'node:test'
import type { KafkaCluster } from '../../../scripts/stack/kafka-cluster.ts'
import { openCodecs } from '../../../src/log/codecs/open-codecs.ts'
import { openKafkaLog, type KafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import type { KafkaLimits } from '../../../src/log/kafka/kafka-limits.ts'
import type { KafkaOptions } from '../../../src/log/kafka/kafka-options.ts'
import type { Doubt } from '../../../src/log/kafka/topic-admin.ts'
import type { Claim, GroupSpec, Log, TopicSpec } from '../../../src/log/log.ts'
import { systemClock } from '../../../src/std/clock.ts'

/** What a log is opened with, where a test says otherwise. */
export type LogChanges = Partial<KafkaOptions> & {
  readonly limits?: Partial<KafkaLimits>
  readonly doubt?: (doubt: Doubt) => void
}

/** A log on a cluster, which gives up sooner than a site does; closed after the test. */
export async function logOn(
  t: TestContext,
  { bootstrap }: Pick<KafkaCluster, 'bootstrap'>,
  { limits, doubt, ...changes }: LogChanges = {},
): Promise<KafkaLog> {
  const log = openKafkaLog(
    { brokers: bootstrap, promise: 'available', replication: 1, codec: 'lz4', ...changes },
    {
      clock: systemClock,
      codecs: await openCodecs(),
      limits: { patienceMs: 5_000, deliveryMs: 10_000, closeMs: 1_000, ...limits },
      ...(doubt && { doubt }),
    },
  )
  t.after(() => log.close())
  return log
}

/** A topic of one partition that keeps everything. */
export const topicOf = (topic: string, changes: Partial<TopicSpec> = {}): TopicSpec => ({
  topic,
  partitions: 1,
  cleanup: 'delete',
  retentionMs: -1,
  retentionBytes: -1,
  durability: 'ack',
  recordBytesMax: 1_048_576,
  ...changes,
})

/** The first claim that becomes ours; without a group it is partition 0. */
export async function claimOn(
  log: Log,
  topic: string,
  { signal, ...changes }: Partial<GroupSpec> & { readonly signal: AbortSignal },
): Promise<Claim> {
  const spec = {
    topics: [topic],
    start: 'earliest',
    sessionMs: 10_000,
    rebalanceMs: 60_000,
  } as const
  // It is left open: the claim lives until the signal aborts.
  const claims = log.claims({ ...spec, ...changes }, signal)[Symbol.asyncIterator]()
  const first = await claims.next()
  if (first.done === true) throw new Error(`nobody gave a claim on ${topic}`)
  return first.value
}
