import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { monitor } from '../../../test/rig/monitor.ts'
import type { Claim, Log, LogGap, TopicSpec } from '../../log/log.ts'
import { openMemoryLog } from '../../log/memory/memory-log.ts'
import { utf8 } from '../../std/bytes.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { encodePast } from '../../wire/roll-up-codec.ts'
import { rollUpHours } from './roll-up-hours.ts'

const TOPIC: TopicSpec = {
  ...{ topic: 'rollups', partitions: 1, cleanup: 'delete', durability: 'ack' },
  ...{ retentionMs: -1, retentionBytes: -1, recordBytesMax: 1_048_576 },
}

async function claimOf(log: Log, signal: AbortSignal): Promise<Claim> {
  const times = { sessionMs: 10_000, rebalanceMs: 60_000 }
  const group = { group: 'rollup-hours', topics: ['rollups'], start: 'earliest', ...times } as const
  const first = await log.claims(group, signal)[Symbol.asyncIterator]().next()
  assert.ok(first.done !== true)
  return first.value
}

test('[D8] [T4] where the log lost what was folded, what stands there now is folded', async () => {
  const clock = new SimulatedClock()
  const log = openMemoryLog({ clock })
  await log.createTopic(TOPIC)
  const past = { value: encodePast({ monitor: 'm', scope: 'all', to: 0 }) }
  await log.append('rollups', [past, past, { value: utf8('no roll-up') }])
  const ending = new AbortController()
  const claim = await claimOf(log, ending.signal)
  await log.commit(claim, 1, '900')
  const gaps: LogGap[] = []
  const next = new Map<number, number>()
  const progress = {
    made: 0,
    groups: new Map(),
    outcomes: new Map<number, Record<string, number>>(),
    next,
  }
  const spec = { monitors: [monitor()], panesPartitions: 1, absentMs: 30_000, live: false }

  const reading = rollUpHours({ log, clock, spec, progress, onGap: (gap) => gaps.push(gap) }, claim)
  while (next.get(0) !== 3) await setImmediate()
  ending.abort()
  await reading

  assert.deepEqual(
    gaps.map(({ reason, from, to }) => ({ reason, from, to })),
    [{ reason: 'lost', from: 3, to: 900 }],
  )
  const counted = Object.values(progress.outcomes.get(0) ?? {})
  assert.deepEqual(counted, [1], 'what cannot be read is counted where it is folded')
})
