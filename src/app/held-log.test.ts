import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Claim, Log } from '../log/log.ts'
import { openMemoryLog } from '../log/memory/memory-log.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import { utf8 } from '../std/bytes.ts'
import { SimulatedClock } from '../std/simulated-clock.ts'
import { createTopics } from './create-topics.ts'
import { HeldLog } from './held-log.ts'

const FOR_EVER = () => ({ ms: -1, bytes: -1 })

/** A log that can fall sick, seen through a held one, and a claim to commit by. */
async function sickLog() {
  const log = openMemoryLog({ clock: new SimulatedClock() })
  await createTopics(log, { partitions: 2, durability: 'ack', retention: FOR_EVER })
  const sickness: { error: NocturneError | undefined } = { error: undefined }
  const sick: Log = {
    createTopic: (spec) => log.createTopic(spec),
    append: async (topic, rows) => {
      await log.append(topic, rows)
      if (topic === 'panes' && sickness.error !== undefined) throw sickness.error
    },
    claims: (group, signal) => log.claims(group, signal),
    position: (claim) => log.position(claim),
    read: (claim, options) => log.read(claim, options),
    commit: (claim, offset, note) => log.commit(claim, offset, note),
    ends: (topic) => log.ends(topic),
    close: () => log.close(),
  }
  const holds: string[] = []
  const held = new HeldLog(sick, ({ detail }) => holds.push(detail))
  const claims = held.claims(
    { topics: ['readings'], group: 'g', start: 'earliest', sessionMs: 1e4, rebalanceMs: 1e4 },
    new AbortController().signal,
  )
  const { value } = await claims[Symbol.asyncIterator]().next()
  return { log, held, holds, sickness, claim: value as Claim }
}

const rows = [{ key: utf8('k'), value: utf8('v') }]

test('[R31] behind a poisoned partition a reader goes on and its position stays', async () => {
  const { log, held, holds, sickness, claim } = await sickLog()
  await held.commit(claim, 3, 'note')

  sickness.error = new NocturneError('LOG_POISONED', 'panes/1')
  await held.append('panes', rows)
  await held.append('panes', rows)
  await held.append('checkpoints', rows)
  await held.commit(claim, 9)
  await held.append('windows', rows)

  assert.deepEqual(holds, ['panes/1'])
  assert.deepEqual(await log.position(claim), { offset: 3, note: 'note' })
  const ends = async (topic: string) =>
    (await log.ends(topic)).reduce((sum, { end }) => sum + end, 0)
  assert.deepEqual([await ends('checkpoints'), await ends('windows')], [0, 1])
})

test('[D2] any other failure of an append is the reader’s own', async () => {
  const { held, holds, sickness, claim } = await sickLog()

  sickness.error = new NocturneError('LOG_FULL', 'panes/1')

  await assert.rejects(held.append('panes', rows), { code: 'LOG_FULL' })
  await held.commit(claim, 4)
  assert.deepEqual([holds, (await held.position(claim)).offset], [[], 4])
})
