import { resolve } from 'node:path'
import type { Command } from 'commander'
import { systemClock } from '../../std/clock.ts'
import type { Terminal } from '../terminal.ts'

const LESSON = `
Examples:
  nocturne store migrate --config nocturne.yaml
  nocturne store migrate --config nocturne.yaml --username nocturne_migrate \\
      --password-file /etc/nocturne/migrate-password --grant

Makes the keyspace and its tables where they are missing, or brings them to what this version and
store.retention… want. It does no harm to run it again, or twice at once. Whoever migrates needs
CREATE on all keyspaces, or CREATE and ALTER on an existing one; a running Nocturne needs SELECT
and MODIFY there, which --grant gives to the role under store.cassandra.auth (docs/cassandra.md).`

type MigrateFlags = {
  readonly config?: string
  readonly data?: string
  readonly username?: string
  readonly passwordFile?: string
  readonly grant?: boolean
}

/** Adds `nocturne store migrate`. */
export function addStore(program: Command, terminal: Terminal): void {
  program
    .command('store')
    .description('The store that people query.')
    .command('migrate')
    .description('Make or renew the schema of the store.')
    .option('--config <file>', 'names the store')
    .option('--data <folder>', 'its data folder, where the store is a file')
    .option('--username <role>', 'who migrates, instead of the role under store.cassandra.auth')
    .option('--password-file <file>', 'their password')
    .option('--grant', 'let the role under store.cassandra.auth read and write there')
    .addHelpText('after', LESSON)
    .action((flags: MigrateFlags, command: Command) => {
      if ((flags.username === undefined) !== (flags.passwordFile === undefined)) {
        command.error('error: give --username and --password-file, or neither', { exitCode: 2 })
      }
      return migrate(flags, terminal)
    })
}

async function migrate(flags: MigrateFlags, terminal: Terminal): Promise<void> {
  const { config: file, data, username, passwordFile, grant } = flags
  const { readConfig } = await import('../read-config.ts')
  const { migrateStore } = await import('../../app/store/migrate-store.ts')
  const files = { ...(file !== undefined && { config: file }), ...(data !== undefined && { data }) }
  const config = readConfig(files, terminal)
  const changes: string[] = []
  const identity = await migrateStore({
    config,
    clock: systemClock,
    ...(username !== undefined &&
      passwordFile !== undefined && {
        login: { username, passwordFile: resolve(passwordFile) },
      }),
    ...(grant === true && { isGranting: true }),
    told: (change) => {
      changes.push(change)
      terminal.print(change)
    },
  })
  const what = changes.length === 0 ? 'Nothing had to be changed' : 'The store is ready'
  terminal.say(`${what}: ${config.store.kind}, identity ${identity}.`)
}
