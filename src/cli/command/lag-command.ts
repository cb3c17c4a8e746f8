import type { Command } from 'commander'
import type { LagLine, LagView } from '../../serve/contract.ts'
import { systemClock } from '../../std/clock.ts'
import { argument } from '../argument.ts'
import { instant } from '../instant.ts'
import { hasCode } from '../has-code.ts'
import { apiUrl, getJson, SERVER_DEFAULT } from '../server-client.ts'
import type { Terminal } from '../terminal.ts'
import { textTable, type Cell } from '../text-table.ts'

const LESSON = `
Examples:
  nocturne lag                          every group, asked of the running Nocturne
  nocturne lag --group aggregate --json
  nocturne lag --data /var/lib/nocturne  what lies there while nobody runs

"position" is where a restart begins, "read" how far the running reader is beyond it: aggregate
and evaluate read rows of windows that are still open again. "rows" and "behind" count from the
farther of the two to the end of the log.`

type LagFlags = {
  readonly group?: string
  readonly json?: boolean
  readonly to: string
  readonly config?: string
  readonly data?: string
}

/** Adds `nocturne lag`. */
export function addLag(program: Command, terminal: Terminal): void {
  program
    .command('lag')
    .description('What each reader still has to read.')
    .option('--group <name>', 'this group alone')
    .option('--json', 'print the answer as JSON')
    .option('--to <url>', 'the running Nocturne', argument.server, SERVER_DEFAULT)
    .option('--config <file>', 'whose data folder to look into where no Nocturne answers')
    .option('--data <folder>', 'look into this data folder, and ask nobody')
    .addHelpText('after', LESSON)
    .action(async (flags: LagFlags) => show(await lagOf(flags, terminal), flags, terminal))
}

/** The running process holds its log, so that it is asked first. */
async function lagOf(flags: LagFlags, terminal: Terminal): Promise<LagView> {
  const { group, to, data } = flags
  if (data !== undefined) return lagThere(flags, terminal)
  try {
    return await getJson<LagView>(apiUrl(to, '/api/v1/lag', { group }))
  } catch (error) {
    if (!hasCode(error, 'CLI_SERVER_UNREACHABLE')) throw error
    return lagThere(flags, terminal)
  }
}

async function lagThere({ group, config, data }: LagFlags, terminal: Terminal): Promise<LagView> {
  const { readConfig } = await import('../read-config.ts')
  const { openLogThere } = await import('../../app/log/open-log.ts')
  const { lagView } = await import('../../serve/answer/lag-answer.ts')
  const flags = { ...(config !== undefined && { config }), ...(data !== undefined && { data }) }
  const log = await openLogThere(readConfig(flags, terminal))
  try {
    const only = group === undefined ? {} : { group }
    return await lagView({ log, now: systemClock.now(), readTo: () => undefined, ...only }, [])
  } finally {
    await log.close()
  }
}

function show(view: LagView, { json }: LagFlags, terminal: Terminal): void {
  if (json === true) return terminal.print(JSON.stringify(view))
  const { lines, total, gaps } = view
  if (lines.length === 0) return terminal.say('No such group has read anything.')
  const headings = ['group', 'topic', 'position', 'read', 'end', 'rows', 'behind', '']
  const sum: readonly Cell[] = ['total', '', '', '', '', total.rows, ageText(total.ms), '']
  terminal.print(textTable(headings, [...lines.map(cellsOf), sum]))
  for (const { reader, topic, partition, reason, from, to } of gaps) {
    const where = `${topic}/${partition}`
    terminal.say(
      `${reader} never got ${to - from} rows of ${where}, ${from} to ${to - 1}: ${reason}`,
    )
  }
}

const cellsOf = (line: LagLine): readonly Cell[] => [
  line.group,
  `${line.topic}/${line.partition}`,
  line.position ?? undefined,
  line.read ?? undefined,
  line.end,
  line.rows,
  ageText(line.ms),
  line.gone > 0 ? `${line.gone} expired` : '',
]

const ageText = (ms: number | null): string | undefined =>
  ms === null ? undefined : instant.ageText(ms)
