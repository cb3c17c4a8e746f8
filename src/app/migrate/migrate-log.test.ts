import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  decodeResumeNote,
  encodeResumeNote,
  toldTo,
  withTold,
} from '../../aggregate/resume-note.ts'
import { checkpointLog } from '../../evaluate/checkpoint-log.ts'
import type { Checkpoint } from '../../evaluate/checkpoint.ts'
import { readToEnd, type Log, type LogGroups, type Position } from '../../log/log.ts'
import { openMemoryLog } from '../../log/memory/memory-log.ts'
import { records, rowsOf, topicSpec } from '../../log/suite/log-rig.suite.ts'
import { topics } from '../../model/topics.ts'
import { decodePlanNote, encodePlanNote } from '../../notify/plan-note.ts'
import { utf8 } from '../../std/bytes.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { encodeClock } from '../../wire/watermark-codec.ts'
import { commitPositions } from '../positions/commit-positions.ts'
import { migrateLog } from './migrate-log.ts'

type House = { readonly log: Log & LogGroups; readonly clock: SimulatedClock }

async function house(partitions = 1): Promise<House> {
  const clock = new SimulatedClock()
  const log = openMemoryLog({ clock })
  for (const [topic, { shared, cleanup }] of Object.entries(topics)) {
    const spec = { topic, cleanup, partitions: shared ? partitions : 1 }
    await log.createTopic(topicSpec(spec))
  }
  return { log, clock }
}

/** Appends so many rows of which the first `gone` expire. */
async function rows({ log, clock }: House, topic: string, given: { gone: number; kept: number }) {
  const texts = (count: number, name: string) =>
    records(...Array.from({ length: count }, (_, i) => `${name} ${i}`))
  await log.append(topic, texts(given.gone, 'gone'))
  clock.advance(60_000)
  await log.append(topic, texts(given.kept, 'kept'))
  await log.createTopic(topicSpec({ topic, retentionMs: 1_000 }))
  assert.equal((await log.ends(topic))[0]!.start, given.gone)
  await log.createTopic(topicSpec({ topic }))
}

const migrated = async (from: House, to: House) =>
  migrateLog({ source: from.log, target: to.log, progress: { readBytes: 0, rows: 0 } })

async function contents(log: Log, topic: string) {
  const found = []
  for await (const batch of readToEnd(log, { topic, partition: 0 })) {
    found.push(...rowsOf(batch).map(({ key, value }) => [key, value]))
  }
  return found
}

const checkpoint = (offsets: Pick<Checkpoint, 'offset' | 'rebuildFrom' | 'commandsTo'>) => ({
  v: 2 as const,
  ...offsets,
  now: 17,
  epoch: 3,
  commandIds: [],
  sources: [],
  sourceNames: [],
  sites: [],
  scopes: [],
})

test('[G4] rows arrive with their keys and partitions, in order, absent values too', async () => {
  const [from, to] = [await house(2), await house(2)]
  const written = [
    { key: utf8('a'), value: utf8('1'), partition: 1 },
    { value: utf8('2'), partition: 1 },
    { key: utf8('c'), partition: 0 },
  ]
  await from.log.append('readings', written)

  const { rowsByTopic } = await migrated(from, to)

  assert.equal(rowsByTopic.get('readings'), 3)
  assert.deepEqual(await to.log.ends('readings'), await from.log.ends('readings'))
  assert.deepEqual(await contents(to.log, 'readings'), [['c', null]])
})

test('[G4] positions and the offsets in notes are those of the same rows', async () => {
  const [from, to] = [await house(), await house()]
  for (const topic of ['readings', 'transitions', 'notices', 'windows']) {
    await rows(from, topic, { gone: 5, kept: 10 })
  }
  const told = withTold(encodeResumeNote({ watermarks: [['s', 9]], numbers: [['c', 8]] }), {
    to: 12,
    by: 'fold',
  })
  const plan = { epoch: 4, epochBefore: 3, floors: [{ floor: 6, settled: 14 }] }
  const at = (group: string, topic: string, position: Position) =>
    commitPositions(from.log, { group, topic, positions: [position] })
  await at('aggregate', 'readings', { offset: 7, note: told })
  await at('plan', 'notices', { offset: 9, note: encodePlanNote(plan) })
  await at('send/noc', 'notices', { offset: 15, note: '{"e":2,"f":"AQ=="}' })
  await at('record-windows', 'windows', { offset: 3, note: 'store-1' })

  const { groups } = await migrated(from, to)

  assert.deepEqual(groups, ['aggregate', 'plan', 'record-windows', 'send/noc'])
  const [aggregate] = await to.log.positions('aggregate', 'readings')
  assert.equal(aggregate?.offset, 2)
  assert.equal(toldTo(aggregate.note, 'fold'), 7)
  const numbers = { watermarks: [['s', 9]], numbers: [['c', 8]] }
  assert.deepEqual(decodeResumeNote(aggregate.note), numbers)
  const [planned] = await to.log.positions('plan', 'notices')
  assert.equal(planned?.offset, 4)
  const floors = [{ floor: 1, settled: 9 }]
  assert.deepEqual(decodePlanNote(planned.note), { ...plan, floors })
  const sent = [{ offset: 10, note: '{"e":2,"f":"AQ=="}' }]
  assert.deepEqual(await to.log.positions('send/noc', 'notices'), sent)
  const stored = [{ offset: 0, note: 'store-1' }]
  assert.deepEqual(await to.log.positions('record-windows', 'windows'), stored)
})

test('[G4] checkpoints and clocks name commands and panes where they lie now', async () => {
  const [from, to] = [await house(), await house()]
  await rows(from, 'commands', { gone: 3, kept: 4 })
  await rows(from, 'panes', { gone: 2, kept: 6 })
  const clock = { v: 1, site: 'clock', partition: 0, epoch: 3, commands_to: 6, at: 1 } as const
  await from.log.append('panes', [{ key: utf8('k'), value: encodeClock(clock), partition: 0 }])
  const collected = { key: utf8('collect/x'), value: utf8('{}'), partition: 0 }
  await from.log.append('checkpoints', [collected])
  const offsets = { offset: 9, rebuildFrom: 4, commandsTo: 6 }
  const placed = { partition: 0, slot: 1 }
  const note = await checkpointLog.append(from.log, placed, checkpoint(offsets))
  const positions = [{ offset: 4, note: String(note) }]
  await commitPositions(from.log, { group: 'evaluate', topic: 'panes', positions })

  await migrated(from, to)

  const [position] = await to.log.positions('evaluate', 'panes')
  assert.equal(position?.offset, 2)
  const found = await checkpointLog.read(to.log, 0, Number(position.note))
  assert.deepEqual(found, checkpoint({ offset: 7, rebuildFrom: 2, commandsTo: 3 }))
  const last = (await contents(to.log, 'panes')).at(-1)
  assert.deepEqual(last, ['k', JSON.stringify({ ...clock, commands_to: 3 })])
  const [kept] = await contents(to.log, 'checkpoints')
  assert.deepEqual(kept, ['collect/x', '{}'])
})

test('[G4] a target that is not empty, or is cut otherwise, is refused untouched', async () => {
  const [from, full, other] = [await house(2), await house(2), await house(3)]
  await from.log.append('panes', records('x'))
  await full.log.append('late', records('y'))

  await assert.rejects(migrated(from, full), { code: 'MIGRATE_REFUSED' })
  await assert.rejects(migrated(from, other), { code: 'MIGRATE_REFUSED' })

  for (const { log } of [full, other]) assert.deepEqual(await contents(log, 'panes'), [])
})
