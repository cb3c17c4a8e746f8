import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemoryLog } from '../../log/memory/memory-log.ts'
import { sparkMemory } from '../../spark/watch/remembered.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { createTopics } from '../create-topics.ts'
import { groupOf } from '../claim-reader.ts'
import { stopSpark } from './spark-admin.ts'
import { SPARK_GROUP } from './spark-names.ts'

/** Nobody listens at port 1. */
const SPEC = {
  address: { host: '127.0.0.1', port: 1 },
  ...{ sites: ['ams1'], checkpoints: '/c', triggerMs: 1000, rowsPerBatchMax: 1000 },
  ...{ shufflePartitions: 2, spreadMs: 0, rates: [1], kafkaOptions: {} },
}

test('[Z16] [Z17] work is taken back from a cluster that is away by force alone', async () => {
  const clock = new SimulatedClock()
  const log = openMemoryLog({ clock })
  const retention = () => ({ ms: -1, bytes: -1 })
  await createTopics(log, { partitions: 1, durability: 'ack', retention })
  const before = {
    v: 1,
    site: 'ams1',
    session: 's',
    hash: 'h',
    folder: '/c/ams1/h-3',
    n: 3,
  } as const
  await sparkMemory.remember(log, { ...before, published: [[0, 7]], at: clock.now() })
  await sparkMemory.claimEngine(log, clock.now())
  const deps = { log, clock, spec: SPEC }

  await assert.rejects(stopSpark(deps, false), { code: 'SPARK_UNAVAILABLE' })
  assert.notEqual(await sparkMemory.engine(log), undefined)
  assert.equal(await stopSpark(deps, true), 0)

  assert.equal(await sparkMemory.engine(log), undefined)
  const after = (await sparkMemory.sites(log)).get('ams1')
  assert.deepEqual([after?.n, after?.hash, after?.published], [3, '', [[0, 7]]])
  assert.notEqual(after?.session, 's')
})

test('[Z16] nothing is stopped while a process watches', async (t) => {
  const clock = new SimulatedClock()
  const log = openMemoryLog({ clock })
  const retention = () => ({ ms: -1, bytes: -1 })
  await createTopics(log, { partitions: 1, durability: 'ack', retention })
  await sparkMemory.claimEngine(log, clock.now())
  const watching = new AbortController()
  t.after(() => watching.abort())
  const members = log.claims(groupOf(SPARK_GROUP), watching.signal)[Symbol.asyncIterator]()
  await members.next()

  const stopping = stopSpark({ log, clock, spec: SPEC }, true)
  const refused = assert.rejects(stopping, { code: 'LOG_GROUP_ACTIVE' })
  await new Promise(setImmediate)
  clock.advance(30_000)
  await refused

  assert.notEqual(await sparkMemory.engine(log), undefined)
})
