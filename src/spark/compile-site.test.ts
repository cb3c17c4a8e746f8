import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monitor } from '../../test/rig/monitor.ts'
import type { AggregateSpec, MonitorSpec } from '../model/monitor.ts'
import { compileSite, type SiteGiven } from './compile-site.ts'
import type { Relation } from './spark-session.ts'
import type { SparkSpec } from './spark-spec.ts'

const spec: SparkSpec = {
  address: { host: 'spark', port: 15_002 },
  sites: ['ams1', 'fra1'],
  checkpoints: '/checkpoints',
  triggerMs: 1000,
  rowsPerBatchMax: 200_000,
  shufflePartitions: 8,
  spreadMs: 10_000,
  rates: [1, 0.1],
  kafkaOptions: {},
}
const site: SiteGiven = {
  spec,
  site: 'ams1',
  ownSite: 'ams1',
  monitors: [monitor()],
  skewMs: 60_000,
  partitions: 2,
}

const counting = (given: Partial<MonitorSpec> = {}): MonitorSpec =>
  monitor({ aggregates: [{ name: 'rows', kind: 'count', digits: 0 }], ...given })

const textOf = (relation: Relation | undefined): string =>
  relation?.kind === 'sql'
    ? relation.query
    : relation && 'input' in relation
      ? textOf(relation.input)
      : ''

const statementOf = (monitors: readonly MonitorSpec[]): string =>
  textOf(compileSite({ ...site, monitors }).statement)

const GROUP = 'CAST(to_json(k.g) AS BINARY)'
const HEAD = '{"v":1,"monitor":"m","definition":"00000000000000aa","length":1000,"group":'
const TAKEN = "'m', 1, 's', t - pmod(t, 1000), 'g', array(f_stream)"

test('[Z11] the statement of a count by stream', () => {
  assert.equal(
    statementOf([counting()]),
    `SELECT concat(CAST(CASE i WHEN 1 THEN 'm' END AS BINARY), X'00', ${GROUP}) AS key,
  concat(CASE i WHEN 1 THEN '${HEAD}' END,
    to_json(k.g),
    ',"site":"ams1","partition":',
    partition, ',"start":', k.s, ',"rev":', rows, ',"closed":null',
    ',"spread":', spread, ',"sampled":', sampled, ',"states":',
    CASE i WHEN 1 THEN to_json(named_struct('rows', floor(total_0),
        'rows.e', CASE WHEN sampled THEN coalesce(base64(error_0), '') END)) END,
    ',"event_max":', event_max, ',"read_at":', unix_millis(current_timestamp()),
    ',"appended_max":', appended_max, '}') AS value
FROM (SELECT *, k.m AS i FROM (SELECT k, partition, count(1) AS rows, max(t) AS event_max,
    max(kts) AS appended_max, bool_or(f_spread IS NOT NULL) AS spread, bool_or(w > 1D) AS sampled,
    sum(CAST(total_0 AS DOUBLE)) AS total_0,
    tuple_sketch_agg_double(bucket, error_0, 7, 'sum') FILTER (WHERE error_0 IS NOT NULL) AS error_0
  FROM (SELECT k, partition, kts, t, w, f_spread, bucket, distinct_w,
    window(at, '1000 milliseconds') AS e,
    CASE k.m WHEN 1 THEN floor(w + 0.5D) END AS total_0,
    CASE k.m WHEN 1 THEN sign * floor(root * 1D * 100D + 0.5D) END AS error_0
  FROM (SELECT *, explode(array_compact(array(
    CASE WHEN NOT beat THEN named_struct(${TAKEN}) END))) AS k
  FROM rows_616d7331))
  GROUP BY k, partition, e))`,
  )
})

type Golden = { readonly spec: AggregateSpec; readonly sql: readonly string[] }

const GOLDENS: readonly Golden[] = [
  {
    spec: { name: 'a', kind: 'count', field: 'pop', digits: 0 },
    sql: [
      'CASE k.m WHEN 1 THEN CASE WHEN f_pop IS NOT NULL THEN floor(w + 0.5D) END END AS total_0',
    ],
  },
  {
    spec: { name: 'a', kind: 'sum', field: 'x', digits: 3 },
    sql: [
      'CASE k.m WHEN 1 THEN floor(w * f_x * 1000D + 0.5D) END AS total_0',
      'CASE k.m WHEN 1 THEN sign * floor(root * f_x * 100000D + 0.5D) END AS error_0',
      "'a.units', floor(total_0)",
    ],
  },
  {
    spec: { name: 'a', kind: 'min', field: 'x', digits: 0 },
    sql: ['CASE k.m WHEN 1 THEN f_x END AS min_0', 'min(min_0) AS min_0', "'a', min_0"],
  },
  {
    spec: { name: 'a', kind: 'mean', field: 'x', digits: 0 },
    sql: [
      'CASE k.m WHEN 1 THEN floor(f_x * 1000D + 0.5D) END AS mean_0',
      'count(mean_0) AS mean_0_count',
      "'a.sum.units', floor(mean_0)",
      "'a.count', mean_0_count",
    ],
  },
  {
    spec: { name: 'a', kind: 'quantile', field: 'x', digits: 0, q: 0.9 },
    sql: [
      'CASE k.m WHEN 1 THEN b_x END AS bucket_0',
      'approx_top_k(bucket_0, 8192, 8192) FILTER (WHERE bucket_0 IS NOT NULL) AS bucket_0',
      "'a', transform(bucket_0, z -> array(CAST(z.item AS BIGINT), z.count))",
    ],
  },
  {
    spec: { name: 'a', kind: 'distinct', field: 'session', digits: 0 },
    sql: [
      'CASE k.m WHEN 1 THEN f_session END AS value_0',
      'hll_sketch_agg(value_0, 12) FILTER ' +
        '(WHERE value_0 IS NOT NULL AND distinct_w = 10D) AS value_0_1',
      "'10', CASE WHEN hll_sketch_estimate(value_0_1) > 0 THEN base64(value_0_1) END",
    ],
  },
]

