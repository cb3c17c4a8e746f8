import type { Command } from 'commander'
import type { SparkAdminDeps, SparkSiteStatus } from '../../app/spark/spark-admin.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { systemClock } from '../../std/clock.ts'
import type { Terminal } from '../terminal.ts'
import { textTable, type Cell } from '../text-table.ts'

const LESSON = `
Examples:
  nocturne spark status --config nocturne.yaml
  nocturne spark stop --config nocturne.yaml

A query goes on in the cluster while no Nocturne runs. To give its work back to our own engine:
stop the processes whose configuration says engine: spark, then "nocturne spark stop", then start
them with --engine own; it goes on where every window that can still change is made again. The
other way round there is nothing to stop but the processes.`

type SparkFlags = {
  readonly config?: string
  readonly data?: string
  readonly json?: boolean
  readonly force?: boolean
}

/** Adds `nocturne spark status` and `nocturne spark stop`. */
export function addSpark(program: Command, terminal: Terminal): void {
  const spark = program
    .command('spark')
    .description('What a Spark cluster does for us.')
    .addHelpText('after', LESSON)
  spark
    .command('status')
    .description('The query of each site, by what the log remembers and the server says.')
    .option('--config <file>', 'names the log and the cluster')
    .option('--data <folder>', 'its data folder')
    .option('--json', 'print the answer as JSON')
    .action((flags: SparkFlags) => showStatus(flags, terminal))
  spark
    .command('stop')
    .description('End the queries and their sessions; our own engine may go on.')
    .option('--config <file>', 'names the log and the cluster')
    .option('--data <folder>', 'its data folder')
    .option('--force', 'also where Spark cannot be asked; a query left there does no harm')
    .action((flags: SparkFlags) => stop(flags, terminal))
}

async function showStatus(flags: SparkFlags, terminal: Terminal): Promise<void> {
  const { sparkStatus } = await import('../../app/spark/spark-admin.ts')
  await withCluster(flags, terminal, async (deps) => {
    const { engineSince, sites } = await sparkStatus(deps)
    if (flags.json === true) {
      const lines = sites.map(jsonOf)
      return terminal.print(JSON.stringify({ engine_since: engineSince ?? null, sites: lines }))
    }
    if (engineSince === undefined) terminal.say('Spark does not have readings: engine own may run.')
    else terminal.say(`Spark has had readings since ${new Date(engineSince).toISOString()}.`)
    if (sites.length === 0) return
    const headings = ['site', 'query', 'run', 'batch', 'rows', 'seconds', 'folder']
    terminal.print(textTable(headings, sites.map(cellsOf)))
  })
}

async function stop({ force = false, ...flags }: SparkFlags, terminal: Terminal): Promise<void> {
  const { stopSpark } = await import('../../app/spark/spark-admin.ts')
  await withCluster(flags, terminal, async (deps) => {
    const stopped = await stopSpark(deps, force)
    terminal.say(`${stopped} queries stopped; engine own may have readings.`)
  })
}

async function withCluster(
  { config: file, data }: SparkFlags,
  terminal: Terminal,
  run: (deps: SparkAdminDeps) => Promise<void>,
): Promise<void> {
  const { readConfig } = await import('../read-config.ts')
  const { openLogThere } = await import('../../app/log/open-log.ts')
  const config = readConfig(
    {
      ...(file !== undefined && { config: file }),
      ...(data !== undefined && { data }),
      // Also where the file says own already, or monitors that Spark cannot run.
      engine: 'own',
    },
    terminal,
  )
  const { spark } = config.aggregate
  if (spark === undefined) {
    throw new NocturneError('CONFIG_INVALID', 'it names no cluster under aggregate.spark')
  }
  const log = await openLogThere(config)
  try {
    await run({ log, clock: systemClock, spec: spark })
  } finally {
    await log.close()
  }
}

const jsonOf = ({ remembered, query, last }: SparkSiteStatus) => ({
  site: remembered.site,
  session: remembered.session,
  folder: remembered.folder,
  query: query?.id ?? null,
  run: query?.runId ?? null,
  batch: last?.batchId ?? null,
  rows: last?.rows ?? null,
  batch_ms: last?.batchMs ?? null,
})

const cellsOf = ({ remembered, query, last }: SparkSiteStatus): readonly Cell[] => [
  remembered.site,
  query?.id ?? 'none runs',
  query?.runId,
  last?.batchId,
  last?.rows,
  last === undefined ? undefined : (last.batchMs / 1000).toFixed(1),
  remembered.folder,
]
