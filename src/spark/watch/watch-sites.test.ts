import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sparkMemory } from './remembered.ts'
import { AT, programOf, SPEC, WatchRig } from './watch-rig.suite.ts'

test('[Z13] [Z15] a query begins in its own folder, and its batches move watermarks', async (t) => {
  const rig = await WatchRig.open(t)
  rig.begin()
  await rig.runs()

  await rig.commits(0, [AT + 5, AT + 7], 10)

  assert.deepEqual(rig.spark.folders, ['/c/ams1/one-1'])
  assert.match(rig.spark.queries[0]!.name, /^nocturne ams1 one [0-9a-f]{16}$/)
  assert.deepEqual(rig.spark.queries[0]!.offsets, '{"readings":{"0":0,"1":0}}')
  assert.deepEqual((await rig.told(0)).slice(0, 2), ['0:5', '1:7'])
  assert.deepEqual((await rig.told(1)).slice(0, 2), ['0:5', '1:7'])
  assert.equal((await sparkMemory.engine(rig.log))?.engine, 'spark')
})

test('[Z16] a process that comes back follows the run, and no value goes back', async (t) => {
  const rig = await WatchRig.open(t)
  rig.begin()
  await rig.runs()
  await rig.commits(0, [AT + 5000, AT + 7], 10)
  await rig.die()

  rig.begin()
  await rig.runs()
  const before = await rig.told()
  await rig.commits(1, [AT + 2, AT + 9], 20)

  assert.deepEqual(rig.spark.queries.length, 1)
  assert.deepEqual([...new Set(rig.spark.opened)], ['session-1'])
  assert.equal(rig.site?.run, 'run-1')
  assert.deepEqual((await rig.told()).slice(before.length, before.length + 3), [
    ...['1:7', '0:5000', '1:9'],
  ])
})

test('[Z16] a query that was started by other settings is not followed', async (t) => {
  const rig = await WatchRig.open(t)
  rig.begin()
  await rig.runs()
  await rig.commits(0, [AT, AT], 10)
  await rig.die()

  rig.begin({ ...SPEC, triggerMs: 500 })
  await rig.runs()
  assert.deepEqual(
    rig.spark.queries.map(({ isActive, start }) => [isActive, start.trigger]),
    [
      [false, 1000],
      [true, 500],
    ],
  )
  await rig.die()
  rig.begin({ ...SPEC, triggerMs: 500, checkpoints: '/d' })
  await rig.runs()

  assert.deepEqual(rig.spark.folders, ['/c/ams1/one-1', '/c/ams1/one-1', '/d/ams1/one-2'])
})

test('[Z17] the shared positions follow, as far behind as slices can still change', async (t) => {
  const rig = await WatchRig.open(t)
  rig.begin()
  await rig.runs()

  for (let i = 0; i <= 30; i++) await rig.commits(i, [AT + i * 1000, AT + i * 500], i * 10)
  await rig.until(async () => (await rig.log.positions('aggregate', 'readings'))[0]?.offset !== 0)
  const positions = await rig.log.positions('aggregate', 'readings')

  assert.deepEqual(positions, [
    { offset: 200, note: '' },
    { offset: 100, note: '' },
  ])
})

test('[Z17] positions wait for rows of batches that nobody heard of', async (t) => {
  const rig = await WatchRig.open(t)
  rig.begin()
  await rig.runs()
  await rig.commits(0, [AT, AT], 10)
  await rig.die()
  // Meanwhile rows up to offset 200 and time 60,000 were folded; Spark alone has seen them.
  const gap = { starts: [200, 200], watermarkMs: AT + 60_000 - 8_000 }
  rig.begin()
  await rig.runs()
  rig.spark.commit({ id: 9, marks: [AT + 1, AT + 1], ends: [210, 210], ...gap })
  await rig.until(() => rig.site?.last?.batchId === 9)
  const next = { starts: [210, 210], watermarkMs: AT + 60_000 - 8_000 }
  rig.spark.commit({ id: 10, marks: [AT + 61_000, AT + 61_000], ends: [220, 220], ...next })
  await rig.until(() => rig.site?.last?.batchId === 10)

  const until = rig.clock.now() + 20_000
  await rig.until(() => rig.clock.now() > until)
  const offsets = (await rig.log.positions('aggregate', 'readings')).map((at) => at?.offset)
  assert.ok(
    offsets.every((offset = 0) => offset < 200),
    offsets.join(),
  )
  const last = { starts: [220, 220], watermarkMs: AT + 61_000 - 8_000 }
  rig.spark.commit({ id: 11, marks: [AT + 70_000, AT + 70_000], ends: [230, 230], ...last })
  await rig.until(async () => (await rig.log.positions('aggregate', 'readings'))[0]?.offset === 210)
})

test('[R4] a process that watches ends at once, whether or not Spark answers', async (t) => {
  const rig = await WatchRig.open(t)
  rig.spark.isMute = true
  rig.begin()
  await rig.until(() => rig.spark.opened.length === 1)
  await rig.die()

  rig.spark.isMute = false
  rig.begin()
  await rig.runs()
  rig.spark.isHanging = true
  rig.programs.replace(new Map([['ams1', programOf('two')]]))
  await rig.until(() => rig.site?.state === 'starting')
  await rig.die()
  assert.equal(rig.spark.queries.length, 1)
})

