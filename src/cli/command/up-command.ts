import { join } from 'node:path'
import type { Command } from 'commander'
import type { AppOptions } from '../../app/app-options.ts'
import type { App } from '../../app/app.ts'
import { roles, type Role } from '../../app/roles.ts'
import type { Config } from '../../config/config.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { isLoopback } from '../../std/is-loopback.ts'
import { argument } from '../argument.ts'
import { instant } from '../instant.ts'
import { boundHeapGrowth } from '../heap-growth.ts'
import { hangups } from '../hangup.ts'
import { readConfigApart } from '../read-config-apart.ts'
import type { ConfigFlags } from '../read-config.ts'
import { stopSignal } from '../stop-signal.ts'
import type { Terminal } from '../terminal.ts'

const UP_LESSON = `
Examples:
  nocturne up                                  the match night and this host, on one wall
  nocturne up --no-simulation                  this host's TCP connections alone
  nocturne up --config nocturne.yaml --data /var/lib/nocturne
  nocturne up --listen 127.0.0.1:0             any free port; the first line says which

Send it rows of your own with "nocturne produce", or POST them to /v1/readings. SIGHUP reads
the monitors and rules of its file again. Ctrl-C ends it with nothing lost; started again, it
continues where it stopped. Without --config its data lies in .nocturne in the working folder.`

const RUN_LESSON = `
Examples:
  nocturne run --roles collect,aggregate --config edge.yaml
  nocturne run --roles forward,evaluate,record,notify,serve --config cloud.yaml
  nocturne run --roles forward --from 6h --config edge.yaml

Roles: ${roles.join(', ')}. "nocturne up" is all of them that
the configuration gives something to do. With --from a site forwards again what it has from then
on, for a cloud that lost it; what the cloud has already changes nothing there.`

type UpFlags = ConfigFlags & { readonly simulation: boolean; readonly from?: number }

/** Adds `nocturne up` and `nocturne run`. */
export function addUp(program: Command, terminal: Terminal): void {
  const withConfig = (command: Command): Command =>
    command
      .option('--config <file>', 'what to watch and whom to tell; docs/config.md')
      .option('--data <folder>', 'where the log and the store lie')
      .option('--listen <address:port>', 'where the wall and the API are', argument.listen)
      .option('--engine <name>', 'who makes panes of rows: own or spark', argument.engine)
      .option('--no-simulation', 'leave simulated sources out')
  withConfig(program.command('up'))
    .description('Start everything in one process, with the wall.')
    .addHelpText('after', UP_LESSON)
    .action((flags: UpFlags) => runUntilStopped(flags, new Set(roles), terminal))
  withConfig(program.command('run'))
    .description('Start some of the parts.')
    .requiredOption('--roles <names>', 'which, comma-separated', argument.names(roles))
    .addHelpText('after', RUN_LESSON)
    .option('--from <time>', 'forward again from then: 6h (ago), RFC 3339 or epoch ms', (text) =>
      instant.read(text, Date.now()),
    )
    .action((flags: UpFlags & { readonly roles: readonly Role[] }) =>
      runUntilStopped(flags, new Set(flags.roles), terminal),
    )
}

async function runUntilStopped(
  flags: UpFlags,
  wanted: ReadonlySet<Role>,
  terminal: Terminal,
): Promise<void> {
  boundHeapGrowth()
  // The program is loaded while another thread reads the configuration.
  const loading = import('../../app/app.ts')
  const read = async (): Promise<Config> => {
    const written = await readConfigApart(flags, terminal.env)
    return flags.simulation ? written : withoutSimulation(written)
  }
  const config = await read()
  await loading
  const { host, port } = config.http
  // Without a login only this machine may be answered (R10).
  if (wanted.has('serve') && !isLoopback(host)) {
    throw new NocturneError('CLI_LISTEN_REFUSED', `${host}:${port}`)
  }
  const { signal, release } = stopSignal()
  const hangup = hangups(() => process.kill(process.pid))
  try {
    const parts = { config, roles: wanted, ...(flags.from && { forwardFromMs: flags.from }) }
    const app = await started(parts, terminal)
    announce(app, config, terminal)
    const reloading = hangup.each(() => app.reload(read), signal)
    // A bug is not stopped for: it ends the process at once, and a restart is safe (R5).
    await Promise.race([reloading, app.failed])
    await app.stop()
  } finally {
    hangup.release()
    release()
  }
}

async function started(
  parts: Pick<AppOptions, 'config' | 'roles' | 'forwardFromMs'>,
  terminal: Terminal,
): Promise<App> {
  const { startApp } = await import('../../app/app.ts')
  const { createLogger } = await import('../../telemetry/logger.ts')
  try {
    return await startApp({
      ...parts,
      logger: createLogger(),
      input: terminal.input,
      terminal: { write: terminal.write, isColored: terminal.isColored },
      wallFolder: join(import.meta.dirname, '../../../web/dist'),
    })
  } catch (error) {
    const isListening = error instanceof Error && 'syscall' in error && error.syscall === 'listen'
    if (!isListening) throw error
    throw new NocturneError('CLI_LISTEN_FAILED', error.message, { cause: error })
  }
}

function announce({ url }: App, config: Config, terminal: Terminal): void {
  if (url !== undefined) terminal.print(`Nocturne is up at ${url}`)
  else terminal.print('Nocturne is up, without a wall')
  const isSimulated = config.collect.sources.some(({ kind }) => kind === 'match-night')
  if (isSimulated) terminal.print('The match night on it is simulated; --no-simulation ends that.')
  terminal.print('Ctrl-C ends it, and nothing is lost.')
}

const withoutSimulation = (config: Config): Config => ({
  ...config,
  collect: {
    ...config.collect,
    sources: config.collect.sources.filter(({ kind }) => kind !== 'match-night'),
  },
})
