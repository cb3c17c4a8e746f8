import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { readToEnd, type Claim, type Log } from '../log/log.ts'
import { openMemoryLog } from '../log/memory/memory-log.ts'
import { topicSpec } from '../log/suite/log-rig.suite.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import type { WindowResult } from '../model/window-result.ts'
import { utf8, utf8Text } from '../std/bytes.ts'
import { Lane } from '../std/lane.ts'
import { SimulatedClock } from '../std/simulated-clock.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { Store, StoreRows } from '../store/store.ts'
import { STARTED_AT, step, toldOf, windowResult } from '../store/suite/store-case.suite.ts'
import { encodeTransition } from '../wire/step-codec.ts'
import { encodeWindow } from '../wire/window-codec.ts'
import { recordSteps } from './record-steps.ts'
import type { RecordDeps } from './record-deps.ts'
import { recordWindows } from './record-windows.ts'

/** A log with the three topics, an empty store unless given, and a reader's surroundings. */
async function house(given?: Store): Promise<RecordDeps> {
  const clock = new SimulatedClock()
  const log = openMemoryLog({ clock })
  const store = given ?? openMemoryStore({ clock })
  for (const topic of ['windows', 'transitions', 'rejected']) {
    await log.createTopic(topicSpec({ topic }))
  }
  return {
    log,
    store,
    clock,
    lane: new Lane(clock),
    progress: { written: 0, rejected: new Map(), next: new Map() },
  }
}

const append = (log: Log, windows: readonly WindowResult[]): Promise<void> =>
  log.append(
    'windows',
    windows.map((window) => ({ value: encodeWindow(window) })),
  )

/** Runs one reader on one claim until it has committed everything, or fails. */
async function run(
  deps: RecordDeps,
  { topic, reader }: { topic: string; reader: typeof recordWindows } = WINDOWS,
): Promise<void> {
  const ending = new AbortController()
  const claim = await claimOf(deps.log, { topic, signal: ending.signal })
  const done = reader(deps, claim).finally(() => claim.release())
  let hasEnded = false
  const settled = () => (hasEnded = true)
  done.then(settled, settled)
  const [{ end } = { end: 0 }] = await deps.log.ends(topic)
  while (!hasEnded && (await deps.log.position(claim)).offset < end) await setImmediate()
  ending.abort()
  await done
}

const WINDOWS = { topic: 'windows', reader: recordWindows }

async function claimOf(
  log: Log,
  { topic, signal }: { readonly topic: string; readonly signal: AbortSignal },
): Promise<Claim> {
  const times = { sessionMs: 10_000, rebalanceMs: 60_000 }
  const group = { topics: [topic], start: 'earliest', group: 'record', ...times } as const
  const first = await log.claims(group, signal)[Symbol.asyncIterator]().next()
  assert.ok(first.done !== true)
  return first.value
}

const seriesOf = (store: Store) => {
  const { scope, monitor, group } = windowResult()
  const span = { from: 0, to: STARTED_AT * 2, limit: 10_000 }
  return store.series({ scope, monitor, group, tier: 'live', ...span })
}

/** `count` windows of one group, a second apart. */
const windowsOf = (count: number): WindowResult[] =>
  Array.from({ length: count }, (_, i) => windowResult({ end: STARTED_AT + i * 1_000 }))

/** A store that is down for its first writes. */
function downFor(writes: number): Store {
  const store = openMemoryStore({ clock: new SimulatedClock() })
  const upsert = store.upsert.bind(store)
  let left = writes
  return Object.assign(store, {
    upsert: async (rows: StoreRows) => {
      if (left-- > 0) throw new NocturneError('STORE_UNAVAILABLE', 'down for a while')
      return upsert(rows)
    },
  })
}

test('windows in the log come to lie in the store', async () => {
  const deps = await house()
  const windows = windowsOf(50)
  await append(deps.log, windows)

  await run(deps)

  assert.deepEqual(await seriesOf(deps.store), windows)
  assert.equal(deps.progress.written, 50)
  assert.equal(deps.progress.next.get(0), 50)
})

