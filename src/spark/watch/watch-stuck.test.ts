import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AT, WatchRig } from './watch-rig.suite.ts'

test('[Z16] a query that is silent over data is stopped and begun again', async (t) => {
  const rig = await WatchRig.open(t)
  rig.begin()
  await rig.runs()
  await rig.commits(0, [AT, AT], 10)

  rig.spark.isTriggerActive = true
  await rig.until(() => rig.spark.queries.length === 2)

  assert.equal(rig.site?.trouble?.code, 'SPARK_QUERY_STUCK')
  assert.equal(rig.spark.running.length, 1)
  assert.deepEqual(rig.spark.folders, ['/c/ams1/one-1', '/c/ams1/one-1'])
})

test('[Z16] a batch that is only long is given twice the time by each try', async (t) => {
  const rig = await WatchRig.open(t)
  rig.begin()
  await rig.runs()

  rig.spark.isTriggerActive = true
  const startedAt: number[] = []
  for (const count of [2, 3, 4]) {
    await rig.until(() => rig.spark.queries.length === count, 1000)
    startedAt.push(rig.clock.now())
  }

  const [first = 0, second = 0, third = 0] = startedAt
  assert.ok(second - first >= 120_000, `${second - first}`)
  assert.ok(third - second >= 240_000, `${third - second}`)
  await rig.runs()
  await rig.commits(0, [AT, AT], 10)
  const at = rig.clock.now()
  await rig.until(() => rig.spark.queries.length === 5, 1000)
  assert.ok(rig.clock.now() - at < 480_000)
})

test('[Z16] a query that does not stop loses its folder to one of another session', async (t) => {
  const rig = await WatchRig.open(t)
  rig.begin()
  await rig.runs()
  await rig.commits(0, [AT, AT], 10)

  rig.spark.isTriggerActive = true
  rig.spark.isHanging = true
  await rig.until(() => rig.spark.queries.length === 2)

  assert.deepEqual(rig.spark.folders, ['/c/ams1/one-1', '/c/ams1/one-1'])
  assert.deepEqual(
    rig.spark.queries.map(({ session }) => session),
    ['session-1', 'session-2'],
  )
})
