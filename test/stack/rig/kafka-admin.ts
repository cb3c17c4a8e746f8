import { Kafka, logLevel, type Admin } from 'kafkajs'
import type { TestContext } from 'node:test'
import type { KafkaCluster } from '../../../scripts/stack/kafka-cluster.ts'

/** What an administrator does behind our back; its connections end with the test. */
export async function adminOf(
  t: TestContext,
  { bootstrap }: Pick<KafkaCluster, 'bootstrap'>,
): Promise<Admin> {
  const brokers = bootstrap.map(({ host, port }) => `${host}:${port}`)
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  t.after(() => admin.disconnect())
  return admin
}

/** `ConfigResourceTypes.TOPIC`, which is a const enum that only a compiler has. */
const TOPIC = 2

/** Replaces all settings that a topic has of its own. */
export const setTopic = (
  admin: Admin,
  topic: string,
  settings: Readonly<Record<string, string>>,
): Promise<unknown> =>
  admin.alterConfigs({
    validateOnly: false,
    resources: [
      {
        type: TOPIC,
        name: topic,
        configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
      },
    ],
  })