test('[D2] a turn repeated after a crash changes nothing', async () => {
  const deps = await house()
  const windows = windowsOf(50)
  await append(deps.log, windows)
  await deps.store.upsert({ windows: windows.slice(0, 30) })

  await run(deps)

  assert.deepEqual(await seriesOf(deps.store), windows)
})

test('[D6] STORE_UNAVAILABLE: nothing is committed while the store is down', async () => {
  const store = downFor(3)
  const deps = await house(store)
  const windows = windowsOf(20)
  await append(deps.log, windows)

  for (let attempt = 0; attempt < 3; attempt++) {
    await assert.rejects(run(deps), { code: 'STORE_UNAVAILABLE' })
    assert.equal(deps.progress.next.get(0), undefined)
    await append(deps.log, [windowResult({ end: STARTED_AT + (20 + attempt) * 1_000 })])
  }
  await run(deps)

  assert.deepEqual(await seriesOf(store), windowsOf(23))
})

test('[W8] what cannot be read is counted and told with its reason', async () => {
  const deps = await house()
  const good = windowsOf(2)
  await append(deps.log, good.slice(0, 1))
  const bad = [
    utf8('{"v":1'),
    utf8('{"v":1}'),
    new Uint8Array([0xff]),
    encodeWindow({ ...windowResult(), id: 'another|0' }),
  ]
  await deps.log.append('windows', [...bad.map((value) => ({ value })), { key: utf8('no value') }])
  await append(deps.log, good.slice(1))

  await run(deps)

  assert.deepEqual(await seriesOf(deps.store), good)
  const counted = Object.fromEntries(deps.progress.rejected)
  assert.deepEqual(counted, { json: 2, shape: 1, bytes: 1, id: 1 })
  const told = await allOf(deps.log, 'rejected')
  const expected = { v: 1, at: deps.clock.now(), source: 'log:windows-0', position: 'offset 1' }
  const sample = btoa('{"v":1')
  assert.deepEqual(told[0], { ...expected, reason: 'json', bytes: 6, sample })
  assert.equal(told.length, 5)
})

test('[W8] at most 100 refusals a second are told, and all are counted', async () => {
  const deps = await house()
  await deps.log.append(
    'windows',
    Array.from({ length: 250 }, () => ({ value: utf8('?') })),
  )

  await run(deps)

  assert.equal(deps.progress.rejected.get('json'), 250)
  assert.deepEqual(await deps.log.ends('rejected'), [{ start: 0, end: 100 }])
})

test('a store made anew is filled again from the log’s start', async () => {
  const deps = await house()
  const windows = windowsOf(30)
  await append(deps.log, windows)
  await run(deps)

  const same = openMemoryStore(deps)
  await run({ ...deps, store: same })
  assert.deepEqual(await seriesOf(same), [], 'the position is good for this identity')
  const another = openMemoryStore({ clock: new SimulatedClock(1) })
  await append(deps.log, [windowResult({ end: STARTED_AT + 30_000 })])
  await run({ ...deps, store: another })

  assert.deepEqual(await seriesOf(another), windowsOf(31))
})

test('steps, and what was told of them, come to lie in the store', async () => {
  const deps = await house()
  const fired = step()
  const told = toldOf(fired)
  const values = [encodeTransition(fired), utf8('[]'), encodeTransition(told)]
  await deps.log.append(
    'transitions',
    values.map((value) => ({ value })),
  )

  await run(deps, { topic: 'transitions', reader: recordSteps })

  const history = await deps.store.history({ from: 0, to: STARTED_AT, limit: 9 })
  assert.deepEqual(history, [fired, told])
  assert.deepEqual(Object.fromEntries(deps.progress.rejected), { shape: 1 })
})

/** Every record of a topic with one partition, parsed. */
async function allOf(log: Log, topic: string): Promise<unknown[]> {
  const records: unknown[] = []
  for await (const { values, count } of readToEnd(log, { topic, partition: 0 })) {
    for (let row = 0; row < count; row++) {
      const at = values.starts[row]!
      const bytes = values.bytes.subarray(at, at + values.lengths[row]!)
      records.push(JSON.parse(utf8Text(bytes)))
    }
  }
  return records
}
