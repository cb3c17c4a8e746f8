import type { MonitorSpec } from '../model/monitor.ts'
import { readingLimits } from '../model/reading.ts'
import { isUnsigned } from '../wire/fields/field-plan.ts'
import { fieldByName } from '../wire/reading-rules.ts'
import { columnOf, numberSql } from './compile-text.ts'
import { fieldsOfTest, type ReadField } from './compile-where.ts'

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
  // What clusters go by (Z18).
  { name: 'session', kind: 'text' },
  { name: 'conn', kind: 'text' },
  { name: 'client', kind: 'text' },
]

/** The fields that a query reads of every row, each once. */
export function fieldsRead(monitors: readonly MonitorSpec[]): readonly ReadField[] {
  const all = [...OWN_FIELDS, ...monitors.flatMap(fieldsOfMonitor)]
  return [...new Map(all.map((field) => [field.name, field])).values()]
}

/** The fields that one monitor reads, as often as it reads them, and as what. */
export function fieldsOfMonitor(monitor: MonitorSpec): readonly ReadField[] {
  const { where, groupBy, aggregates } = monitor
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

/**
 * Spark reads and names nested values by recursion, and a stack that overflows ends the executor:
 * what is nested deeper than this is refused as `json`.
 */
const NESTING_MAX = 200

/** Strict JSON, with numbers as long as a row has room for. */
const JSON_OPTIONS = [
  ['columnNameOfCorruptRecord', '#bad'],
  ['allowSingleQuotes', 'false'],
  ['allowNonNumericNumbers', 'false'],
  ['maxNestingDepth', `${NESTING_MAX}`],
  ['maxNumLen', `${readingLimits.rowBytesMax}`],
]
  .map(([name, value]) => `'${name}', '${value}'`)
  .join(', ')

const parseSql = (text: string, schema: readonly string[]): string =>
  `from_json(${text}, '${schema.join(', ')}', map(${JSON_OPTIONS}))`

/** Holds the row where a wanted value is of wrong type, or the row is no JSON; no field's name. */
const BAD = '`#bad` STRING'

/** Escapes of half a character, which JSON.parse keeps and UTF-8 cannot. */
const LONE_HALF =
  String.raw`(?<!\\)((?:\\\\)*)(?:\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})` +
  String.raw`|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2})`

/**
 * The source's rows with their fields as they were written, each layer a SELECT over the one
 * before. `from_json` takes a number for a text, lets what is behind the closing brace pass, and
 * keeps an earlier duplicate where the last is of wrong type. So a row that may have such things is
 * *odd* and is read again, as variants, which know their types: one with a backslash, with a brace
 * before its end, or with a value of wrong type; where texts are wanted that takes a look at the
 * row's own text, and rows of our collectors promise by `{"v":1,` that it finds nothing.
 */
export function parseLayers(fields: readonly ReadField[]): readonly string[] {
  const schemaOf = (typeOf: (field: ReadField) => string): readonly string[] => [
    ...fields.map((field) => `\`${field.name}\` ${typeOf(field)}`),
    BAD,
  ]
  const schema = schemaOf(({ kind }) => (kind === 'text' ? 'STRING' : 'DOUBLE'))
  const variants = schemaOf(() => 'VARIANT')
  const texts = fields.filter(({ kind }) => kind === 'text').map(({ name }) => name)
  const oddText = String.raw`r'"(${texts.join('|')})"\s*:\s*[^"\sn]'`
  const wholeText = String.raw`regexp_replace(text, r'${LONE_HALF}', r'$1\\ufffd')`
  const whole = [
    `size(${parseSql(`concat('[', text, ']')`, ['ARRAY<STRING>'])}) = 1`,
    `${parseSql(`concat('{"r":', text, ',"z":1}')`, ['r STRING', 'z INT', BAD])}.z = 1`,
  ]
  return [
    `SELECT partition, unix_millis(timestamp) AS kts, coalesce(value, X'') AS value`,
    `SELECT *, CASE WHEN octet_length(value) <= ${readingLimits.rowBytesMax}
  AND is_valid_utf8(CAST(value AS STRING)) THEN CAST(value AS STRING) END AS text`,
    `SELECT *, contains(text, char(92)) OR position(X'7D', value) <> octet_length(value)
  OR NOT startswith(text, '{"v":1,') AND text RLIKE ${oddText} AS is_strange`,
    `SELECT *, CASE WHEN NOT is_strange THEN ${parseSql('text', schema)} END AS j`,
    `SELECT *, text IS NOT NULL AND (is_strange OR j IS NULL OR j.\`#bad\` IS NOT NULL) AS is_odd`,
    `SELECT *, CASE WHEN is_odd THEN ${parseSql(wholeText, variants)} END AS c,
  CASE WHEN NOT is_odd THEN NULL WHEN contains(text, CAST(X'00' AS STRING)) THEN 'bytes'
    WHEN NOT coalesce(${whole.join('\n    AND ')}, FALSE) THEN 'json'
    WHEN NOT text RLIKE r'^\\s*\\{' THEN 'shape' END AS odd_fault`,
    `SELECT partition, kts, text, is_odd, odd_fault,
  ${columnsOf(fields, typedSql)}`,
    `SELECT partition, kts, ${faultSql()} AS fault,
  ${columnsOf(fields, checkedSql)}`,
  ]
}

const columnsOf = (fields: readonly ReadField[], of: (field: ReadField) => string): string =>
  fields.map((field) => `${of(field)} AS ${columnOf(field.name)}`).join(',\n  ')

function typedSql({ name, kind }: ReadField): string {
  const plain = `CASE WHEN NOT is_odd THEN j.\`${name}\``
  const variant = `c.\`${name}\``
  const type = `schema_of_variant(${variant})`
  const as = (sql: string): string => `try_variant_get(${variant}, '$', '${sql}')`
  if (kind === 'text') return `${plain} WHEN ${type} = 'STRING' THEN ${as('string')} END`
  const number = `WHEN ${type} RLIKE '^(BIGINT|DECIMAL|DOUBLE)' THEN ${as('double')}`
  // A rate that is there and no number refuses the row.
  const other = name === 'p' ? ` WHEN ${type} <> 'VOID' THEN -1D` : ''
  return `${plain} ${number}${other} END`
}

/** A control character is an escape where it is well-formed, and rows with a backslash are odd. */
const hasControl = (column: string): string => `is_odd AND ${column} RLIKE r'[\\x00-\\x1f]'`

/** A value as it counts (formats.md 1.3), else NULL. `ts` and `p` are judged with the row. */
function checkedSql({ name, kind }: ReadField): string {
  const column = columnOf(name)
  if (name === 'ts' || name === 'p') return column
  const { textBytesMax, numberMax } = readingLimits
  if (kind === 'text') {
    const isShort = `octet_length(${column}) BETWEEN 1 AND ${textBytesMax}`
    return `CASE WHEN ${isShort} AND NOT (${hasControl(column)}) THEN ${column} END`
  }
  const min = numberSql(isUnsigned(fieldByName.get(name)?.kind) ? 0 : -numberMax)
  return `CASE WHEN ${column} BETWEEN ${min} AND ${numberSql(numberMax)} THEN ${column} END`
}

/** Why a row cannot be read, as `rowFault` says it. */
function faultSql(): string {
  const { tsUnitMin, tsUnitMax, tsMin, tsMax, rateMin, textBytesMax, numberMax } = readingLimits
  const between = (value: string, min: number, max: number): string =>
    `${value} NOT BETWEEN ${numberSql(min)} AND ${numberSql(max)}`
  const isBroken = `abs(f_ts) < ${numberSql(numberMax)} AND f_ts <> floor(f_ts)`
  const isStream = `octet_length(f_stream) BETWEEN 1 AND ${textBytesMax}`
  return `CASE WHEN text IS NULL THEN 'bytes' WHEN odd_fault IS NOT NULL THEN odd_fault
  WHEN f_ts IS NULL OR NOT abs(f_ts) <= ${numberSql(Number.MAX_VALUE)} OR ${isBroken} THEN 'ts'
  WHEN ${between('abs(f_ts)', tsUnitMin, tsUnitMax)} THEN 'ts_unit'
  WHEN ${between('f_ts', tsMin, tsMax)} THEN 'ts_range'
  WHEN NOT coalesce(${isStream}, FALSE) OR ${hasControl('f_stream')} THEN 'stream'
  WHEN ${between('f_p', rateMin, 1)} THEN 'p' END`
}
