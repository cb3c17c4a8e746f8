import assert from 'node:assert/strict'
import { env } from 'node:process'
import { test, type TestContext } from 'node:test'
import type { MonitorSpec } from '../../../src/model/monitor.ts'
import { compileSite } from '../../../src/spark/compile-site.ts'
import type { SparkSession } from '../../../src/spark/spark-session.ts'
import { utf8 } from '../../../src/std/bytes.ts'
import { prng } from '../../../src/std/prng.ts'
import { monitor } from '../../rig/monitor.ts'
import { anyMonitors, anySourceRows } from '../rig/any-readings.ts'
import { assertEqualPanes } from '../rig/equal-panes.ts'
import { hostileRows, isUnlike } from '../rig/hostile-rows.ts'
import { comparable, foldRows, readPanes } from '../rig/own-panes.ts'
import { withoutJava } from '../rig/servers.ts'
import { runBatch, type SourceRow } from '../rig/spark-batch.ts'
import { sparkAddress, sparkSession, sparkSpec } from '../rig/spark-batches.ts'

const skip = withoutJava()
const AT = 1_795_383_157_600
/** Of rows that claim to come from the future there are none here: both engines refuse none. */
const SKEW_MS = 1e13
/** For nights: how many rounds of random monitors, and rows of each. */
const ROUNDS = Number(env['NOCTURNE_SPARK_ROUNDS'] ?? 2)
const ROWS = Number(env['NOCTURNE_SPARK_ROWS'] ?? 1500)

type Given = {
  readonly monitors: readonly MonitorSpec[]
  readonly rows: readonly SourceRow[]
  readonly partitions?: number
}

/** Both engines over the same rows: panes by identity, and the rows that were refused. */
async function bothOver(session: SparkSession, { monitors, rows, partitions = 2 }: Given) {
  const site = { site: 'here', ownSite: 'here', monitors, skewMs: SKEW_MS }
  const out = await runBatch(
    session,
    compileSite({ ...site, spec: sparkSpec, partitions: 2 }),
    rows,
  )
  const own = foldRows({ ...site, partitions }, rows)
  return {
    spark: comparable(readPanes(out.panes, monitors), site),
    own: comparable(own.panes, site),
    refusedBySpark: out.refused,
    refused: own.refused,
  }
}

async function opened(t: TestContext): Promise<SparkSession> {
  return sparkSession(t, await sparkAddress(t))
}

test(
  '[V5] [Z6] [Z7] [Z8] [Z9] [Z10] [Z11] [Z18] panes of any monitors are equal',
  { skip },
  async (t) => {
    const session = await opened(t)
    for (let round = 0; round < ROUNDS; round++) {
      const seed = Number(env['NOCTURNE_SPARK_SEED'] ?? 1) + round
      const random = prng(seed)
      const monitors = anyMonitors(random, 1 + random.below(5))
      const rows = anySourceRows(random, ROWS)

      const both = await bothOver(session, { monitors, rows })

      assertEqualPanes(both, `seed ${seed}`)
      assert.deepEqual(both.refusedBySpark, both.refused, `seed ${seed}`)
    }
  },
)

const ofField = (field: string): MonitorSpec['aggregates'] => [
  { name: `sum_${field}`, kind: 'sum', field, digits: 3 },
  { name: `min_${field}`, kind: 'min', field, digits: 0 },
  { name: `max_${field}`, kind: 'max', field, digits: 0 },
  { name: `mean_${field}`, kind: 'mean', field, digits: 0 },
  { name: `p50_${field}`, kind: 'quantile', field, digits: 0, q: 0.5 },
  { name: `count_${field}`, kind: 'count', field, digits: 0 },
]

const judging = monitor({
  groupBy: ['pop'],
  aggregates: [
    ...['x', 'retrans', 'rtt_ms', 'late'].flatMap(ofField),
    { name: 'pops', kind: 'distinct', field: 'pop', digits: 0 },
  ],
})

test('[Z6] [F3] hostile rows are judged alike and end nothing', { skip }, async (t) => {
  const session = await opened(t)
  // A partition for each row: what differs, differs there.
  const known = hostileRows.filter((row) => !isUnlike(row))
  const rows = known.map((value, partition) => ({ partition, timestamp: AT, value }))

  const both = await bothOver(session, { monitors: [judging], rows, partitions: rows.length })

  assertEqualPanes(both, 'hostile rows')
  assert.deepEqual(both.refusedBySpark, both.refused)
})

test(
  '[Z6] a row nested deeper than 200 is refused as json, and the sign of -0 is lost',
  { skip },
  async (t) => {
    const session = await opened(t)
    const known = hostileRows.filter(isUnlike)
    const rows = known.map((value, partition) => ({ partition, timestamp: AT, value }))

    const both = await bothOver(session, { monitors: [judging], rows, partitions: rows.length })

    assert.equal(both.own.size, known.length)
    assert.deepEqual(both.refused, new Map())
    assert.deepEqual([...both.refusedBySpark], [['json', 4]])
    const zeros = [...both.spark.values()].flatMap(({ states }) => states)
    assert.ok(!JSON.stringify(zeros).includes('0000000000000080'), 'no -0 as a double')
  },
)

test(
  '[Z6] a row that begins with "v":1 is taken at its word: a number is a text there',
  { skip },
  async (t) => {
    const session = await opened(t)
    const rows = [
      `{"v":1,"ts":${AT},"stream":"a","pop":5}`,
      `{"v":1,"ts":${AT},"stream":"a","pop":"p1"}{}`,
      `{"v":1,"ts":${AT},"stream":"a","pop":"p2","zzz":01}`,
    ].map((row, partition) => ({ partition, timestamp: AT, value: utf8(row) }))

    const both = await bothOver(session, { monitors: [judging], rows, partitions: rows.length })

    const groupsOf = (panes: typeof both.own): readonly string[] => [...panes.keys()].sort()
    assert.deepEqual(groupsOf(both.spark), ['["m",0,1795383157000,["5"]]'])
    assert.deepEqual(groupsOf(both.own), ['["m",0,1795383157000,[null]]'])
    assert.deepEqual(both.refusedBySpark, new Map([['json', 2]]))
    assert.deepEqual(both.refused, both.refusedBySpark)
  },
)

test('[Z11] without monitors rows are judged and no pane is made', { skip }, async (t) => {
  const session = await opened(t)
  const rows = ['{', `{"ts":${AT},"stream":"a"}`].map((row) => {
    return { partition: 0, timestamp: AT, value: utf8(row) }
  })

  const both = await bothOver(session, { monitors: [], rows })

  assert.deepEqual([both.spark.size, both.own.size], [0, 0])
  assert.deepEqual(both.refusedBySpark, new Map([['json', 1]]))
})
