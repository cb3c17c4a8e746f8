import { ttlSeconds, type Table } from './schema-tables.ts'

/** Stands in the table `schema_version`; another one is refused with STORE_REFUSED. */
export const SCHEMA_VERSION = 1

/** The one table that is there before all others, and is only ever read at a start. */
export const versionTable = (keyspace: string): string =>
  `CREATE TABLE IF NOT EXISTS ${keyspace}.schema_version (
    name text PRIMARY KEY, version int, identity text, shards int, owner text
  )`

/** Types that a value of one cell is made of: fields are only ever added, at the end. */
export const schemaTypes = (keyspace: string): readonly string[] => [
  `CREATE TYPE IF NOT EXISTS ${keyspace}.window_result (
    rev bigint, start timestamp, closed boolean, complete boolean, corrected boolean,
    rows bigint, values frozen<map<text, double>>, stderr frozen<map<text, double>>,
    expected bigint, reported bigint, missing frozen<list<text>>,
    sites_expected bigint, sites_reported bigint,
    event_at timestamp, read_at timestamp, pane_at timestamp, closed_at timestamp,
    definition text, stem text
  )`,
  `CREATE TYPE IF NOT EXISTS ${keyspace}.site_minute (
    rev bigint, expected bigint, reported bigint, rows bigint, late bigint, rejected bigint,
    lag_ms bigint
  )`,
]

/** Hints are dropped where they are older than this: longer than a node may keep them, 3 hours. */
const GC_GRACE_S = 4 * 3_600

/** What of a table may change with the configuration. */
export function tableOptions({ keptMs, inTime }: Table): string {
  const windowMinutes = Math.max(1, Math.round(keptMs / 30 / 60_000))
  const compaction = inTime
    ? `{'class': 'TimeWindowCompactionStrategy', 'timestamp_resolution': 'NANOSECONDS',
       'compaction_window_unit': 'MINUTES', 'compaction_window_size': ${windowMinutes}}`
    : `{'class': 'SizeTieredCompactionStrategy'}`
  return `default_time_to_live = ${ttlSeconds(keptMs)} AND compaction = ${compaction}
    AND gc_grace_seconds = ${GC_GRACE_S}`
}

/** Makes one table. */
export function createTable(keyspace: string, table: Table): string {
  const order = table.order === undefined ? '' : `CLUSTERING ORDER BY (${table.order}) AND `
  return `CREATE TABLE IF NOT EXISTS ${keyspace}.${table.name} (${table.columns})
    WITH ${order}${tableOptions(table)}`
}
