import type { MonitorSpec } from '../model/monitor.ts'
import { readingLimits } from '../model/reading.ts'
import { weightOf } from '../sketch/weight.ts'
import { isUnsigned } from '../wire/fields/field-plan.ts'
import { fieldByName } from '../wire/reading-rules.ts'
import { columnOf, numberSql, textSql } from './compile-text.ts'
import { fieldsOfTest, type ReadField } from './compile-where.ts'

/** What rows are judged by. */
export type RowsGiven = {
  readonly site: string
  /** The site of rows that name none. */
  readonly ownSite: string
  /** Whose rows another query of the same topic reads. */
  readonly otherSites: readonly string[]
  readonly monitors: readonly MonitorSpec[]
  readonly skewMs: number
  readonly rates: readonly number[]
}

/** What is read of every row beside what monitors read. */
const OWN_FIELDS: readonly ReadField[] = [
  { name: 'ts', kind: 'number' },
  { name: 'site', kind: 'text' },
  { name: 'stream', kind: 'text' },
  { name: 'p', kind: 'number' },
  { name: 'sampled', kind: 'text' },
  { name: 'src', kind: 'text' },
  { name: 'spread', kind: 'number' },
  { name: 'final', kind: 'number' },
  { name: 'session', kind: 'text' },
  { name: 'conn', kind: 'text' },
  { name: 'client', kind: 'text' },
]

/** Why rows are refused, in the order in which they are asked. */
export const refusals = [
  'bytes',
  'json',
  'shape',
  'ts',
  'ts_unit',
  'ts_range',
  'stream',
  'p',
  'site',
  'skewed',
] as const

/** The fields that a query reads of every row, each once. */
export function fieldsRead(monitors: readonly MonitorSpec[]): readonly ReadField[] {
  const all = [...OWN_FIELDS, ...monitors.flatMap(fieldsOfMonitor)]
  return [...new Map(all.map((field) => [field.name, field])).values()]
}

function fieldsOfMonitor({ where, groupBy, aggregates }: MonitorSpec): readonly ReadField[] {
  const tests = [where, ...aggregates.map((aggregate) => aggregate.where)]
  return [
    ...groupBy.map((name): ReadField => ({ name, kind: 'text' })),
    ...tests.flatMap((test) => (test === undefined ? [] : fieldsOfTest(test))),
    ...aggregates.flatMap(({ kind, field }): readonly ReadField[] => {
      if (field === undefined) return []
      const isText = kind === 'distinct' || (kind === 'count' && isDimension(field))
      return [{ name: field, kind: isText ? 'text' : 'number' }]
    }),
  ]
}

const isDimension = (field: string): boolean => fieldByName.get(field)?.kind === 'X'

/** The weights that distinct counts keep a sketch for, rising; 1 is always one of them. */
export const weightsOf = (rates: readonly number[]): readonly number[] =>
  [...new Set([1, ...rates.map(weightOf)])].sort((a, b) => a - b)

/** Strict JSON, as deep and with numbers as long as a row has room for. */
const JSON_OPTIONS =
  "map('columnNameOfCorruptRecord', '_bad', 'allowSingleQuotes', 'false', " +
  `'maxNestingDepth', '${readingLimits.rowBytesMax}', 'maxNumLen', '${readingLimits.rowBytesMax}')`

/**
 * Every row of the source with its checked fields, and why it is refused. `from_json` takes a
 * number for a text, lets what is behind the closing brace pass, and keeps an earlier duplicate of
 * a field of wrong type; so rows that may have such things are read again as variants, which know
 * their types. Rows of our collectors promise not to.
 */
