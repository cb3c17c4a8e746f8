import type { Log } from '../log/log.ts'
import { topics, type Retention, type TopicName } from '../model/topics.ts'

/** How the house's topics are cut; `retention` has no default, since a wrong one loses data. */
export type TopicPlan = {
  readonly partitions: number
  readonly durability: 'ack' | 'interval'
  readonly retention: (topic: TopicName) => Retention
}

/** The largest record that our topics take. */
export const RECORD_BYTES_MAX = 1_048_576

/** Creates every topic that is not there yet. @throws LOG_TOPIC_DIFFERS: the folder has others. */
export async function createTopics(log: Log, plan: TopicPlan): Promise<void> {
  for (const [topic, shape] of Object.entries(topics)) {
    const retention = plan.retention(topic as TopicName)
    await log.createTopic({
      topic,
      partitions: shape.shared ? plan.partitions : 1,
      cleanup: shape.cleanup,
      retentionMs: retention.ms,
      retentionBytes: retention.bytes,
      durability: plan.durability,
      recordBytesMax: RECORD_BYTES_MAX,
    })
  }
}
