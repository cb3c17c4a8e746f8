import { InvalidArgumentError, type Command } from 'commander'
import type { AlertsView, SeriesView, StreamView } from '../../serve/contract.ts'
import type { WindowResult } from '../../model/window-result.ts'
import { systemClock } from '../../std/clock.ts'
import { argument } from '../argument.ts'
import { instant } from '../instant.ts'
import { apiUrl, getJson, SERVER_DEFAULT, type Query } from '../server-client.ts'
import type { Terminal } from '../terminal.ts'
import { textTable, type Cell } from '../text-table.ts'

const LESSON = `
Examples:
  nocturne query alerts                                          what is open, worst first
  nocturne query rules                                           every rule and how it stands
  nocturne query windows --stream arena-1 --scope all            a stream's newest windows
  nocturne query worst --monitor tcp-retransmits --value retrans
  nocturne query series --monitor tcp-retransmits --group stream=arena-1 --group pop=ams1 \\
                        --scope ams1 --from 10m
  nocturne query alerts --json | jq '.alerts[].stream'

--json prints the answer of the API as it is.`

type Flags = { readonly to: string; readonly json?: boolean }
type Shown = { readonly path: string; readonly query?: Query; readonly flags: Flags }
type Table = { readonly headings: readonly string[]; readonly rows: readonly (readonly Cell[])[] }

/** Adds `nocturne query` and what can be asked. */
export function addQuery(program: Command, terminal: Terminal): void {
  const query = program
    .command('query')
    .description('Ask a running Nocturne, as a table or as JSON.')
    .addHelpText('after', LESSON)
  addAlerts(query, terminal)
  addRules(query, terminal)
  addWindows(query, terminal)
  addWorst(query, terminal)
  addSeries(query, terminal)
}

const subject = (query: Command, name: string, description: string): Command =>
  query
    .command(name)
    .description(description)
    .option('--json', 'print the answer as JSON')
    .option('--to <url>', 'the running Nocturne', argument.server, SERVER_DEFAULT)
    .addHelpText('after', LESSON)

async function show<Answer>(
  { path, query = {}, flags }: Shown,
  terminal: Terminal,
  tableOf: (answer: Answer) => Table,
): Promise<void> {
  const answer = await getJson<Answer>(apiUrl(flags.to, path, query))
  if (flags.json === true) return terminal.print(JSON.stringify(answer))
  const { headings, rows } = tableOf(answer)
  if (rows.length === 0) terminal.say('Nothing.')
  else terminal.print(textTable(headings, rows))
}

function addAlerts(query: Command, terminal: Terminal): void {
  subject(query, 'alerts', 'Open alerts.').action((flags: Flags) =>
    show({ path: '/api/alerts', flags }, terminal, ({ now, alerts }: AlertsView): Table => ({
      headings: ['level', 'alert', 'stream', 'scope', 'state', 'for', 'acked by', 'what'],
      rows: alerts.map((alert) => [
        alert.level,
        alert.alert,
        alert.stream,
        alert.scope,
        alert.condition,
        instant.ageText(now - alert.active_at),
        alert.ack?.by ?? '',
        alert.title,
      ]),
    })),
  )
}

type RulesAnswer = {
  readonly data: {
    readonly groups: readonly {
      readonly name: string
      readonly rules: readonly {
        readonly name: string
        readonly state: string
        readonly query: string
        readonly alerts: readonly unknown[]
      }[]
    }[]
  }
}

function addRules(query: Command, terminal: Terminal): void {
  subject(query, 'rules', 'Rules, and how each stands.').action((flags: Flags) =>
    show({ path: '/api/v1/rules', flags }, terminal, ({ data }: RulesAnswer): Table => ({
      headings: ['monitor', 'alert', 'state', 'open', 'opens at'],
      rows: data.groups.flatMap(({ name, rules }) =>
        rules.map((rule) => [name, rule.name, rule.state, rule.alerts.length, rule.query]),
      ),
    })),
  )
}

function addWindows(query: Command, terminal: Terminal): void {
  subject(query, 'windows', 'The newest windows of one stream.')
    .requiredOption('--stream <name>', 'the stream')
    .option('--scope <site>', 'a site, or all', 'all')
    .action(({ stream, scope, ...flags }: Flags & { stream: string; scope: string }) =>
      show(
        { path: '/api/stream', query: { stream, scope }, flags },
        terminal,
        ({ lines }: StreamView): Table => ({
          headings: ['monitor', 'group', 'value', '', 'age', 'complete'],
          rows: lines.flatMap((line) =>
            line.names.map((name) => [
              line.monitor,
              groupText(line.group),
              name,
              line.values[name],
              line.age_ms === null ? undefined : instant.ageText(line.age_ms),
              line.complete ? 'yes' : 'no',
            ]),
          ),
        }),
      ),
    )
}

type WorstFlags = Flags & {
  readonly monitor: string
  readonly value: string
  readonly order: string
  readonly limit: number
}

function addWorst(query: Command, terminal: Terminal): void {
  subject(query, 'worst', 'The worst groups of a monitor now.')
    .requiredOption('--monitor <id>', 'the monitor')
    .requiredOption('--value <name>', 'what to order by')
    .option('--order <order>', 'highest or lowest', 'highest')
    .option('--limit <n>', 'groups at most', argument.integer(1, 500), 20)
    .action(({ monitor, value, order, limit, ...flags }: WorstFlags) =>
      show(
        { path: '/api/worst', query: { monitor, value, order, limit }, flags },
        terminal,
        ({ now, windows }: { now: number; windows: readonly WindowResult[] }): Table => ({
          headings: ['scope', 'group', value, 'age', 'complete'],
          rows: windows.map((window) => [
            window.scope,
            groupText(window.group),
            window.values[value],
            instant.ageText(now - window.end),
            window.complete ? 'yes' : 'no',
          ]),
        }),
      ),
    )
}

type SeriesFlags = Flags & {
  readonly monitor: string
  readonly scope: string
  readonly group: Readonly<Record<string, string>>
  readonly from: number
  readonly until: number
}

function addSeries(query: Command, terminal: Terminal): void {
  const now = systemClock.now()
  const at = (text: string): number => instant.read(text, now)
  subject(query, 'series', 'One group over time.')
    .requiredOption('--monitor <id>', 'the monitor')
    .option('--group <name=value>', 'the group, once a field', groupField, {})
    .option('--scope <site>', 'a site, or all', 'all')
    .option('--from <instant>', 'from when, such as 10m (ago)', at, now - 600_000)
    .option('--until <instant>', 'until when', at, now)
    .action(({ monitor, group, scope, from, until, ...flags }: SeriesFlags) => {
      const fields = { monitor, scope, group: JSON.stringify(group), from, to: until }
      return show({ path: '/api/series', query: fields, flags }, terminal, seriesTable)
    })
}

function seriesTable({ ends, complete, values }: SeriesView): Table {
  const names = Object.keys(values)
  return {
    headings: ['end', ...names, 'complete'],
    rows: ends.map((end, i) => [
      instant.text(end),
      ...names.map((name) => values[name]?.[i] ?? undefined),
      complete[i] === true ? 'yes' : 'no',
    ]),
  }
}

function groupField(
  text: string,
  before: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const [, name, value] = /^([^=]+)=(.+)$/.exec(text) ?? []
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError('write name=value, such as stream=arena-1.')
  }
  return { ...before, [name]: value }
}

const groupText = (group: Readonly<Record<string, string>>): string =>
  Object.entries(group)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
