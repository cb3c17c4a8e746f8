import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import type { Claim } from '../log.ts'
import { LogRig, records, topicSpec } from '../suite/log-rig.suite.ts'
import type { EmbeddedLog } from './embedded-log.ts'
import { EmbeddedRig } from './embedded-rig.suite.ts'

const HOUR_MS = 3_600_000

let rig: EmbeddedRig

beforeEach(() => {
  rig = new EmbeddedRig({ segmentBytes: 1_000 })
})
afterEach(() => rig.end())

async function hundredRows(log: EmbeddedLog): Promise<void> {
  for (let i = 0; i < 100; i++) await log.append('rows', records(`row ${i}`))
}

/** Moves on until a round of retention has done what is asked. */
async function until(log: EmbeddedLog, holds: () => boolean | Promise<boolean>): Promise<void> {
  const under = { open: async () => log, destroy: async () => undefined, appendBytesMax: 0 }
  await new LogRig(under, rig.clock).until(holds, 60_000)
}

async function groupClaim(log: EmbeddedLog): Promise<Claim> {
  const under = { open: async () => log, destroy: async () => undefined, appendBytesMax: 0 }
  return new LogRig(under, rig.clock).claim({ group: 'readers' })
}

const startOf = async (log: EmbeddedLog): Promise<number> => (await log.ends('rows'))[0]!.start

test('[D6] retention by age waits for unread rows, by size it counts them', async () => {
  const log = await rig.open()
  await log.createTopic(topicSpec({ retentionMs: HOUR_MS }))
  await hundredRows(log)
  await log.commit(await groupClaim(log), 50)

  rig.clock.advance(2 * HOUR_MS)
  await until(log, async () => (await startOf(log)) > 0)
  for (let round = 0; round < 20; round++) await until(log, () => true)
  const kept = await startOf(log)
  await log.createTopic(topicSpec({ retentionMs: HOUR_MS, retentionBytes: 0 }))
  await until(log, async () => (await startOf(log)) > 50)

  assert.ok(kept > 20 && kept <= 50, `the start is ${kept}`)
  assert.equal(log.stats().unreadDroppedRows, (await startOf(log)) - 50)
})

test('[L32] the start survives reopening, and the files below it are gone', async () => {
  const log = await rig.open()
  await log.createTopic(topicSpec({ retentionBytes: 2_000 }))
  await hundredRows(log)
  await until(log, async () => (await startOf(log)) > 0)
  const start = await startOf(log)
  await log.close()

  const again = await rig.open()

  assert.equal(await startOf(again), start)
  const names = await readdir(join(rig.folder, 'log', 'rows-0'))
  const bases = names
    .filter((name) => name.endsWith('.log'))
    .map((name) => Number(name.slice(0, 20)))
  assert.equal(Math.min(...bases), start)
  assert.equal((await rig.readAll(again, start)).rows[0]!.offset, start)
})

test('a reader that holds a dropped segment is told that retention overtook it', async () => {
  const log = await rig.open()
  await log.createTopic(topicSpec({ retentionBytes: 2_000 }))
  await hundredRows(log)
  const claim = await rig.claim(log)
  const reading = log.read(claim, { position: { offset: 0, note: '' }, bytesMax: 200 })
  const iterator = reading[Symbol.asyncIterator]()
  await iterator.next()

  await until(log, async () => (await startOf(log)) > 10)

  await assert.rejects(iterator.next(), { code: 'LOG_OFFSET_OUT_OF_RANGE' })
})
