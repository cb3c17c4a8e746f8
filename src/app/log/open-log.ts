import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config, KafkaSpec } from '../../config/config.ts'
import { openCodecs } from '../../log/codecs/open-codecs.ts'
import { openEmbeddedLog } from '../../log/embedded/embedded-log.ts'
import type { Log, LogGroups } from '../../log/log.ts'
import { openMemoryLog } from '../../log/memory/memory-log.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import type { TopicName } from '../../model/topics.ts'
import { systemClock, type Clock } from '../../std/clock.ts'
import type { Codecs } from '../../wire/record-batch/codecs.ts'
import { createTopics } from '../create-topics.ts'
import type { OpenLog } from './opened-log.ts'
import { openKafkaBy, type OpenKafka } from './open-kafka.ts'

/** Opens the log that a configuration names; brokers are not asked yet. @throws LOG_LOCKED. */
export function openLog(given: {
  readonly config: Config
  readonly clock: Clock
  readonly codecs: Codecs
  readonly openKafka: OpenKafka
}): Promise<OpenLog> {
  const { config, clock, codecs, openKafka } = given
  const { kind, kafka } = config.log
  if (kafka !== undefined) return openKafka(kafka)
  if (kind === 'memory') return Promise.resolve(openMemoryLog({ clock }))
  return openEmbeddedLog({ folder: config.dataFolder, clock, codecs })
}

/** Creates every topic of the house that is not there yet. @throws LOG_TOPIC_DIFFERS. */
export function prepareTopics(log: Log, { log: settings }: Config): Promise<void> {
  const { partitions, durability } = settings
  const retention = (topic: TopicName) => {
    if (topic === 'checkpoints') return { ms: -1, bytes: -1 }
    const { ageMs, bytesMax } = settings.retention[topic]
    return { ms: ageMs, bytes: bytesMax }
  }
  return createTopics(log, { partitions, durability, retention })
}

/**
 * Opens the log of a configuration as it is, for people who look at it or move its groups: no topic
 * is made or altered. @throws CLI_FILE_MISSING where there is none, LOG_LOCKED while a process runs
 * on it.
 */
export async function openLogThere(place: {
  readonly dataFolder: string
  readonly kafka?: KafkaSpec | undefined
}): Promise<Log & LogGroups> {
  const { dataFolder, kafka } = place
  const codecs = await openCodecs()
  const clock = systemClock
  if (kafka !== undefined) return openKafkaBy({ clock, codecs })(kafka)
  if (!existsSync(join(dataFolder, 'log', 'meta.db'))) {
    throw new NocturneError('CLI_FILE_MISSING', `log in ${dataFolder}`)
  }
  return openEmbeddedLog({ folder: dataFolder, clock, codecs })
}
