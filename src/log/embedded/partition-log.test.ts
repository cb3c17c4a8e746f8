import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { topicSpec, records } from '../suite/log-rig.suite.ts'
import { EmbeddedRig } from './embedded-rig.suite.ts'
import { once, systemError } from './faulty-disk.suite.ts'

let rig: EmbeddedRig

beforeEach(() => {
  rig = new EmbeddedRig()
})
afterEach(() => rig.end())

const codesOf = async (calls: readonly Promise<void>[]): Promise<string[]> =>
  (await Promise.allSettled(calls)).map((settled) =>
    settled.status === 'fulfilled' ? 'done' : settled.reason.code,
  )

test('[L34] a full disk refuses appends, reads go on, later rows leave no gap', async () => {
  const log = await rig.open()
  await log.createTopic(topicSpec())
  await log.append('rows', records('before'))

  rig.disk.write = once(systemError('ENOSPC'))
  const refused = await codesOf([
    log.append('rows', records('a')),
    log.append('rows', records('b')),
  ])
  const meanwhile = await codesOf([log.append('rows', records('c'))])
  const { values } = await rig.readAll(log)
  rig.clock.advance(1_000)
  await codesOf([log.append('rows', records('asks for space'))])
  await log.createTopic(topicSpec({ topic: 'other' }))
  await log.append('rows', records('after'))

  assert.deepEqual([refused, meanwhile], [['LOG_FULL', 'LOG_FULL'], ['LOG_FULL']])
  assert.deepEqual(values, ['before'])
  assert.deepEqual(
    (await rig.readAll(log)).rows.map(({ offset }) => offset),
    [0, 1],
  )
  assert.equal((await rig.readAll(log)).values[1], 'after')
})

test('[L11] a short write is cut off, fails all behind it, and offsets roll back', async () => {
  const log = await rig.open()
  await log.createTopic(topicSpec())
  await log.append('rows', records('before'))

  rig.disk.write = once('short')
  const codes = await codesOf([log.append('rows', records('a')), log.append('rows', records('b'))])
  const again = await rig.openAfterCrash()
  await again.append('rows', records('after'))

  assert.deepEqual(codes, ['LOG_FULL', 'LOG_FULL'])
  assert.equal(again.stats().truncatedBytes, 0)
  assert.deepEqual((await rig.readAll(again)).values, ['before', 'after'])
})

test('[L35] a failed sync poisons the partition: no retry, reads up to the synced', async () => {
  const log = await rig.open()
  await log.createTopic(topicSpec())
  await log.append('rows', records('before'))
  const claim = await rig.claim(log)

  rig.disk.datasync = once(systemError('EIO'))
  const first = await codesOf([log.append('rows', records('lost?'))])
  const syncs = rig.disk.syncs.length
  const second = await codesOf([log.append('rows', records('refused'))])

  assert.deepEqual([first, second], [['LOG_POISONED'], ['LOG_POISONED']])
  assert.equal(log.stats().poisonedPartitions, 1)
  assert.equal(rig.disk.syncs.length, syncs)
  assert.deepEqual(await log.ends('rows'), [{ start: 0, end: 1 }])
  assert.deepEqual((await rig.readAll(log)).values, ['before'])
  const position = { offset: 2, note: '' }
  const beyond = log.read(claim, { position, bytesMax: 1_000 })[Symbol.asyncIterator]().next()
  await assert.rejects(beyond, { code: 'LOG_OFFSET_OUT_OF_RANGE' })
})

test('[L35] opening again rescans a poisoned partition and takes appends', async () => {
  const log = await rig.open()
  await log.createTopic(topicSpec())
  rig.disk.write = once(systemError('EIO'))
  const poisoned = await codesOf([log.append('rows', records('a'))])
  await log.close()

  const again = await rig.open()
  await again.append('rows', records('b'))

  assert.deepEqual(poisoned, ['LOG_POISONED'])
  assert.deepEqual((await rig.readAll(again)).values, ['b'])
})

test('[D1] [L35] what a failed sync may have left on no disk is written again', async () => {
  const log = await rig.open()
  await log.createTopic(topicSpec())
  await log.append('rows', records('before'))
  rig.disk.datasync = once(systemError('EIO'))
  const poisoned = await codesOf([log.append('rows', records('lost?'))])
  await log.close()
  const events: string[] = []
  rig.disk.write = (path) => void (path.endsWith('.log') && events.push('write'))
  rig.disk.datasync = () => void events.push('sync')

  const again = await rig.open()
  await again.close()
  await rig.open()

  assert.deepEqual(poisoned, ['LOG_POISONED'])
  assert.deepEqual(events, ['write', 'sync'], 'written once, before it is synced, and never again')
})

