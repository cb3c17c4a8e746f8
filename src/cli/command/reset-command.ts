import { InvalidArgumentError, type Command } from 'commander'
import type { ResetPlan, ResetTarget } from '../../app/positions/reset-group.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { systemClock } from '../../std/clock.ts'
import { hasCode } from '../has-code.ts'
import { instant } from '../instant.ts'
import type { Terminal } from '../terminal.ts'
import { textTable } from '../text-table.ts'

const LESSON = `
Examples:
  nocturne reset --group aggregate --to 2026-11-22T03:00 --dry-run
  nocturne reset --group evaluate --to 2h              two hours ago
  nocturne reset --group record-windows --to earliest  fill the store from the log again
  nocturne reset --group aggregate --to 3:120000       partition 3 alone, to this offset
  nocturne reset --group send/noc --to latest --yes    what is not told yet never will be

A time is when a row was appended, in this machine's zone unless it says another. Nobody may read
meanwhile: stop "nocturne up" first. What is read again changes nothing that is already right.`

type ResetFlags = {
  readonly group: string
  readonly to: ResetTarget
  readonly topic?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly config?: string
  readonly data?: string
}

/** Adds `nocturne reset`. */
export function addReset(program: Command, terminal: Terminal): void {
  program
    .command('reset')
    .description('Set where a reader goes on, while nobody reads.')
    .requiredOption('--group <name>', 'the group; nocturne lag lists them')
    .requiredOption('--to <where>', 'a time, earliest, latest or partition:offset', target)
    .option('--topic <name>', 'where the group reads several')
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('--yes', 'skip rows, forget open alerts or tell people again, where that follows')
    .option('--config <file>', 'whose data folder it is')
    .option('--data <folder>', 'the data folder')
    .addHelpText('after', LESSON)
    .action((flags: ResetFlags) => reset(flags, terminal))
}

function target(text: string): ResetTarget {
  if (text === 'earliest' || text === 'latest') return text
  const [, partition, offset] = /^(\d{1,4}):(\d{1,15})$/.exec(text) ?? []
  if (partition !== undefined) return { partition: Number(partition), offset: Number(offset) }
  try {
    return { atMs: instant.read(text, systemClock.now()) }
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    const times = 'a time such as 2026-11-22T03:00 or 2h (ago)'
    throw new InvalidArgumentError(`write ${times}, earliest, latest or partition:offset.`)
  }
}

async function reset(flags: ResetFlags, terminal: Terminal): Promise<void> {
  const { group, topic, to, config, data, dryRun } = flags
  const { readConfig } = await import('../read-config.ts')
  const { openLogThere } = await import('../../app/log/open-log.ts')
  const { planReset, applyReset } = await import('../../app/positions/reset-group.ts')
  const files = { ...(config !== undefined && { config }), ...(data !== undefined && { data }) }
  const read = readConfig(files, terminal)
  const log = await openLogThere(read).catch((error: unknown) => {
    if (!hasCode(error, 'LOG_LOCKED')) throw error
    throw new NocturneError('LOG_GROUP_ACTIVE', `${group} in ${read.dataFolder}`, { cause: error })
  })
  try {
    const plan = await planReset(log, { group, to, ...(topic !== undefined && { topic }) })
    show(plan, terminal)
    if (dryRun === true) return terminal.say('Nothing was changed.')
    const needed = plan.moves.length > 0 ? whyAsk(plan) : undefined
    if (needed !== undefined && flags.yes !== true) {
      throw new NocturneError('GROUP_RESET_REFUSED', `${needed}; say --yes if that is meant`)
    }
    await applyReset(log, plan)
    terminal.say(`${group} goes on there at the next start.`)
  } finally {
    await log.close()
  }
}

function show({ topic, moves }: ResetPlan, terminal: Terminal): void {
  const rows = moves.map(({ partition, from, to, again, skipped }) => [
    `${topic}/${partition}`,
    from,
    to,
    again,
    skipped,
  ])
  terminal.print(textTable(['partition', 'from', 'to', 'read again', 'skipped'], rows))
}

/** What cannot be taken back, and so is asked for. */
function whyAsk({ group, moves, openAlerts }: ResetPlan): string | undefined {
  const skipped = moves.reduce((sum, move) => sum + move.skipped, 0)
  const again = moves.reduce((sum, move) => sum + move.again, 0)
  if (skipped > 0) return `${skipped} rows would never be read by ${group}`
  if (openAlerts > 0) {
    return `${openAlerts} open alerts would be forgotten, and come again only by rows after that`
  }
  const isTelling = group.startsWith('send/') && again > 0
  return isTelling
    ? `${again} records would be gone through again and people told twice`
    : undefined
}
