import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { monitor } from '../rig/monitor.ts'
import { Pipeline } from '../rig/pipeline.ts'
import { createTopics } from '../../src/app/create-topics.ts'
import { readToEnd, type Log, type LogGap } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory/memory-log.ts'
import { bytesOf } from '../../src/model/record-columns.ts'
import type { RolledUpTo, RollUp } from '../../src/model/roll-up.ts'
import { SimulatedClock } from '../../src/std/simulated-clock.ts'
import { decodeRollUpRecord } from '../../src/wire/roll-up-codec.ts'
import { rollUpPanes, type RollUpDeps } from '../../src/evaluate/rollup/roll-up-panes.ts'

const MINUTE = 60_000
/** A full hour. */
const START = 1_795_384_800_000
const spec = monitor()

/** Panes of 30 minutes of one group, each ten minutes apart. */
function panesByTen() {
  const pipeline = new Pipeline([spec])
  const ends = [10, 20, 30].map((to) => {
    for (let at = (to - 10) * MINUTE; at < to * MINUTE; at += 3_000) {
      pipeline.push(0, [{ ts: START + at, stream: 's', x: 1 }])
      pipeline.beat(START + at)
    }
    return pipeline.panes.length
  })
  pipeline.beat(START + 60 * MINUTE)
  const [first, second] = ends
  const all = pipeline.panes.map((record) => ({ ...record, partition: 0 }))
  return [all.slice(0, first), all.slice(first, second), all.slice(second)] as const
}

/** Reads all there is, and stops as an app does. */
async function readAll(deps: Omit<RollUpDeps, 'progress' | 'spec'>): Promise<void> {
  const { log } = deps
  const stop = new AbortController()
  const times = { sessionMs: 10_000, rebalanceMs: 60_000 }
  const group = { group: 'rollup', topics: ['panes'], start: 'earliest', ...times } as const
  for await (const claim of log.claims(group, stop.signal)) {
    const next = new Map<number, number>()
    const progress = { made: 0, groups: new Map(), outcomes: new Map(), next }
    const panesSpec = { monitors: [spec], panesPartitions: 1, absentMs: 30_000, live: false }
    const reading = rollUpPanes({ ...deps, progress, spec: panesSpec }, claim)
    const end = (await log.ends('panes'))[0]!.end
    while ((next.get(0) ?? 0) < end) await setImmediate()
    stop.abort()
    await reading
    claim.release()
  }
}

async function made(log: Log) {
  const minutes: RollUp[] = []
  const pasts: RolledUpTo[] = []
  for await (const batch of readToEnd(log, { topic: 'rollups', partition: 0 })) {
    for (let row = 0; row < batch.count; row++) {
      const decoded = decodeRollUpRecord(bytesOf(batch.values, row))
      assert.ok(decoded.ok)
      if (decoded.record.kind === 'rollUp') minutes.push(decoded.record.rollUp)
      if (decoded.record.kind === 'past') pasts.push(decoded.record.past)
    }
  }
  return { minutes, pasts }
}

test('[T2] [D8] behind a gap in the panes nothing is whole that began before it', async () => {
  const clock = new SimulatedClock(START)
  const log = openMemoryLog({ clock })
  const retain = (bytes: number) => {
    const retention = (topic: string) => ({ ms: -1, bytes: topic === 'panes' ? bytes : -1 })
    return createTopics(log, { partitions: 1, durability: 'ack', retention })
  }
  await retain(-1)
  const [read, expired, later] = panesByTen()
  const gaps: LogGap[] = []
  const deps = { log, clock, onGap: (gap: LogGap) => gaps.push(gap) }
  await log.append('panes', read)
  await readAll(deps)
  // All but the newest of them are gone.
  clock.advance(20 * MINUTE + 1)
  await log.append('panes', expired)
  await retain(1)
  await log.ends('panes')
  await retain(-1)
  await log.append('panes', later)

  await readAll(deps)
  await readAll(deps)

  assert.deepEqual(
    gaps.map(({ reason }) => reason),
    ['expired'],
  )
  const { minutes, pasts } = await made(log)
  const whole = minutes.filter(({ complete }) => complete)
  const minutesOf = whole.map(({ start }) => (start - START) / MINUTE)
  assert.ok(minutes.some(({ start }) => start === START + 20 * MINUTE))
  const expected = [...[1, 2, 3, 4, 5, 6, 7], ...[21, 22, 23, 24, 25, 26, 27, 28, 29]]
  assert.deepEqual(minutesOf, expected)
  assert.ok(pasts.at(-1)!.from! > START + 20 * MINUTE, 'hours are told of it too')
  await log.close()
})
