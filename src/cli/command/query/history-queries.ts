import { InvalidArgumentError, type Command } from 'commander'
import type { Step, Told } from '../../../model/step.ts'
import type { WindowResult } from '../../../model/window-result.ts'
import type { CoverageView, GroupView, HistoryView, SeriesView } from '../../../serve/contract.ts'
import { systemClock } from '../../../std/clock.ts'
import { argument } from '../../argument.ts'
import { instant } from '../../instant.ts'
import type { Terminal } from '../../terminal.ts'
import { groupText, show, subject, type Flags, type Table } from './query-table.ts'

const now = (): number => systemClock.now()
const at = (text: string): number => instant.read(text, now())

type Span = Flags & { readonly from: number; readonly until: number }

/** Adds what is asked of the store. */
export function addHistoryQueries(query: Command, terminal: Terminal): void {
  addWorst(query, terminal)
  addSeries(query, terminal)
  addGroup(query, terminal)
  addHistory(query, terminal)
  addCoverage(query, terminal)
}

const withSpan = (command: Command, ms: number): Command =>
  command
    .option('--from <instant>', 'from when, such as 10m (ago)', at, now() - ms)
    .option('--until <instant>', 'until when', at, now())

type WorstFlags = Flags & {
  readonly monitor: string
  readonly value: string
  readonly order: string
  readonly skip: number
  readonly limit: number
}

function addWorst(query: Command, terminal: Terminal): void {
  subject(query, 'worst', 'The worst groups of a monitor now.')
    .requiredOption('--monitor <id>', 'the monitor')
    .requiredOption('--value <name>', 'what to order by')
    .option('--order <order>', 'highest or lowest', 'highest')
    .option('--skip <n>', 'leave out so many of the worst', argument.integer(0, 10_000), 0)
    .option('--limit <n>', 'groups at most', argument.integer(1, 500), 20)
    .action(({ monitor, value, order, skip, limit, ...flags }: WorstFlags) =>
      show(
        { path: '/api/worst', query: { monitor, value, order, skip, limit }, flags },
        terminal,
        (answer: { now: number; windows: readonly WindowResult[] }): Table => ({
          headings: ['scope', 'group', value, 'age', 'complete'],
          rows: answer.windows.map((window) => [
            window.scope,
            groupText(window.group),
            window.values[value],
            instant.ageText(answer.now - window.end),
            window.complete ? 'yes' : 'no',
          ]),
        }),
      ),
    )
}

type SeriesFlags = Span & {
  readonly monitor: string
  readonly scope: string
  readonly group: Readonly<Record<string, string>>
  readonly points: number
  readonly tier?: string
  readonly percentile?: number
  readonly merged?: boolean
}

function addSeries(query: Command, terminal: Terminal): void {
  withSpan(subject(query, 'series', 'One group over time, up to 400 days.'), 600_000)
    .requiredOption('--monitor <id>', 'the monitor')
    .option('--group <name=value>', 'the group, once a field', groupField, {})
    .option('--scope <site>', 'a site, or all', 'all')
    .option('--points <n>', 'points at most', argument.integer(2, 600), 600)
    .option('--tier <tier>', 'live, minute or hour; the coarsest that is fine enough by default')
    .option('--percentile <n>', 'this one of each quantile too', argument.integer(0, 100))
    .option('--merged', 'the result over all of it together')
    .action(({ monitor, group, scope, from, until, ...rest }: SeriesFlags) => {
      const { points, tier, percentile, merged, ...flags } = rest
      const fields = { monitor, scope, group: JSON.stringify(group), from, to: until }
      const merge = merged === true ? 1 : 0
      const asked = { ...fields, points, tier, percentile, merge }
      return show({ path: '/api/series', query: asked, flags }, terminal, seriesTable)
    })
}

