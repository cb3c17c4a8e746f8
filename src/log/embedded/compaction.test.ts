import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { utf8 } from '../../std/bytes.ts'
import { prng } from '../../std/prng.ts'
import { LogRig, topicSpec } from '../suite/log-rig.suite.ts'
import type { EmbeddedLog } from './embedded-log.ts'
import { EmbeddedRig } from './embedded-rig.suite.ts'
import { systemError } from './faulty-disk.suite.ts'

let rig: EmbeddedRig

beforeEach(() => {
  rig = new EmbeddedRig({ segmentBytes: 2_000, batchBytes: 150 })
})
afterEach(() => rig.end())

/** Rows of 20 keys in a seeded order; the last value of each key. */
async function fill(log: EmbeddedLog, count: number): Promise<Map<string, string>> {
  const random = prng(7)
  const last = new Map<string, string>()
  for (let i = 0; i < count; i += 4) {
    const rows = Array.from({ length: 4 }, (_, j) => {
      const key = `key ${random.below(20)}`
      const value = `value ${i + j}`
      last.set(key, value)
      return { key: utf8(key), value: utf8(value) }
    })
    await log.append('rows', rows)
  }
  return last
}

async function compacted(log: EmbeddedLog, holds: () => boolean): Promise<void> {
  const under = { open: async () => log, destroy: async () => undefined, appendBytesMax: 0 }
  await new LogRig(under, rig.clock).until(holds, 20_000)
}

test('[L33] after compaction and reopening the last value of each key is what it was', async () => {
  const log = await rig.open()
  await log.createTopic(topicSpec({ cleanup: 'compact' }))
  const last = await fill(log, 400)
  const before = (await rig.readAll(log)).rows

  await compacted(log, () => log.stats().compactions > 0)

  const again = await rig.openAfterCrash()
  const { rows, rejected } = await rig.readAll(again)
  assert.deepEqual(new Map(rows.map(({ key, value }) => [key, value])), last)
  assert.ok(rows.length < before.length / 2, `${rows.length} of ${before.length} rows are left`)
  for (const row of rows) assert.deepEqual(row, before[row.offset])
  assert.deepEqual(rejected, [])
})

test('[L33] a compaction whose folder cannot be synced has put its file in place', async () => {
  const log = await rig.open()
  await log.createTopic(topicSpec({ cleanup: 'compact' }))
  const last = await fill(log, 400)
  const { syncFolder } = rig.disk
  rig.disk.syncFolder = () => Promise.reject(systemError('EIO'))

  await compacted(log, () => log.stats().maintenanceFailures > 0)

  rig.disk.syncFolder = syncFolder
  const { rows, rejected } = await rig.readAll(log)
  assert.deepEqual(new Map(rows.map(({ key, value }) => [key, value])), last)
  assert.deepEqual(rejected, [])
})

test('reading from an offset that compaction removed goes on at the next one there', async () => {
  const log = await rig.open()
  await log.createTopic(topicSpec({ cleanup: 'compact' }))
  await fill(log, 400)
  await compacted(log, () => log.stats().compactions > 0)
  // Its clock stands still: no other round comes between the readings.
  const still = await rig.openAfterCrash()
  const all = (await rig.readAll(still)).rows

  for (const offset of [0, 1, 50, 200, 333]) {
    const { rows } = await rig.readAll(still, offset)
    assert.deepEqual(
      rows,
      all.filter((row) => row.offset >= offset),
    )
  }
})

test('more keys than memory is set aside for are left uncompacted, counted', async () => {
  rig = new EmbeddedRig({ segmentBytes: 2_000, compactKeysMax: 5 })
  const log = await rig.open()
  await log.createTopic(topicSpec({ cleanup: 'compact' }))
  await fill(log, 400)

  await compacted(log, () => log.stats().compactionsSkipped > 0)

  assert.equal((await rig.readAll(log)).rows.length, 400)
})
