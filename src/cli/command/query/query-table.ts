import type { Command } from 'commander'
import { argument } from '../../argument.ts'
import { apiUrl, getJson, SERVER_DEFAULT, type Query } from '../../server-client.ts'
import type { Terminal } from '../../terminal.ts'
import { textTable, type Cell } from '../../text-table.ts'

/** What `--help` of each question ends with. */
export const LESSON = `
Examples:
  nocturne query alerts                                          what is open, worst first
  nocturne query rules                                           every rule and how it stands
  nocturne query windows --stream arena-1 --scope all            a stream's newest windows
  nocturne query worst --monitor tcp-retransmits --value retrans
  nocturne query series --monitor tcp-retransmits --group stream=arena-1 --group pop=ams1 \\
                        --scope ams1 --from 10m
  nocturne query series --monitor tcp-retransmits --group stream=arena-1 --group pop=ams1 \\
                        --scope ams1 --from 30d --merged --percentile 50
  nocturne query group --group stream=arena-1 --group pop=ams1 --scope ams1 --from 5m
  nocturne query history --fingerprint ad40c6e91ecec5d7 --from 30d
  nocturne query coverage --site ams1 --from 24h
  nocturne query alerts --json | jq '.alerts[].stream'

--json prints the answer of the API as it is.`

/** What every question takes. */
export type Flags = { readonly to: string; readonly json?: boolean }
type Shown = { readonly path: string; readonly query?: Query; readonly flags: Flags }
export type Table = {
  readonly headings: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  /** Said behind the table, to people alone. */
  readonly remark?: string | undefined
}

/** A subcommand of `query`. */
export const subject = (query: Command, name: string, description: string): Command =>
  query
    .command(name)
    .description(description)
    .option('--json', 'print the answer as JSON')
    .option('--to <url>', 'the running Nocturne', argument.server, SERVER_DEFAULT)
    .addHelpText('after', LESSON)

/** Asks, and prints the answer as it is or as a table. */
export async function show<Answer>(
  { path, query = {}, flags }: Shown,
  terminal: Terminal,
  tableOf: (answer: Answer) => Table,
): Promise<void> {
  const answer = await getJson<Answer>(apiUrl(flags.to, path, query))
  if (flags.json === true) return terminal.print(JSON.stringify(answer))
  const { headings, rows, remark } = tableOf(answer)
  if (rows.length === 0) terminal.say('Nothing.')
  else terminal.print(textTable(headings, rows))
  if (remark !== undefined) terminal.say(remark)
}

/** `stream=arena-1 pop=ams1`. */
export const groupText = (group: Readonly<Record<string, string>>): string =>
  Object.entries(group)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
