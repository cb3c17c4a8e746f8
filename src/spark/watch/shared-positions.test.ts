import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemoryLog } from '../../log/memory/memory-log.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { SharedPositions } from './shared-positions.ts'

test('[Z17] positions that lie above the end of the log are of another one', async () => {
  const log = openMemoryLog({ clock: new SimulatedClock() })
  await log.createTopic({
    ...{ topic: 'readings', partitions: 1, cleanup: 'delete', durability: 'ack' },
    ...{ retentionMs: -1, retentionBytes: -1, recordBytesMax: 1e6 },
  })
  const value = new Uint8Array([1])
  for (let i = 0; i < 20; i++) await log.append('readings', [{ partition: 0, value }])
  await log.moveTo('aggregate', 'readings', [500])

  const positions = new SharedPositions(log, ['ams1'])
  assert.deepEqual(await positions.startingOffsets(), [0])
  await positions.advance('ams1', new Map([[0, 12]]))

  assert.deepEqual(await positions.startingOffsets(), [12])
})