test('[Z15] [Z17] other monitors begin in a new folder at the shared positions', async (t) => {
  const rig = await WatchRig.open(t)
  rig.begin()
  await rig.runs()
  for (let i = 0; i <= 30; i++) await rig.commits(i, [AT + i * 1000, AT + i * 1000], i * 10)
  await rig.until(async () => (await rig.log.positions('aggregate', 'readings'))[0]?.offset === 200)

  rig.programs.replace(new Map([['ams1', programOf('two')]]))
  await rig.until(() => rig.spark.running[0]?.name.startsWith('nocturne ams1 two ') === true)
  await rig.runs()
  await rig.commits(0, [AT + 21_000, AT + 21_000], 210)

  assert.equal(rig.spark.running.length, 1)
  assert.deepEqual(rig.spark.folders, ['/c/ams1/one-1', '/c/ams1/two-2'])
  assert.equal(rig.spark.running[0]!.offsets, '{"readings":{"0":200,"1":200}}')
  const told = await rig.told()
  assert.deepEqual(told.slice(-2), ['0:30000', '1:30000'])
  rig.programs.replace(new Map([['ams1', programOf('one')]]))
  await rig.until(() => rig.spark.running[0]?.name.startsWith('nocturne ams1 one ') === true)
  assert.equal(rig.spark.folders.at(-1), '/c/ams1/one-3')
})

test('[Z16] a server that was restarted gets the query again, in its folder', async (t) => {
  const rig = await WatchRig.open(t)
  rig.begin()
  await rig.runs()
  await rig.commits(0, [AT, AT], 10)

  rig.spark.isAway = true
  await rig.until(() => rig.site?.state === 'offline')
  assert.equal(rig.site?.trouble?.code, 'SPARK_UNAVAILABLE')
  const silent = (await rig.told()).length
  await rig.until(() => rig.clock.now() > AT + 300_000, 1000)
  assert.equal((await rig.told()).length, silent)
  rig.spark.forget()
  rig.spark.isAway = false
  await rig.runs()
  await rig.commits(1, [AT + 9, AT + 9], 20)

  assert.deepEqual(rig.spark.folders, ['/c/ams1/one-1'])
  assert.equal(rig.site?.trouble, undefined)
  assert.deepEqual((await rig.told()).slice(silent, silent + 4), ['0:0', '1:0', '0:9', '1:9'])
})

test('[Z16] an id whose session was closed is never used again', async (t) => {
  const rig = await WatchRig.open(t)
  rig.begin()
  await rig.runs()

  rig.spark.fault = 'SPARK_SESSION_CLOSED'
  await rig.until(() => rig.spark.opened.includes('session-2'))
  await rig.runs()

  assert.equal((await sparkMemory.sites(rig.log)).get('ams1')?.session, 'session-2')
  assert.deepEqual(rig.spark.folders, ['/c/ams1/one-1', '/c/ams1/one-1'])
})

test('[Z16] rows that were gone are told, and read on in a new folder', async (t) => {
  const rig = await WatchRig.open(t)
  rig.begin()
  await rig.runs()

  rig.spark.fail({ errorClass: 'KAFKA_DATA_LOSS.START_OFFSET_RESET', message: 'lost' })
  await rig.until(() => rig.spark.running.length === 1)

  assert.deepEqual(rig.spark.folders, ['/c/ams1/one-1', '/c/ams1/one-2'])
  assert.equal(rig.site?.trouble?.code, 'SPARK_DATA_LOST')
  assert.equal(rig.site?.restarts.get('SPARK_DATA_LOST'), 1)
  await rig.commits(0, [AT, AT], 10)
  assert.equal(rig.site?.trouble, undefined)
})

test('[Z16] one batch that fails three times waits for a person, and is tried', async (t) => {
  const rig = await WatchRig.open(t)
  rig.begin()
  await rig.runs()
  await rig.commits(4, [AT, AT], 70)
  for (let i = 0; i < 3; i++) {
    await rig.runs()
    rig.spark.fail({ errorClass: 'STREAM_FAILED', message: 'NullPointerException' })
    await rig.until(() => rig.site?.state !== 'running')
  }

  assert.equal(rig.site?.state, 'failed')
  assert.equal(rig.site?.trouble?.code, 'SPARK_BATCH_FAILED')
  assert.match(rig.site?.trouble?.detail ?? '', /^batch 5 from 0:70 1:70: STREAM_FAILED/)
  await rig.runs()
  assert.equal(rig.site?.trouble?.code, 'SPARK_BATCH_FAILED')
  await rig.commits(5, [AT + 1, AT + 1], 80)
  assert.equal(rig.site?.trouble, undefined)
})

test('[Z17] while our own engine reads, no query begins, and it is told', async (t) => {
  const rig = await WatchRig.open(t)
  const own = new AbortController()
  t.after(() => own.abort())
  const group = { topics: ['readings'], group: 'aggregate', start: 'earliest' } as const
  const members = rig.log.claims({ ...group, sessionMs: 10_000, rebalanceMs: 60_000 }, own.signal)
  const member = members[Symbol.asyncIterator]()
  const { value: claim } = await member.next()

  rig.begin()
  await rig.until(() => rig.site?.trouble?.code === 'AGGREGATE_ENGINE_DIFFERS')
  assert.deepEqual(rig.spark.queries, [])
  assert.equal(await sparkMemory.engine(rig.log), undefined)
  own.abort()
  claim.release()
  await member.next()
  await rig.runs()
  await rig.commits(0, [AT, AT], 10)

  assert.equal(rig.spark.running.length, 1)
  assert.equal((await sparkMemory.engine(rig.log))?.engine, 'spark')
})
