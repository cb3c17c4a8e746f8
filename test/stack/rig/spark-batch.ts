import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { programSettings } from '../../../src/spark/program-settings.ts'
import type { SiteProgram } from '../../../src/spark/site-program.ts'
import type { Relation, SparkSession } from '../../../src/spark/spark-session.ts'

/** A record of `readings` as Spark's Kafka source shows it; `value` absent: a tombstone. */
export type SourceRow = {
  readonly partition: number
  readonly timestamp: number
  readonly value?: Uint8Array
}

export type PaneBytes = { readonly key: Uint8Array; readonly value: Uint8Array }

/** What a batch made of rows: panes, and how many rows were refused, by reason. */
export type BatchOutcome = {
  readonly panes: readonly PaneBytes[]
  readonly refused: ReadonlyMap<string, number>
}

/** What `nocturne` sets for its sessions, and as few tasks as a test needs. */
export const sparkSettings: Readonly<Record<string, string>> = {
  ...programSettings,
  'spark.sql.shuffle.partitions': '2',
}

/** Rows in a file that shows the columns of the Kafka source. */
export async function sourceOf(folder: string, rows: readonly SourceRow[]): Promise<Relation> {
  const path = join(folder, 'rows.ndjson')
  const lines = rows.map(({ partition, timestamp, value }) =>
    JSON.stringify({ partition, timestamp, value: value?.toBase64() }),
  )
  await writeFile(path, lines.map((line) => `${line}\n`).join(''))
  return {
    kind: 'read',
    format: 'json',
    options: { timestampFormat: 'n' },
    paths: [path],
    schema: 'partition INT, timestamp LONG, value BINARY',
    isStreaming: false,
  }
}

/** Names the views of a program over a source that a batch reads. */
export async function nameViews(
  session: SparkSession,
  program: SiteProgram,
  source: Relation,
): Promise<void> {
  await session.view('source_rows', source)
  const query = 'SELECT partition, timestamp_millis(timestamp) AS timestamp, value FROM source_rows'
  for (const view of program.views({ kind: 'sql', query })) {
    await session.view(view.name, view.relation)
  }
}

/** The rows of a relation as a batch writes them. */
export async function rowsOf(session: SparkSession, input: Relation): Promise<readonly unknown[]> {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-spark-'))
  try {
    const path = join(folder, 'out')
    await session.write({ input, format: 'json', options: {}, path, mode: 'overwrite' })
    const names = (await readdir(path)).filter((name) => name.startsWith('part-'))
    const texts = await Promise.all(names.map((name) => readFile(join(path, name), 'utf8')))
    return texts.flatMap((text) => text.split('\n').filter((line) => line !== '')).map(parsed)
  } finally {
    await rm(folder, { recursive: true })
  }
}

const parsed = (line: string): unknown => JSON.parse(line)

/** Runs a program over rows to its end. */
export async function runBatch(
  session: SparkSession,
  program: SiteProgram,
  rows: readonly SourceRow[],
): Promise<BatchOutcome> {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-spark-'))
  try {
    await nameViews(session, program, await sourceOf(folder, rows))
    const panes = await rowsOf(session, program.statement)
    const seen = program.views(program.statement)[1]!.name
    const query = `SELECT refused, count(refused) AS n FROM ${seen} GROUP BY refused`
    const counts = await rowsOf(session, { kind: 'sql', query })
    return {
      panes: panes.map(paneBytes),
      refused: new Map(
        counts
          .filter((row) => member(row, 'refused') !== undefined)
          .map((row) => [`${member(row, 'refused')}`, Number(member(row, 'n'))]),
      ),
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

function paneBytes(row: unknown): PaneBytes {
  const [key, value] = [member(row, 'key'), member(row, 'value')]
  if (typeof key !== 'string' || typeof value !== 'string') throw new TypeError('no pane')
  return { key: Uint8Array.fromBase64(key), value: new TextEncoder().encode(value) }
}

function member(row: unknown, name: string): unknown {
  return typeof row === 'object' && row !== null
    ? Object.entries(row).find(([key]) => key === name)?.[1]
    : undefined
}