export function seenSql(raw: string, given: RowsGiven): string {
  const fields = fieldsRead(given.monitors)
  const typed = `SELECT partition, kts, text, is_odd, is_whole, is_object,
${fields.map((field) => `  ${typedSql(field)} AS ${columnOf(field.name)}`).join(',\n')}
FROM (${readSql(raw, fields)})`
  const checked = `SELECT partition, kts,
${fields.map((field) => `  ${checkedSql(field)} AS ${columnOf(field.name)}`).join(',\n')},
  ${faultSql()} AS fault
FROM (${typed})`
  const judged = `SELECT *, ${beatSql} AS beat, CASE WHEN fault IS NULL THEN CAST(f_ts AS BIGINT) END AS t,
  CASE WHEN fault IS NULL THEN coalesce(f_site, ${textSql(given.ownSite)}) ELSE ${textSql(given.ownSite)} END AS site,
  1D / coalesce(f_p, 1D) AS inverse, floor(1D / coalesce(f_p, 1D) + 0.5D) AS nearest
FROM (${checked})`
  const others = given.otherSites.map(textSql).join(', ')
  return `SELECT *, CASE WHEN fault IS NOT NULL THEN fault WHEN site <> ${textSql(given.site)} THEN 'site'
  WHEN t > kts + ${given.skewMs} AND NOT (beat AND f_final IS NOT NULL) THEN 'skewed' END AS refused,
  CASE WHEN fault IS NULL THEN CASE WHEN abs(inverse - nearest) <= 0.01D * inverse THEN CAST(nearest AS DOUBLE) ELSE inverse END END AS w
FROM (${judged})${others === '' ? '' : `\nWHERE site NOT IN (${others})`}`
}

const beatSql = `coalesce(f_src = 'beat', FALSE)`

/** The row's text, what it holds, and once more, with types, where that may be wrong. */
function readSql(raw: string, fields: readonly ReadField[]): string {
  const schema = fields.map(
    ({ name, kind }) => `\`${name}\` ${kind === 'text' ? 'STRING' : 'DOUBLE'}`,
  )
  const variants = fields.map(({ name }) => `\`${name}\` VARIANT`)
  const json = (types: readonly string[]): string =>
    `from_json(text, '${[...types, '_bad STRING'].join(', ')}', ${JSON_OPTIONS})`
  const { rowBytesMax } = readingLimits
  const texts = fields.filter(({ kind }) => kind === 'text').map(({ name }) => name)
  const oddText = `r'"(${texts.join('|')})"\\s*:\\s*[^"\\sn]'`
  return `SELECT *, CASE WHEN is_odd THEN ${json(variants)} END AS c,
  CASE WHEN is_odd THEN text RLIKE r'^\\s*\\{' END AS is_object,
  CASE WHEN is_odd THEN coalesce(size(from_json(concat('[', text, ']'), 'ARRAY<STRING>', ${JSON_OPTIONS})) = 1
    AND from_json(concat('{"r":', text, ',"z":1}'), 'r STRING, z INT, _bad STRING', ${JSON_OPTIONS}).z = 1, FALSE) END AS is_whole
FROM (SELECT *, text IS NOT NULL AND (is_strange OR coalesce(j._bad, '') <> '' OR j IS NULL) AS is_odd
FROM (SELECT *, CASE WHEN NOT is_strange THEN ${json(schema)} END AS j
FROM (SELECT *, contains(text, char(92)) OR NOT startswith(text, '{"v":1,')
    AND (position(X'7D', value) <> octet_length(value) OR text RLIKE ${oddText}) AS is_strange
FROM (SELECT *, CASE WHEN octet_length(value) <= ${rowBytesMax} AND is_valid_utf8(CAST(value AS STRING))
    AND position(X'00', value) = 0 THEN CAST(value AS STRING) END AS text
FROM (SELECT partition, unix_millis(timestamp) AS kts, coalesce(value, X'') AS value FROM ${raw})))))`
}

function typedSql({ name, kind }: ReadField): string {
  const plain = `j.\`${name}\``
  const variant = `c.\`${name}\``
  const type = `schema_of_variant(${variant})`
  const text = `CASE WHEN ${type} = 'STRING' THEN try_variant_get(${variant}, '$', 'string') END`
  const number = `CASE WHEN ${type} RLIKE '^(BIGINT|DECIMAL|DOUBLE)' THEN try_variant_get(${variant}, '$', 'double') END`
  if (kind === 'text') return `CASE WHEN is_odd THEN ${text} ELSE ${plain} END`
  // A rate that is there and no number refuses the row.
  const odd =
    name === 'p' ? `coalesce(${number}, CASE WHEN ${type} <> 'VOID' THEN -1D END)` : number
  return `CASE WHEN is_odd THEN ${odd} ELSE ${plain} END`
}

