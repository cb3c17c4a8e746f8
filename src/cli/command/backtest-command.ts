import type { Command } from 'commander'
import type { BacktestSummary } from '../../app/offline/backtest.ts'
import { argument } from '../argument.ts'
import { instant } from '../instant.ts'
import { stopSignal } from '../stop-signal.ts'
import type { Terminal } from '../terminal.ts'

const LESSON = `
Examples:
  nocturne backtest --from 2h --config new.yaml          what these rules had done since then
  nocturne backtest --from 2026-11-22T20:00 --to 2026-11-22T21:00 --windows windows.ndjson
  nocturne backtest --from 1h --engine own --json        and with --engine spark: one digest

Rows are those that the log of the configuration still has, by when they were appended, in this
machine's zone unless it says another. Nobody is told of anything. Spark reads Kafka alone. With
engine spark the batch is the streaming query's own text: what the stream refuses as too late is in
it. Panes lie in a topic of their own meanwhile, and here in memory partition by partition: an hour
of a large site is a good span, a day of it is not.`

type BacktestFlags = {
  readonly config?: string
  readonly data?: string
  readonly engine?: 'own' | 'spark'
  readonly from: number
  readonly to?: number
  readonly windows?: string
  readonly transitions?: string
  readonly json?: boolean
}

/** Adds `nocturne backtest`. */
export function addBacktest(program: Command, terminal: Terminal): void {
  const time = (text: string): number => instant.read(text, Date.now())
  program
    .command('backtest')
    .description('Fold rows that the log still has by other rules, or by another engine.')
    .requiredOption('--from <time>', 'rows appended since then: 2h (ago), RFC 3339, epoch ms', time)
    .option('--to <time>', 'and before then; all that are there, when not said', time)
    .option('--config <file>', 'the monitors, and where rows are')
    .option('--data <folder>', 'where rows are, if not in Kafka')
    .option('--engine <name>', 'who makes panes of rows: own or spark', argument.engine)
    .option('--windows <file>', 'write the final windows, one JSON object a line')
    .option('--transitions <file>', 'write every step of every alert')
    .option('--json', 'print the summary as one JSON object, on the last line')
    .addHelpText('after', LESSON)
    .action((flags: BacktestFlags) => backtestBy(flags, terminal))
}

async function backtestBy(flags: BacktestFlags, terminal: Terminal): Promise<void> {
  const { config: file, data, engine, from, to = Date.now(), windows, transitions } = flags
  const { readConfig } = await import('../read-config.ts')
  const config = readConfig(
    {
      ...(file !== undefined && { config: file }),
      ...(data !== undefined && { data }),
      ...(engine !== undefined && { engine }),
    },
    terminal,
  )
  const { openLogThere } = await import('../../app/log/open-log.ts')
  const log = await openLogThere(config)
  const { signal, release } = stopSignal()
  try {
    const { backtest } = await import('../../app/offline/backtest.ts')
    const summary = await backtest({
      config,
      log,
      engine: config.aggregate.engine,
      fromMs: from,
      toMs: to,
      signal,
      rssMb: () => Math.round(process.resourceUsage().maxRSS / 1024),
      ...(windows !== undefined && { windowsPath: windows }),
      ...(transitions !== undefined && { transitionsPath: transitions }),
    })
    terminal.print(flags.json === true ? JSON.stringify(summary) : summaryText(summary))
  } finally {
    release()
    await log.close()
  }
}

const many = (count: number): string => count.toLocaleString('en')

function summaryText(summary: BacktestSummary): string {
  const { engine, records, cut, rows, rejected, late, panes, windows, transitions } = summary
  const { seconds, records_per_s: perSecond } = summary
  const lines = [
    `${many(records)} records in ${seconds} s by ${engine}: ${many(perSecond)} a second`,
    `${many(rows)} rows, ${many(rejected)} rejected, ${many(late)} too late; ${many(panes)} panes`,
    `${many(windows)} windows, ${many(transitions)} steps of alerts`,
    `digest ${summary.digest}`,
  ]
  if (cut) lines.push('the log begins within the span: earlier rows of it may have expired')
  if (summary.left !== undefined) {
    lines.push(`topic ${summary.left} is left, since we could not delete it; its records expire`)
  }
  return lines.join('\n')
}
