import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Claim, Log } from '../log/log.ts'
import { openMemoryLog } from '../log/memory/memory-log.ts'
import { topicSpec } from '../log/suite/log-rig.suite.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import { Lane } from '../std/lane.ts'
import { SimulatedClock } from '../std/simulated-clock.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { Store, StoreRows } from '../store/store.ts'
import { STARTED_AT, windowResult } from '../store/suite/store-case.suite.ts'
import { encodeWindow } from '../wire/window-codec.ts'
import { decodeRecordNote } from './record-note.ts'
import { recordWindows } from './record-windows.ts'

const HOUR_MS = 3_600_000

type House = {
  readonly clock: SimulatedClock
  readonly log: Log
  readonly store: Store
  /** In which order windows came into the store: seconds behind the first. */
  readonly order: number[]
  /** Throws in the place of the write, where it wants. */
  refuse: (rows: StoreRows) => void
}

async function house(): Promise<House> {
  const clock = new SimulatedClock()
  const log = openMemoryLog({ clock })
  for (const topic of ['windows', 'rejected']) await log.createTopic(topicSpec({ topic }))
  const store = openMemoryStore({ clock })
  const upsert = store.upsert.bind(store)
  const made: House = { clock, log, order: [], refuse: () => undefined, store }
  store.upsert = async (rows: StoreRows) => {
    await setImmediate() // A store elsewhere: others have their turn meanwhile.
    made.refuse(rows)
    for (const { end } of rows.windows ?? []) made.order.push((end - STARTED_AT) / 1_000)
    await upsert(rows)
  }
  return made
}

/** Windows of the seconds [from, to), each in an append of its own; a turn holds some hundreds. */
async function append({ log }: House, from: number, to: number): Promise<void> {
  for (let second = from; second < to; second += 500) {
    const some = Array.from({ length: Math.min(500, to - second) }, (_, i) => {
      const window = windowResult({ end: STARTED_AT + (second + i) * 1_000 })
      return { value: encodeWindow(window) }
    })
    await log.append('windows', some)
  }
}

/** Reads until `until` holds, or the reader fails. */
async function read(of: House, until: (committed: number) => boolean): Promise<string> {
  const { log, store, clock } = of
  const ending = new AbortController()
  const claim = await claimOf(log, ending.signal)
  const progress = { written: 0, rejected: new Map(), next: new Map() }
  const deps = { log, store, clock, lane: new Lane(clock), progress }
  let hasEnded = false
  const ended = recordWindows(deps, claim).finally(() => {
    hasEnded = true
    claim.release()
  })
  ended.catch(() => undefined)
  while (!hasEnded && !until((await log.position(claim)).offset)) {
    clock.advance(1)
    await setImmediate()
  }
  ending.abort()
  await ended
  return (await log.position(claim)).note
}

async function claimOf(log: Log, signal: AbortSignal): Promise<Claim> {
  const times = { sessionMs: 10_000, rebalanceMs: 60_000 }
  const group = { topics: ['windows'], start: 'earliest', group: 'record', ...times } as const
  const first = await log.claims(group, signal)[Symbol.asyncIterator]().next()
  assert.ok(first.done !== true)
  return first.value
}

const storedCount = async ({ store }: House): Promise<number> => {
  const { scope, monitor, group } = windowResult()
  const span = { from: 0, to: STARTED_AT * 2, limit: 100_000 }
  return (await store.series({ scope, monitor, group, tier: 'live', ...span })).length
}

test('[D6] after an outage fresh windows are in the store before those that waited', async () => {
  const of = await house()
  await append(of, 0, 20_000)
  of.clock.advance(HOUR_MS)
  let isFreshThere = false
  const filling = read(of, (committed) => {
    if (!isFreshThere && of.order.length > 0) {
      isFreshThere = true
      void append(of, 20_000, 20_003)
    }
    return committed === 20_003
  })

  await filling

  const freshAt = of.order.indexOf(20_002)
  assert.ok(freshAt >= 0 && freshAt < 10_000, `fresh ones came after ${freshAt} old ones`)
  assert.equal(await storedCount(of), 20_003)
  assert.equal(of.order.length, 20_003, 'and none was written twice')
})

test('[D2] [D6] a reader that ends half-way goes on with what is missing', async () => {
  const of = await house()
  await append(of, 0, 20_000)
  of.clock.advance(HOUR_MS)
  let isAppended = false
  const note = await read(of, (committed) => {
    if (!isAppended && of.order.length > 0) {
      isAppended = true
      void append(of, 20_000, 20_100)
    }
    return committed > 3_000 && of.order.includes(20_099)
  })
  assert.deepEqual(decodeRecordNote(note).done, [{ from: 20_000, to: 20_100 }])
  const before = of.order.length
  assert.ok(before < 20_100)
  await append(of, 20_100, 20_150)

  assert.ok(!(await read(of, (committed) => committed === 20_150)).includes(' '))

  assert.equal(await storedCount(of), 20_150)
  const again = of.order.filter((second) => second >= 20_000 && second < 20_100).length
  assert.equal(again, 100, 'what was fresh then is not recorded a second time')
})

test('[D6] STORE_UNAVAILABLE on one of the ways ends both, and nothing is lost', async () => {
  const of = await house()
  await append(of, 0, 5_000)
  of.clock.advance(HOUR_MS)
  of.refuse = () => {
    if (of.order.length > 2_000) throw new NocturneError('STORE_UNAVAILABLE', 'away again')
  }
  await assert.rejects(
    read(of, (committed) => committed === 5_000),
    { code: 'STORE_UNAVAILABLE' },
  )
  await append(of, 5_000, 5_100)
  of.refuse = () => undefined

  await read(of, (committed) => committed === 5_100)

  assert.equal(await storedCount(of), 5_100)
})

test('rows that waited for less than a minute are read in their order', async () => {
  const of = await house()
  await append(of, 0, 2_000)
  of.clock.advance(59_000)

  await read(of, (committed) => committed === 2_000)

  assert.deepEqual(
    of.order,
    [...of.order].sort((a, b) => a - b),
  )
})
