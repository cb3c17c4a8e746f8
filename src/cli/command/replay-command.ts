import { statSync } from 'node:fs'
import type { Command } from 'commander'
import type { ReplaySummary } from '../../app/replay.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { argument } from '../argument.ts'
import { withProgressBar } from '../progress-bar.ts'
import type { Terminal } from '../terminal.ts'

const LESSON = `
Examples:
  nocturne replay rows.ndjson.gz
  nocturne replay rows.ndjson --config examples/puffer.yaml --windows windows.ndjson
  nocturne replay rows.ndjson --data /tmp/replay    killed, and started again, it goes on there
  nocturne replay rows.ndjson --json | tail -1      one JSON object

Time is the recording's own, so the same rows give the same digest, on any machine, for any
--partitions and --batch. A row is one JSON object a line; "map:" in the configuration makes
readings of foreign names.`

type ReplayFlags = {
  readonly config?: string
  readonly data?: string
  readonly windows?: string
  readonly transitions?: string
  readonly partitions: number
  readonly batch: number
  readonly json?: boolean
}

/** Adds `nocturne replay`. */
export function addReplay(program: Command, terminal: Terminal): void {
  program
    .command('replay <file>')
    .description('Run a recording through the whole path, as fast as it goes.')
    .option('--config <file>', 'the monitors, and how rows are read')
    .option('--data <folder>', 'keep the log here and continue a killed run; else a temporary one')
    .option('--windows <file>', 'write the final windows, one JSON object a line')
    .option('--transitions <file>', 'write every step of every alert')
    .option('--partitions <n>', 'partitions of the log', argument.integer(1, 64), 4)
    .option('--batch <n>', 'rows appended at a time', argument.integer(1, 1_000_000), 10_000)
    .option('--json', 'print the summary as one JSON object, on the last line')
    .addHelpText('after', LESSON)
    .action((file: string, flags: ReplayFlags) => replayFile(file, flags, terminal))
}

async function replayFile(path: string, flags: ReplayFlags, terminal: Terminal): Promise<void> {
  const { config: file, windows, transitions, data } = flags
  const { readConfig } = await import('../read-config.ts')
  const config = readConfig(file === undefined ? {} : { config: file }, terminal)
  const progress = { readBytes: 0, rows: 0 }
  const { replay } = await import('../../app/replay.ts')
  const work = replay({
    path,
    config,
    partitions: flags.partitions,
    batchRows: flags.batch,
    progress,
    rssMb: () => Math.round(process.resourceUsage().maxRSS / 1024),
    ...(data === undefined ? {} : { dataFolder: data }),
    ...(windows === undefined ? {} : { windowsPath: windows }),
    ...(transitions === undefined ? {} : { transitionsPath: transitions }),
  })
  const summary = await withProgressBar(terminal, { progress, bytesTotal: sizeOf(path) }, work)
  if (flags.json === true) terminal.print(JSON.stringify(summary))
  else terminal.print(summaryText(summary))
  if (summary.rows === 0 && summary.rejected > 0) {
    throw new NocturneError('CLI_NOTHING_UNDERSTOOD', path)
  }
}

/** Where it is missing, the replay itself says so. */
const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

const many = (count: number): string => count.toLocaleString('en')

function summaryText(summary: ReplaySummary): string {
  const { rows, rejected, late, windows, transitions, seconds } = summary
  return [
    `${many(rows)} rows in ${seconds} s: ${many(summary.rows_per_s)} rows/s, ${summary.rss_mb} MB`,
    `${many(rejected)} rejected, ${many(late)} too late for a monitor`,
    `${many(windows)} windows, ${many(transitions)} steps of alerts`,
    `digest ${summary.digest}`,
  ].join('\n')
}