/** A value as it counts (formats.md 1.3), else NULL. `ts` and `p` are judged with the row. */
function checkedSql({ name, kind }: ReadField): string {
  const column = columnOf(name)
  if (name === 'ts' || name === 'p') return column
  const { textBytesMax, numberMax } = readingLimits
  if (kind === 'text') {
    const isClean = `octet_length(${column}) BETWEEN 1 AND ${textBytesMax} AND NOT (is_odd AND ${column} RLIKE r'[\\x00-\\x1f]')`
    return `CASE WHEN ${isClean} THEN ${column} END`
  }
  const min = isUnsigned(fieldByName.get(name)?.kind) ? '0D' : numberSql(-numberMax)
  return `CASE WHEN ${column} BETWEEN ${min} AND ${numberSql(numberMax)} THEN ${column} END`
}

function faultSql(): string {
  const { tsUnitMin, tsUnitMax, tsMin, tsMax, rateMin, textBytesMax, numberMax } = readingLimits
  return `CASE WHEN text IS NULL THEN 'bytes' WHEN is_odd AND NOT is_whole THEN 'json' WHEN is_odd AND NOT is_object THEN 'shape'
    WHEN f_ts IS NULL OR NOT abs(f_ts) <= ${numberSql(Number.MAX_VALUE)} OR abs(f_ts) < ${numberSql(numberMax)} AND f_ts <> floor(f_ts) THEN 'ts'
    WHEN abs(f_ts) NOT BETWEEN ${numberSql(tsUnitMin)} AND ${numberSql(tsUnitMax)} THEN 'ts_unit'
    WHEN f_ts NOT BETWEEN ${numberSql(tsMin)} AND ${numberSql(tsMax)} THEN 'ts_range'
    WHEN NOT coalesce(octet_length(f_stream) BETWEEN 1 AND ${textBytesMax}, FALSE) OR is_odd AND f_stream RLIKE r'[\\x00-\\x1f]' THEN 'stream'
    WHEN f_p NOT BETWEEN ${numberSql(rateMin)} AND 1D THEN 'p' END`
}

/**
 * Rows that count, each with what it stands for, and the event time by which state is let go of.
 * The last heartbeat of a replay is far ahead, so it is told and moves nothing here.
 */
export function rowsSql(seen: string, monitors: readonly MonitorSpec[]): string {
  const measured = monitors.flatMap(({ aggregates }) =>
    aggregates.flatMap(({ kind, field }) =>
      kind === 'quantile' && field !== undefined ? [field] : [],
    ),
  )
  const buckets = [...new Set(measured)].map(
    (field) => `,\n  ${bucketSql(columnOf(field))} AS ${bucketOf(field)}`,
  )
  return `SELECT *, CASE WHEN f_sampled = 'request' THEN 1D ELSE w END AS distinct_w,
  hash & 63 AS bucket, CASE WHEN hash & 64 <> 0 THEN -1D ELSE 1D END AS sign${buckets.join('')}
FROM (SELECT *, timestamp_millis(t) AS at, CASE WHEN w <> 1D THEN sqrt(w * (w - 1D)) END AS root,
  CASE WHEN w <> 1D THEN CASE WHEN name IS NULL OR f_sampled = 'request' THEN hash(name, t) ELSE hash(name) END END AS hash
FROM (SELECT *, coalesce(f_session, f_conn, f_client) AS name FROM ${seen}
WHERE refused IS NULL AND NOT (beat AND f_final IS NOT NULL)))`
}

/** Where the bucket of a quantile's field stands (Z9). */
export const bucketOf = (field: string): string => `b_${field}`

const LN_GAMMA = '0.020000666706669435D'

function bucketSql(column: string): string {
  const units = `floor(${column} * 1000D + 0.5D)`
  return `CAST(CASE WHEN ${units} > 0 THEN ceil(ln(${units}) / ${LN_GAMMA}) WHEN ${units} = 0 THEN -1
    WHEN ${units} < 0 THEN -2 - ceil(ln(-${units}) / ${LN_GAMMA}) END AS INT)`
}
