import type { SQLOutputValue } from 'node:sqlite'
import type { WindowResult } from '../../model/window-result.ts'

/** A row as SQLite answers it, by column. */
export type Row = Readonly<Record<string, SQLOutputValue>>

/** Columns that a window and a roll-up have in common, in the order of their tables. */
export const COMMON = [
  ...['rev', 'start', 'definition', 'closed', 'complete', 'corrected', 'count', 'vals'],
  ...['expected', 'reported', 'missing', 'event_at', 'read_at', 'pane_at', 'closed_at', 'errors'],
] as const

/** What replaces a row by one of a higher revision. */
export const REPLACING = COMMON.map((name) => `${name} = excluded.${name}`).join(', ')

/** The common columns of a window; `definition` is the number of its name. */
export function commonOf(window: WindowResult, definition: number) {
  const { sources, receipt, stderr } = window
  return [
    window.rev,
    window.start,
    definition,
    Number(window.closed),
    Number(window.complete),
    Number(window.corrected),
    window.rows,
    JSON.stringify(window.values),
    sources.expected,
    sources.reported,
    missingText(sources),
    receipt.event,
    receipt.read,
    receipt.pane,
    receipt.closed,
    stderr === undefined ? null : JSON.stringify(stderr),
  ] as const
}

/** The window behind a row that also has `stem`, `scope`, `grp` and `definition_name`. */
export function windowOf(monitor: string, row: Row): WindowResult {
  const instant = (name: string): number | null => (row[name] === null ? null : Number(row[name]))
  const end = Number(row['end'])
  const errors = row['errors'] ?? null
  return {
    v: 1,
    id: `${String(row['stem'])}|${end}`,
    scope: String(row['scope']),
    monitor,
    definition: String(row['definition_name']),
    group: Object.fromEntries(JSON.parse(String(row['grp']))),
    start: Number(row['start']),
    end,
    rev: Number(row['rev']),
    closed: row['closed'] === 1,
    rows: Number(row['count']),
    values: JSON.parse(String(row['vals'])),
    ...(errors === null ? {} : { stderr: JSON.parse(String(errors)) }),
    sources: {
      expected: Number(row['expected']),
      reported: Number(row['reported']),
      ...missingOf(row['missing']),
    },
    complete: row['complete'] === 1,
    corrected: row['corrected'] === 1,
    receipt: {
      event: instant('event_at'),
      read: instant('read_at'),
      pane: instant('pane_at'),
      closed: instant('closed_at'),
    },
  }
}

type Missing = Pick<WindowResult['sources'], 'missing' | 'sites'>

/** What is missing, and beside it how many sites there are where there are several. */
const missingText = ({ missing, sites }: WindowResult['sources']): string | null => {
  if (sites !== undefined) return JSON.stringify({ missing, sites })
  return missing.length === 0 ? null : JSON.stringify(missing)
}

function missingOf(text: Row[string] | undefined): Missing {
  if (text === null || text === undefined) return { missing: [] }
  const read: readonly string[] | Missing = JSON.parse(String(text))
  return 'missing' in read ? read : { missing: read }
}
