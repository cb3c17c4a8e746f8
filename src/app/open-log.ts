import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { openCodecs } from '../log/codecs/open-codecs.ts'
import { openEmbeddedLog, type EmbeddedLog } from '../log/embedded/embedded-log.ts'
import type { Log, LogGroups } from '../log/log.ts'
import { openMemoryLog } from '../log/memory/memory-log.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import type { TopicName } from '../model/topics.ts'
import { systemClock, type Clock } from '../std/clock.ts'
import type { Codecs } from '../wire/record-batch/codecs.ts'
import { createTopics } from './create-topics.ts'

/** A log, and what makes it known to other threads where it can be. */
export type OpenLog = Log & LogGroups & Partial<Pick<EmbeddedLog, 'share' | 'stats'>>

/** Opens the log that a configuration names, with every topic of the house. @throws LOG_LOCKED. */
export async function openLog(config: Config, clock: Clock, codecs: Codecs): Promise<OpenLog> {
  const log =
    config.log.kind === 'memory'
      ? openMemoryLog({ clock })
      : await openEmbeddedLog({ folder: config.dataFolder, clock, codecs })
  const { partitions, durability } = config.log
  const retention = (topic: TopicName) => {
    if (topic === 'checkpoints') return { ms: -1, bytes: -1 }
    const { ageMs, bytesMax } = config.log.retention[topic]
    return { ms: ageMs, bytes: bytesMax }
  }
  await createTopics(log, { partitions, durability, retention })
  return log
}

/** As `openLog`, for a command that comes and goes. */
export const openLogOf = async (config: Config): Promise<Log & LogGroups> =>
  openLog(config, systemClock, await openCodecs())

/**
 * Opens the log that a configuration names as it is: no topic is made or altered.
 * @throws CLI_FILE_MISSING where there is none, LOG_LOCKED while a process holds it.
 */
export async function openLogThere({
  log: { kind },
  dataFolder,
}: Pick<Config, 'log' | 'dataFolder'>): Promise<Log & LogGroups> {
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
