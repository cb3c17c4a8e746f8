import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { monitor } from '../../../test/rig/monitor.ts'
import { rulesCommand } from '../../../test/rig/rules-command.ts'
import type { Claim, Log, LogGap, TopicSpec } from '../../log/log.ts'
import type { AggregateSpec, MonitorSpec } from '../../model/monitor.ts'
import { openMemoryLog } from '../../log/memory/memory-log.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { aggregateState } from '../../sketch/aggregate-state.ts'
import { ByteWriter, utf8 } from '../../std/bytes.ts'
import { encodeCommand } from '../../wire/command-codec.ts'
import { encodePast, encodeRollUp } from '../../wire/roll-up-codec.ts'
import { rollUpHours } from './roll-up-hours.ts'

const COUNT: AggregateSpec = { name: 'count', kind: 'count', digits: 0 }
const TOPIC: TopicSpec = {
  ...{ topic: 'rollups', partitions: 1, cleanup: 'delete', durability: 'ack' },
  ...{ retentionMs: -1, retentionBytes: -1, recordBytesMax: 1_048_576 },
}

/** A minute in the log of a monitor with one aggregate. */
function minuteOf({ id, definition }: MonitorSpec): { readonly value: Uint8Array } {
  const end = 1_795_384_860_000
  const states = [aggregateState.encode(COUNT, aggregateState.zero(COUNT), new ByteWriter())]
  const value = encodeRollUp({
    ...{
      v: 1,
      id: `all|${id}|["a"]|${end}`,
      tier: 'minute',
      scope: 'all',
      monitor: id,
      definition,
    },
    ...{ group: { stream: 'a' }, start: end - 60_000, end, rev: 1, closed: true, rows: 5 },
    ...{ values: {}, sources: { expected: 1, reported: 1, missing: [] } },
    ...{ complete: true, corrected: false, states },
    receipt: { event: null, read: null, pane: null, closed: null },
  })
  return { value }
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
  const [position] = await log.positions('rollup-hours', 'rollups')
  assert.equal(position?.note, `3 ${clock.now()}`, 'hours from before are not whole')
})

test('[T4] [A75] the first minute of another definition is in its hour', async () => {
  const clock = new SimulatedClock()
  const log = openMemoryLog({ clock })
  for (const topic of ['rollups', 'commands']) await log.createTopic({ ...TOPIC, topic })
  const before = monitor({ aggregates: [COUNT] })
  const after = { ...before, definition: '00000000000000bb' }
  const gone = { ...before, id: 'gone' }
  const ending = new AbortController()
  const claim = await claimOf(log, ending.signal)
  const next = new Map<number, number>()
  const progress = { made: 0, groups: new Map(), outcomes: new Map(), next }
  const spec = { monitors: [before], panesPartitions: 1, absentMs: 30_000, live: true }
  const reading = rollUpHours({ log, clock, spec, progress }, claim)
  // It has just asked for the rules, since it met a monitor that is no more.
  await log.append('rollups', [minuteOf(gone)])
  while (next.get(0) !== 1) await setImmediate()
  await log.append('commands', [{ value: encodeCommand(rulesCommand('m', after)) }])

  await log.append('rollups', [minuteOf(after)])
  while (next.get(0) !== 2) await setImmediate()
  ending.abort()
  await reading

  assert.deepEqual(progress.outcomes.get(0), { definition: 1, new: 1 })
})
