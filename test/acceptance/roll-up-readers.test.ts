import assert from 'node:assert/strict'
import test from 'node:test'
import { createTopics } from '../../src/app/create-topics.ts'
import { newProgress } from '../../src/app/readers.ts'
import { rollUpHours } from '../../src/evaluate/rollup/roll-up-hours.ts'
import { rollUpPanes } from '../../src/evaluate/rollup/roll-up-panes.ts'
import type { Claim, Log } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory/memory-log.ts'
import type { SiteMinute, Tier } from '../../src/model/roll-up.ts'
import { recordRollUps } from '../../src/record/record-roll-ups.ts'
import { systemClock } from '../../src/std/clock.ts'
import { Lane } from '../../src/std/lane.ts'
import { prng } from '../../src/std/prng.ts'
import { openMemoryStore } from '../../src/store/memory/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import { monitor } from '../rig/monitor.ts'
import { Pipeline } from '../rig/pipeline.ts'

const MINUTE = 60_000
/** Ten minutes before a full hour. */
const START = 1_795_384_800_000 - 600_000
const GROUP = { start: 'earliest', sessionMs: 10_000, rebalanceMs: 60_000 } as const
const spec = monitor()

/** Panes of 80 minutes of four groups. */
function panes() {
  const random = prng(23)
  const pipeline = new Pipeline([spec])
  for (let at = 0; at < 80 * MINUTE; at += 3_000) {
    const row = { stream: `s${random.below(4)}`, session: `v${random.below(50)}` }
    pipeline.push(0, [{ ts: START + at, x: random.below(9_000), ...row }])
    pipeline.beat(START + at)
  }
  pipeline.beat(START + 3 * 60 * MINUTE)
  return pipeline.panes
}

type Kept = {
  readonly rows: Readonly<Record<'minute' | 'hour', readonly string[]>>
  readonly coverage: readonly SiteMinute[]
}

/** All that a store holds of the four groups, without what a receipt may say. */
async function kept(store: Store): Promise<Kept> {
  const rowsOf = async (tier: Tier) => {
    const rows: string[] = []
    for (const stream of ['s0', 's1', 's2', 's3']) {
      const of = { scope: 'all', monitor: 'm', group: { stream }, tier }
      const found = await store.series({ ...of, from: 0, to: START * 2, limit: 999 })
      rows.push(...found.map(({ receipt: _, ...row }) => JSON.stringify(row)))
    }
    return rows
  }
  const coverage = await store.coverage({ site: 'here', from: 0, to: START * 2, limit: 999 })
  return { rows: { minute: await rowsOf('minute'), hour: await rowsOf('hour') }, coverage }
}

/** By start, whether each is complete. */
const completeness = (rows: readonly string[]) =>
  rows
    .map((row): { readonly start: number; readonly complete: boolean } => JSON.parse(row))
    .sort((a, b) => a.start - b.start)
    .map(({ complete }) => complete)

/** Runs a reader on one claim until it has read all there is; how it ends is as in an app. */
async function run(
  log: Log,
  { group, topic }: { readonly group: string; readonly topic: string },
  reader: (claim: Claim, next: Map<number, number>) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  for await (const claim of log.claims({ ...GROUP, topics: [topic], group }, stop.signal)) {
    const { offset } = await log.position(claim)
    const next = new Map([[0, offset]])
    const reading = reader(claim, next)
    while ((next.get(0) ?? 0) < ((await log.ends(topic))[0]?.end ?? 0)) await systemClock.sleep(1)
    stop.abort()
    await reading
    claim.release()
  }
}

/** Panes through all three readers, each started again and again until it has read all. */
async function through(records: ReturnType<typeof panes>, turns: number): Promise<Kept> {
  const clock = systemClock
  const log = openMemoryLog({ clock })
  const retention = () => ({ ms: -1, bytes: -1 })
  await createTopics(log, { partitions: 1, durability: 'ack', retention })
  const store = openMemoryStore({ clock })
  const panesSpec = { monitors: [spec], panesPartitions: 1, absentMs: 30_000, live: false }
  const made = { log, clock, spec: panesSpec }
  const { rollUp, rollUps } = newProgress()
  for (let turn = 0; turn < turns; turn++) {
    const from = Math.floor((turn / turns) * records.length)
    const to = Math.floor(((turn + 1) / turns) * records.length)
    const some = records.slice(from, to).map((record) => ({ ...record, partition: 0 }))
    await log.append('panes', some)
    await run(log, { group: 'rollup', topic: 'panes' }, (claim, next) =>
      rollUpPanes({ ...made, progress: { ...rollUp, next } }, claim),
    )
    await run(log, { group: 'rollup-hours', topic: 'rollups' }, (claim, next) =>
      rollUpHours({ ...made, progress: { ...rollUp, next } }, claim),
    )
    await run(log, { group: 'record-rollups', topic: 'rollups' }, (claim, next) =>
      recordRollUps(
        { log, clock, store, lane: new Lane(clock), progress: { ...rollUps, next } },
        claim,
      ),
    )
  }
  const found = await kept(store)
  await log.close()
  return found
}

test('[T3] [T4] [T5] the store ends the same however often the readers were started', async () => {
  const records = panes()
  const once = await through(records, 1)

  assert.equal(once.rows.hour.length, 4 * 3)
  // They had not seen the beginning of the first.
  assert.deepEqual(completeness(once.rows.hour.slice(0, 3)), [false, true, true])
  assert.ok(once.rows.minute.length > 200)
  assert.equal(once.coverage.length, 180)
  for (const turns of [2, 7]) assert.deepEqual(await through(records, turns), once)
})