for (const { spec: aggregate, sql } of GOLDENS) {
  test(`[P3] [Z7] [Z9] [Z10] [Z18] the columns of a ${aggregate.kind}`, () => {
    const statement = statementOf([monitor({ aggregates: [aggregate] })])

    for (const part of sql) assert.ok(statement.includes(part), `${part}\nin ${statement}`)
  })
}

test('[Z11] monitors alike are folded once, others share the columns of their states', () => {
  const alike = [counting({ id: 'a' }), counting({ id: 'b' })]
  const others = [counting({ id: 'a' }), counting({ id: 'b', groupBy: ['pop'] })]

  const [together, apart] = [statementOf(alike), statementOf(others)]

  assert.match(together, /explode\(CASE k\.m WHEN 1 THEN array\(3, 4\) END\) AS i/)
  assert.match(together, /CASE i WHEN 3 THEN 'a'\n\s+WHEN 4 THEN 'b' END/)
  assert.match(apart, /CASE k\.m WHEN 1 THEN floor\(w \+ 0\.5D\) WHEN 2 THEN floor/)
  for (const statement of [together, apart]) assert.doesNotMatch(statement, /total_1/)
})

test('[Z6] names and texts of people stand in hex where they are not harmless', () => {
  const where = {
    op: '==',
    left: { op: 'name', name: 'pop' },
    right: { op: 'text', value: "'; --" },
  } as const
  const program = compileSite({ ...site, site: "a'b\\", monitors: [counting({ where })] })

  const texts = [
    program.statement,
    ...program.views(program.statement).map((view) => view.relation),
  ]

  for (const text of texts.map(textOf)) assert.doesNotMatch(text, /'; --|a'b/)
})

test('[Z11] without monitors rows are read and no pane is made', () => {
  assert.match(statementOf([]), /FROM rows_616d7331 WHERE t IS NULL$/)
  assert.equal(compileSite({ ...site, monitors: [] }).delayMs, spec.spreadMs)
})

test('[Z11] views are named by site, and read each other in order', () => {
  const source: Relation = { kind: 'sql', query: 'source' }
  const { views, observedAs, evictionMs, delayMs } = compileSite(site)

  const [raw, seen, rows] = views(source)

  assert.deepEqual(raw, { name: 'raw_616d7331', relation: source })
  assert.ok(seen?.relation.kind === 'observe' && seen.relation.name === observedAs)
  assert.match(textOf(seen.relation), /FROM raw_616d7331\)+\nWHERE site NOT IN \('fra1'\)$/)
  assert.ok(rows?.relation.kind === 'watermark' && rows.relation.eventTime === 'at')
  assert.equal(rows.relation.delay, '72000 milliseconds')
  assert.deepEqual([evictionMs, delayMs], [1000, 72_000])
})

test('[Z11] state is let go of by the span that the slices of all monitors divide', () => {
  const slow = { sizeMs: 60_000, hopMs: 4000, latenessMs: 5000, emitMs: 200, correctionMs: 100_000 }
  const monitors = [
    counting(),
    counting({ id: 'slow', window: { ...slow, hopMs: 6000 } }),
    counting({ id: 'odd', window: slow }),
  ]

  const { evictionMs, delayMs } = compileSite({ ...site, monitors })

  assert.deepEqual([evictionMs, delayMs], [12_000, 115_000])
})

test('[Z11] [W5] what a batch saw is read in the order of its metrics', () => {
  const { views, observed } = compileSite(site)
  const [, seen] = views({ kind: 'sql', query: '' })
  const metrics = seen?.relation.kind === 'observe' ? seen.relation.metrics : []
  const values = metrics.map((_, i) => (i === 1 || i === 2 ? null : i + 1))

  const said = observed(values)

  assert.deepEqual([...said.watermarks], [[0, 1]])
  assert.deepEqual([...said.finals], [[1, 4]])
  assert.deepEqual([said.rows, said.beats, said.otherRates], [5, 6, 17])
  const reasons = 'bytes json shape ts ts_unit ts_range stream p site skewed'.split(' ')
  assert.deepEqual(
    [...said.refused],
    reasons.map((reason, i) => [reason, 7 + i]),
  )
  assert.deepEqual(observed([]).watermarks, new Map())
})

test('[Z11] equal monitors have one hash, and what changes a pane changes it', () => {
  const hashOf = (given: Partial<SiteGiven>): string => compileSite({ ...site, ...given }).hash
  const where = {
    op: '==',
    left: { op: 'name', name: 'src' },
    right: { op: 'text', value: 'tcp' },
  } as const

  assert.match(hashOf({}), /^[0-9a-f]{16}$/)
  assert.equal(hashOf({}), hashOf({ monitors: [monitor()] }))
  const others = [
    { monitors: [monitor({ where })] },
    { spec: { ...spec, spreadMs: 1 } },
    { spec: { ...spec, shufflePartitions: 9 } },
    { partitions: 3 },
    { skewMs: 1 },
  ]
  const hashes = new Set([{}, ...others].map(hashOf))
  assert.equal(hashes.size, others.length + 1)
})
