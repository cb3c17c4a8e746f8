import type { Retention } from '../cassandra-options.ts'

/** One table: what its rows are and how long they are kept. */
export type Table = {
  readonly name: string
  readonly columns: string
  readonly order?: string
  readonly keptMs: number
  /** Rows come in the order of their time, so that whole files expire at once. */
  readonly inTime: boolean
}

const GROUP = 'scope text, grp text'

/** All tables of the store but `schema_version`. */
export const schemaTables = (retention: Retention): readonly Table[] => [
  ...windowTables(retention),
  ...alertTables(retention),
  {
    name: 'coverage',
    columns: `site text, day timestamp, minute timestamp, value frozen<site_minute>,
      PRIMARY KEY ((site, day), minute)`,
    keptMs: retention.coverage,
    inTime: true,
  },
  {
    name: 'spans',
    columns: `kind text, name text, bucket timestamp,
      PRIMARY KEY ((kind, name), bucket)`,
    keptMs: 2 * Math.max(...Object.values(retention)),
    inTime: false,
  },
]

function windowTables({ live, minute, hour }: Retention): readonly Table[] {
  return [
    {
      name: 'live',
      columns: `monitor text, shard int, bucket timestamp, ${GROUP}, end timestamp,
        result frozen<window_result>,
        PRIMARY KEY ((monitor, shard, bucket), scope, grp, end)`,
      keptMs: live,
      inTime: true,
    },
    {
      name: 'snapshot',
      columns: `monitor text, minute timestamp, end timestamp, piece blob,
        heads blob, columns map<text, blob>,
        PRIMARY KEY ((monitor, minute), end, piece)`,
      order: 'end DESC, piece ASC',
      keptMs: live,
      inTime: true,
    },
    {
      name: 'rosters',
      columns: `monitor text, minute timestamp, piece blob, hashes blob,
        PRIMARY KEY ((monitor, minute), piece)`,
      keptMs: live,
      inTime: true,
    },
    {
      name: 'groups',
      columns: `monitor text, hash bigint, ${GROUP}, stem text,
        PRIMARY KEY ((monitor), hash)`,
      keptMs: 2 * live,
      inTime: false,
    },
    ...(['minute', 'hour'] as const).map((tier) => ({
      name: tier,
      columns: `monitor text, ${GROUP}, bucket timestamp, end timestamp,
        result frozen<window_result>, states frozen<list<frozen<tuple<int, int, blob>>>>,
        PRIMARY KEY ((monitor, scope, grp, bucket), end)`,
      keptMs: tier === 'minute' ? minute : hour,
      inTime: true,
    })),
  ]
}

function alertTables({ steps }: Retention): readonly Table[] {
  return [
    {
      name: 'steps',
      columns: `bucket timestamp, at timestamp, seq bigint, id text, body text,
        PRIMARY KEY ((bucket), at, seq, id)`,
      order: 'at DESC, seq DESC, id DESC',
      keptMs: steps,
      inTime: true,
    },
    {
      name: 'step_by_alert',
      columns: `fingerprint text, bucket timestamp, at timestamp, seq bigint, id text, body text,
        PRIMARY KEY ((fingerprint, bucket), at, seq, id)`,
      order: 'at DESC, seq DESC, id DESC',
      keptMs: steps,
      inTime: true,
    },
    {
      name: 'told',
      columns: `step_id text, receiver text, key text, seq bigint, body text,
        PRIMARY KEY ((step_id), receiver, key, seq)`,
      keptMs: steps,
      inTime: false,
    },
  ]
}

/** How long its rows are kept, as a table says it. */
export const ttlSeconds = (keptMs: number): number => Math.ceil(keptMs / 1_000)
