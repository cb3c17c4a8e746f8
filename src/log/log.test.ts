import assert from 'node:assert/strict'
import test from 'node:test'
import { SimulatedClock } from '../std/simulated-clock.ts'
import { utf8 } from '../std/bytes.ts'
import { reachableFrom, readToEnd, type LogRecord, type TopicSpec } from './log.ts'
import { openMemoryLog } from './memory/memory-log.ts'

const TOPIC: TopicSpec = {
  topic: 'readings',
  partitions: 1,
  cleanup: 'delete',
  retentionMs: 1000,
  retentionBytes: -1,
  durability: 'ack',
  recordBytesMax: 1024,
}
const rows = (count: number): readonly LogRecord[] =>
  Array.from({ length: count }, (_, i) => ({ value: utf8(`row ${i}`) }))

test('[L32] [D8] a reader that retention overtook goes on and knows what is gone', async () => {
  const clock = new SimulatedClock()
  const log = openMemoryLog({ clock })
  await log.createTopic(TOPIC)
  await log.append('readings', rows(5))
  clock.advance(10_000)
  await log.append('readings', rows(3))
  const stop = new AbortController()
  const group = {
    topics: ['readings'],
    start: 'earliest',
    sessionMs: 1e4,
    rebalanceMs: 1e4,
  } as const

  for await (const claim of log.claims(group, stop.signal)) {
    const gap = { topic: 'readings', partition: 0, reason: 'expired', from: 2, to: 5 }
    const expired = { offset: 5, gap: { ...gap, fromMs: 17, toMs: clock.now() } }
    const standing = { at: claim, offset: 2, readAtMs: 17 }
    assert.deepEqual(await reachableFrom(log, standing), expired)
    for (const offset of [5, 6, 8]) {
      assert.deepEqual(await reachableFrom(log, { at: claim, offset }), { offset })
    }
    const lost = { offset: 5, gap: { ...gap, reason: 'lost', from: 8, to: 9 } }
    assert.deepEqual(await reachableFrom(log, { at: claim, offset: 9 }), lost)
    claim.release()
    break
  }
  const offsets: number[] = []
  for await (const batch of readToEnd(log, { topic: 'readings', partition: 0 })) {
    for (let row = 0; row < batch.count; row++) offsets.push(batch.offsets[row]!)
  }
  assert.deepEqual(offsets, [5, 6, 7])
  await log.close()
})