function seriesTable({ ends, complete, values, parts, merged, next }: SeriesView): Table {
  const names = Object.keys(values)
  const rows = ends.map((end, i) => [
    instant.text(end),
    ...names.map((name) => values[name]?.[i] ?? undefined),
    complete[i] === true ? 'yes' : 'no',
  ])
  const together = ['together', ...names.map((name) => merged?.[name]), '']
  const told = parts.map(({ tier, from }) => `${tier} from ${instant.text(from)}`).join(', ')
  const more = next === null ? '' : `; more from ${instant.text(next)}`
  return {
    headings: ['end', ...names, 'complete'],
    rows: merged ? [...rows, together] : rows,
    remark: rows.length === 0 ? undefined : `${told}${more}`,
  }
}

type GroupFlags = Span & Pick<SeriesFlags, 'scope' | 'group'>

function addGroup(query: Command, terminal: Terminal): void {
  withSpan(subject(query, 'group', 'One group in all monitors that group alike.'), 600_000)
    .option('--group <name=value>', 'the group, once a field', groupField, {})
    .option('--scope <site>', 'a site, or all', 'all')
    .action(({ group, scope, from, until: to, ...flags }: GroupFlags) =>
      show(
        { path: '/api/group', query: { group: JSON.stringify(group), scope, from, to }, flags },
        terminal,
        ({ lines }: GroupView): Table => ({
          headings: ['monitor', 'value', 'least', 'greatest', 'newest'],
          rows: lines.flatMap(({ monitor, values }) =>
            Object.entries(values).map(([name, column]) => [monitor, name, ...summary(column)]),
          ),
        }),
      ),
    )
}

function summary(column: readonly (number | null)[]): readonly (number | undefined)[] {
  const known = column.filter((value) => value !== null)
  if (known.length === 0) return []
  return [Math.min(...known), Math.max(...known), known.at(-1)]
}

type HistoryFlags = Span & {
  readonly fingerprint?: string
  readonly limit: number
  readonly cursor?: string
}

function addHistory(query: Command, terminal: Terminal): void {
  withSpan(subject(query, 'history', 'Steps of one alert, or of all, with evidence.'), 86_400_000)
    .option('--fingerprint <id>', 'the alert, as "query alerts --json" names it')
    .option('--limit <n>', 'steps at most', argument.integer(1, 500), 100)
    .option('--cursor <place>', 'where the page before ended')
    .action(({ fingerprint, limit, cursor, from, until: to, ...flags }: HistoryFlags) =>
      show(
        { path: '/api/history', query: { fingerprint, limit, cursor, from, to }, flags },
        terminal,
        historyTable,
      ),
    )
}

function historyTable({ records, next }: HistoryView): Table {
  const rows = (records as readonly (Step | Told)[]).map((record) =>
    record.kind === 'notice'
      ? [instant.text(record.sent), '', 'told', record.receiver, record.outcome]
      : [
          instant.text(record.at),
          record.alert,
          record.step,
          record.reason,
          Object.entries(record.value)
            .map(([name, value]) => `${name}=${value}`)
            .join(' '),
        ],
  )
  return {
    headings: ['at', 'alert', 'step', 'reason', 'evidence'],
    rows,
    remark: next === null ? undefined : `more with --cursor ${next}`,
  }
}

function addCoverage(query: Command, terminal: Terminal): void {
  withSpan(subject(query, 'coverage', 'How complete a site was, by the minute.'), 86_400_000)
    .requiredOption('--site <id>', 'the site')
    .action(({ site, from, until: to, ...flags }: Span & { readonly site: string }) =>
      show({ path: '/api/coverage', query: { site, from, to }, flags }, terminal, coverageTable),
    )
}

function coverageTable({ minutes, over, known, whole, next }: CoverageView): Table {
  return {
    headings: ['minute', 'reported', 'expected', 'rows', 'late', 'rejected', 'lag ms'],
    rows: minutes.map((minute) => [
      instant.text(minute.at),
      minute.reported,
      minute.expected,
      minute.rows,
      minute.late,
      minute.rejected,
      minute.lag_ms ?? undefined,
    ]),
    remark:
      `of ${over} minutes ${known} are known, and ${whole} complete` +
      (next === null ? '' : `; more from ${instant.text(next)}`),
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
