import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../config/config.ts'
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

/** As `openLog` with every topic of the house, for a command that comes and goes. */
export async function openLogOf(config: Config): Promise<Log & LogGroups> {
  const clock = systemClock
  const codecs = await openCodecs()
  const log = await openLog({ config, clock, codecs, openKafka: openKafkaBy({ clock, codecs }) })
  await prepareTopics(log, config)
  return log
}

/**
 * Opens the log that a configuration names as it is: no topic is made or altered.
 * @throws CLI_FILE_MISSING where there is none, LOG_LOCKED while a process holds it.
 */
export async function openLogThere({
  log: { kind, kafka },
  dataFolder,
}: Pick<Config, 'log' | 'dataFolder'>): Promise<OpenLog> {
  const codecs = await openCodecs()
  if (kafka !== undefined) return openKafkaBy({ clock: systemClock, codecs })(kafka)
  if (kind === 'embedded') return openLogFolder(dataFolder)
  throw new NocturneError('CLI_FILE_MISSING', 'log outside of the process that keeps it in memory')
}

/** As `openLogThere`, for the log of a data folder. */
export async function openLogFolder(folder: string): Promise<Log & LogGroups> {
  if (!existsSync(join(folder, 'log', 'meta.db'))) {
    throw new NocturneError('CLI_FILE_MISSING', `log in ${folder}`)
  }
  return openEmbeddedLog({ folder, clock: systemClock, codecs: await openCodecs() })
}
