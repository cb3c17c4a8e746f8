import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RollUpCheckpoint } from '../../evaluate/rollup/roll-up-partition.ts'
import { rollUpCheckpoints } from '../../evaluate/rollup/roll-up-panes.ts'
import { openMemoryLog } from '../../log/memory/memory-log.ts'
import { records, topicSpec } from '../../log/suite/log-rig.suite.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { migrateLog } from '../migrate/migrate-log.ts'
import { commitPositions } from './commit-positions.ts'
import { applyReset, planReset } from './reset-group.ts'

const CHECKPOINT: RollUpCheckpoint = {
  ...{ v: 1, offset: 6, rebuildFrom: 2, now: 17, epoch: 1, commandsTo: 0 },
  ...{ sources: [], scopes: [], sites: [] },
}

/** A log of eight panes, of which minutes were made up to the sixth. */
async function house() {
  const log = openMemoryLog({ clock: new SimulatedClock() })
  for (const topic of ['panes', 'commands', 'checkpoints']) {
    await log.createTopic(topicSpec({ topic }))
  }
  await log.append('panes', records(...Array.from({ length: 8 }, (_, i) => `pane ${i}`)))
  const end = await rollUpCheckpoints.append(log, { partition: 0, slot: 0 }, CHECKPOINT)
  const positions = [{ offset: 2, note: String(end) }]
  await commitPositions(log, { group: 'rollup', topic: 'panes', positions })
  return log
}

test('[G3] [T3] minutes go back to where they are sent, and on with what they know', async () => {
  for (const [offset, kept] of [
    [3, undefined],
    [7, { ...CHECKPOINT, offset: 7, rebuildFrom: 7 }],
  ] as const) {
    const log = await house()
    const plan = await planReset(log, { group: 'rollup', to: { partition: 0, offset } })
    assert.equal(plan.moves[0]?.from, 6)

    await applyReset(log, plan)

    assert.deepEqual(await rollUpCheckpoints.read(log, 0), kept)
    assert.equal((await log.positions('rollup', 'panes'))[0]?.offset, offset)
  }
})

test('[G4] [T3] what minutes were made of is found in another log', async () => {
  const source = await house()
  const target = openMemoryLog({ clock: new SimulatedClock() })
  for (const topic of ['panes', 'commands', 'checkpoints']) {
    await target.createTopic(topicSpec({ topic }))
  }

  await migrateLog({ source, target, progress: { readBytes: 0, rows: 0 } })

  const [position] = await target.positions('rollup', 'panes')
  assert.equal(position?.offset, 2)
  const found = await rollUpCheckpoints.read(target, 0, Number(position.note))
  assert.deepEqual(found, CHECKPOINT)
})
