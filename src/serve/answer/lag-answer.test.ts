import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Log, LogGroups } from '../../log/log.ts'
import { openMemoryLog } from '../../log/memory/memory-log.ts'
import { records, topicSpec } from '../../log/suite/log-rig.suite.ts'
import { topics } from '../../model/topics.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { lagView } from './lag-answer.ts'

/** A log with the house's topics of one partition, and three readings, a minute apart. */
async function house(): Promise<{ log: Log & LogGroups; clock: SimulatedClock }> {
  const clock = new SimulatedClock()
  const log = openMemoryLog({ clock })
  for (const topic of Object.keys(topics)) await log.createTopic(topicSpec({ topic }))
  for (let i = 0; i < 3; i++) {
    await log.append('readings', records(`row ${i}`))
    clock.advance(60_000)
  }
  return { log, clock }
}

const nobody = () => undefined

test('[G1] lag counts from the position, in rows and in age of the oldest unread one', async () => {
  const { log, clock } = await house()
  await log.moveTo('aggregate', 'readings', [1])

  const view = await lagView({ log, now: clock.now(), readTo: nobody }, [])

  assert.deepEqual(view.lines[0], {
    group: 'aggregate',
    topic: 'readings',
    partition: 0,
    position: 1,
    read: null,
    start: 0,
    end: 3,
    rows: 2,
    ms: 120_000,
    gone: 0,
  })
  assert.deepEqual(view.total, { rows: 2, ms: 120_000 })
  const all = [
    'aggregate',
    'evaluate',
    'rollup',
    'rollup-hours',
    'record-windows',
    'record-rollups',
    'record-steps',
    'plan',
  ]
  assert.deepEqual(
    view.lines.map(({ group }) => group),
    all,
  )
})

test('[G1] a running reader counts by how far it is, others by their position', async () => {
  const { log, clock } = await house()
  await log.moveTo('aggregate', 'readings', [1])
  await log.moveTo('outsider', 'readings', [0])
  const readTo = (group: string) => (group === 'aggregate' ? 3 : undefined)

  const { lines } = await lagView({ log, now: clock.now(), readTo }, [])

  const [aggregate, outsider] = [lines[0]!, lines.at(-1)!]
  assert.deepEqual([aggregate.read, aggregate.rows, aggregate.ms], [3, 0, 0])
  assert.deepEqual([outsider.group, outsider.rows, outsider.ms], ['outsider', 3, 180_000])
})

test('[G1] [D8] rows that expired unread are no lag any more, and are named', async () => {
  const { log, clock } = await house()
  await log.moveTo('aggregate', 'readings', [0])
  await log.createTopic(topicSpec({ topic: 'readings', retentionMs: 90_000 }))
  const gap = { topic: 'readings', partition: 0, reason: 'expired', from: 0, to: 2 } as const
  const met = [{ reader: 'aggregate', gap: { ...gap, toMs: 7 } }]

  const deps = { log, now: clock.now(), readTo: nobody, group: 'aggregate' }
  const { lines, gaps } = await lagView(deps, met)

  assert.equal(lines.length, 1)
  assert.deepEqual([lines[0]!.rows, lines[0]!.gone], [1, 2])
  assert.deepEqual(gaps, [{ reader: 'aggregate', ...gap, from_at: null, to_at: 7 }])
})