test('[D1] a segment that could not be synced at opening is written again as a whole', async () => {
  const log = await rig.open()
  await log.createTopic(topicSpec())
  await log.append('rows', records('a'))
  rig.disk.write = once(systemError('EIO'))
  await codesOf([log.append('rows', records('b'))])
  await log.close()
  rig.disk.datasync = once(systemError('EIO'))
  await assert.rejects(rig.open(), { code: 'EIO' })
  const writes: string[] = []
  rig.disk.write = (path) => void (path.endsWith('.log') && writes.push(path))

  const again = await rig.open()

  assert.equal(writes.length, 1)
  assert.deepEqual((await rig.readAll(again)).values, ['a'])
})

test('[D1] an append resolves after a sync that began after its write', async () => {
  const log = await rig.open()
  await log.createTopic(topicSpec())
  const events: string[] = []
  rig.disk.datasync = () => void events.push('sync')

  await log.append('rows', records('a')).then(() => events.push('resolved'))

  assert.deepEqual(events, ['sync', 'resolved'])
})

test('an interval topic shows rows once written and resolves once synced', async () => {
  const log = await rig.open()
  await log.createTopic(topicSpec({ durability: 'interval' }))
  const claim = await rig.claim(log)
  const read = log.read(claim, { position: { offset: 0, note: '' }, bytesMax: 1_000 })
  const reading = read[Symbol.asyncIterator]()
  let isResolved = false

  const appended = log.append('rows', records('a')).then(() => {
    isResolved = true
  })
  const { value } = await reading.next()
  const wasResolved = isResolved
  rig.clock.advance(100)
  await appended

  assert.equal(value.count, 1)
  assert.equal(wasResolved, false)
})

test('[D2] a position of an interval topic waits until the rows before it are synced', async () => {
  const log = await rig.open()
  await log.createTopic(topicSpec({ durability: 'interval' }))
  const ending = new AbortController()
  const times = { sessionMs: 1, rebalanceMs: 1 }
  const group = { topics: ['rows'], group: 'g', start: 'earliest', ...times } as const
  const claims = log.claims(group, ending.signal)
  const claim = (await claims[Symbol.asyncIterator]().next()).value
  const events: string[] = []
  rig.disk.datasync = () => void events.push('sync')

  const appended = log.append('rows', records('a'))
  while ((await log.ends('rows'))[0]!.end === 0) await setImmediate()
  const committed = log.commit(claim, 1).then(() => events.push('committed'))
  rig.clock.advance(100)
  await Promise.all([appended, committed])

  assert.deepEqual(events, ['sync', 'committed'])
  assert.equal((await log.position(claim)).offset, 1)
  ending.abort()
})

test('[D5] below the floor of free space readings are refused first, steps never', async () => {
  rig = new EmbeddedRig({ freeBytesMin: 1_000_000 })
  const appendTo = (log: Awaited<ReturnType<typeof rig.open>>) =>
    codesOf(['readings', 'panes', 'transitions'].map((topic) => log.append(topic, records('a'))))
  rig.disk.freeBytes = 700_000
  let log = await rig.open()
  for (const topic of ['readings', 'panes', 'transitions'])
    await log.createTopic(topicSpec({ topic }))

  const belowFloor = await appendTo(log)
  await log.close()
  rig.disk.freeBytes = 400_000
  log = await rig.open()
  const belowHalf = await appendTo(log)

  assert.deepEqual(belowFloor, ['LOG_FULL', 'done', 'done'])
  assert.deepEqual(belowHalf, ['LOG_FULL', 'LOG_FULL', 'done'])
  assert.equal(log.stats().spaceRefusals, 2)
})

test('[L35] a roll that fails half-way leaves no file open', async () => {
  rig = new EmbeddedRig({ segmentBytes: 200 })
  const log = await rig.open()
  await log.createTopic(topicSpec())
  await log.append('rows', records('x'.repeat(200)))
  const closed: string[] = []
  const { open } = rig.disk
  rig.disk.open = async (path, mode) => {
    const file = await open.call(rig.disk, path, mode)
    return { ...file, close: () => file.close().then(() => void closed.push(path)) }
  }
  rig.disk.syncFolder = () => Promise.reject(systemError('EIO'))

  const codes = await codesOf([log.append('rows', records('y'))])

  assert.deepEqual(codes, ['LOG_POISONED'])
  assert.ok(
    closed.some((path) => path.endsWith('00000000000000000001.log')),
    closed.join(),
  )
})

test('segments roll by size, and rows are read across them from any offset', async () => {
  rig = new EmbeddedRig({ segmentBytes: 1_000, indexEveryBytes: 200, batchBytes: 100 })
  const log = await rig.open()
  await log.createTopic(topicSpec())
  const values = Array.from({ length: 100 }, (_, i) => `row ${i} ${'x'.repeat(50)}`)
  for (const value of values) await log.append('rows', records(value))
  await log.close()

  const again = await rig.open()

  for (const offset of [0, 1, 9, 50, 99]) {
    assert.deepEqual((await rig.readAll(again, offset)).values, values.slice(offset))
  }
})
