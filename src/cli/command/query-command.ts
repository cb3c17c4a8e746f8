import type { Command } from 'commander'
import type { AlertsView, StreamView } from '../../serve/contract.ts'
import { instant } from '../instant.ts'
import type { Terminal } from '../terminal.ts'
import { addHistoryQueries } from './query/history-queries.ts'
import { groupText, LESSON, show, subject, type Flags, type Table } from './query/query-table.ts'

/** Adds `nocturne query` and what can be asked. */
export function addQuery(program: Command, terminal: Terminal): void {
  const query = program
    .command('query')
    .description('Ask a running Nocturne, as a table or as JSON.')
    .addHelpText('after', LESSON)
  addAlerts(query, terminal)
  addRules(query, terminal)
  addWindows(query, terminal)
  addHistoryQueries(query, terminal)
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
