import type { Config } from '../../config/config.ts'
import { openEmbeddedLog, type EmbeddedLog } from '../../log/embedded/embedded-log.ts'
import type { Log } from '../../log/log.ts'
import { openMemoryLog } from '../../log/memory/memory-log.ts'
import type { TopicName } from '../../model/topics.ts'
import type { Clock } from '../../std/clock.ts'
import type { Codecs } from '../../wire/record-batch/codecs.ts'
import { createTopics } from '../create-topics.ts'
import type { OpenKafka } from './open-kafka.ts'

/** A log, and what makes it known to other threads where it can be. */
export type OpenLog = Log & Partial<Pick<EmbeddedLog, 'share' | 'stats'>>

type OpenedWith = {
  readonly config: Config
  readonly clock: Clock
  readonly codecs: Codecs
  readonly openKafka: OpenKafka
}

/** Opens the log that a configuration asks for, with all topics of the house. */
export async function openLog(given: OpenedWith): Promise<OpenLog> {
  const { config } = given
  const log = await bareLog(given)
  const { partitions, durability } = config.log
  const retention = (topic: TopicName) => {
    if (topic === 'checkpoints') return { ms: -1, bytes: -1 }
    const { ageMs, bytesMax } = config.log.retention[topic]
    return { ms: ageMs, bytes: bytesMax }
  }
  await createTopics(log, { partitions, durability, retention })
  return log
}

function bareLog({ config, clock, codecs, openKafka: open }: OpenedWith): Promise<OpenLog> {
  const { kind, kafka } = config.log
  if (kafka !== undefined) return open(kafka)
  if (kind === 'memory') return Promise.resolve(openMemoryLog({ clock }))
  return openEmbeddedLog({ folder: config.dataFolder, clock, codecs })
}
