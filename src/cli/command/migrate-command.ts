import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Migrated } from '../../app/migrate/migrate-log.ts'
import type { Config } from '../../config/config.ts'
import type { Log, LogGroups } from '../../log/log.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { withProgressBar } from '../progress-bar.ts'
import type { Terminal } from '../terminal.ts'
import { textTable } from '../text-table.ts'

const LESSON = `
Examples:
  nocturne migrate --from-data .nocturne --config new.yaml
  nocturne migrate --from-data /var/lib/nocturne --config new.yaml --data /mnt/nocturne

Copies every topic of a data folder into the log that the configuration names, which must be empty
and have as many partitions, and where each reader stood. Nobody may run on either. The folder is
left as it is; start "nocturne up --config new.yaml" afterwards, and never the old one again:
both would tell of the same alerts.`

type MigrateFlags = {
  readonly fromData: string
  readonly config: string
  readonly data?: string
}

/** Adds `nocturne migrate`. */
export function addMigrate(program: Command, terminal: Terminal): void {
  program
    .command('migrate')
    .description('Take all that a data folder holds into another log, and go on there.')
    .requiredOption('--from-data <folder>', 'the data folder to leave')
    .requiredOption('--config <file>', 'names the log to go on with')
    .option('--data <folder>', 'its data folder, instead of the one in the file')
    .addHelpText('after', LESSON)
    .action((flags: MigrateFlags) => migrate(flags, terminal))
}

async function migrate(flags: MigrateFlags, terminal: Terminal): Promise<void> {
  const { fromData, config: file, data } = flags
  const { readConfig } = await import('../read-config.ts')
  const { openLogFolder } = await import('../../app/log/open-log.ts')
  const config = readConfig({ config: file, ...(data !== undefined && { data }) }, terminal)
  if (config.log.kind === 'embedded' && resolve(config.dataFolder) === resolve(fromData)) {
    throw new NocturneError('MIGRATE_REFUSED', `${fromData} is the target itself`)
  }
  const source = await openLogFolder(resolve(fromData))
  try {
    const target = await openTarget(source, config)
    try {
      show(await copied(source, target, terminal), terminal)
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

/** Opening makes the topics, with the configuration's partitions: those are looked at before. */
async function openTarget(source: Log, config: Config): Promise<Log & LogGroups> {
  if (config.log.kind === 'memory') {
    throw new NocturneError('MIGRATE_REFUSED', 'a log in memory is gone when this command ends')
  }
  const { length } = await source.ends('readings')
  if (length !== config.log.partitions) {
    const detail = `readings has ${length} partitions here and ${config.log.partitions} there`
    throw new NocturneError('MIGRATE_REFUSED', detail)
  }
  const { openLogOf } = await import('../../app/log/open-log.ts')
  return openLogOf(config)
}

async function copied(
  source: Log & LogGroups,
  target: Log & LogGroups,
  terminal: Terminal,
): Promise<Migrated> {
  const { migrateLog, rowsToMigrate } = await import('../../app/migrate/migrate-log.ts')
  const progress = { readBytes: 0, rows: 0 }
  const bytesTotal = await rowsToMigrate(source)
  const work = migrateLog({ source, target, progress })
  return withProgressBar(terminal, { progress, bytesTotal }, work)
}

function show({ rowsByTopic, groups, unreadable }: Migrated, terminal: Terminal): void {
  terminal.print(textTable(['topic', 'rows'], [...rowsByTopic]))
  if (unreadable > 0) terminal.say(`${unreadable} rows of the source could not be read.`)
  terminal.say(`Where these stood was carried over: ${groups.join(', ') || 'nobody'}.`)
}
