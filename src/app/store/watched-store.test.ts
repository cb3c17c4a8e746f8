import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as settled } from 'node:timers/promises'
import { NocturneError } from '../../model/nocturne-error.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import type { Store, StoreRows } from '../../store/store.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import { observeStore, storeCheck, storeView } from './store-watch.ts'
import { askWhileTroubled, WatchedStore } from './watched-store.ts'

const NOW = 1_795_383_150_000

/** A store that fails with a code while `down` says one. */
function craft() {
  const clock = new SimulatedClock(NOW)
  const down: { error: Error | undefined } = { error: undefined }
  const memory = openMemoryStore({ clock })
  const fragile: Store = Object.assign(Object.create(memory), {
    migrate: () => (down.error ? Promise.reject(down.error) : memory.migrate()),
    close: () => memory.close(),
  })
  return { clock, down, store: new WatchedStore(fragile, clock) }
}

const lost = new NocturneError('STORE_AUTH_FAILED', 'c1:9042: no')

test('[D6] a store that is down is told, and keeps nobody from being ready', async () => {
  const { down, store } = craft()
  assert.deepEqual(storeCheck(store.trouble, NOW), { name: 'store', isOk: true })
  assert.equal(storeView(store.trouble, NOW), null)
  down.error = lost

  await assert.rejects(store.migrate(), lost)

  const later = NOW + 40_000
  assert.deepEqual(storeCheck(store.trouble, later), {
    name: 'store',
    isOk: true,
    code: 'STORE_AUTH_FAILED',
    detail: 'degraded for 40 s: c1:9042: no',
  })
  assert.deepEqual(storeView(store.trouble, later), {
    code: 'STORE_AUTH_FAILED',
    says: 'the store refuses our login',
    age_ms: 40_000,
  })
})

test('[R24] a store in trouble is asked every few seconds, and is up once it answers', async () => {
  const { clock, down, store } = craft()
  const ending = new AbortController()
  down.error = lost
  await assert.rejects(store.migrate())
  const asking = askWhileTroubled(store, clock, ending.signal)

  clock.advance(5_000)
  await settled()
  assert.equal(store.trouble?.since, NOW)
  down.error = undefined
  clock.advance(5_000)
  await settled()

  assert.equal(store.trouble, undefined)
  assert.deepEqual([...store.failures], [['STORE_AUTH_FAILED', 2]])
  ending.abort()
  await asking
})

test('[R24] a store that is read and not written is in trouble until it takes rows', async () => {
  const denied = new NocturneError('STORE_ACL_DENIED', 'no MODIFY permission')
  const memory = openMemoryStore({ clock: new SimulatedClock(NOW) })
  let isDenied = true
  const readable: Store = Object.assign(Object.create(memory), {
    migrate: () => memory.migrate(),
    upsert: (rows: StoreRows) => (isDenied ? Promise.reject(denied) : memory.upsert(rows)),
  })
  const store = new WatchedStore(readable, new SimulatedClock(NOW))

  await assert.rejects(store.upsert({}), denied)
  await store.migrate()
  assert.equal(store.trouble?.code, 'STORE_ACL_DENIED')
  isDenied = false
  await store.upsert({})

  assert.equal(store.trouble, undefined)
})

test('[R7] metrics say whether the store is up and by which codes its calls failed', async () => {
  const { down, store } = craft()
  const metrics = createMetrics()
  const lines = async (): Promise<readonly string[]> => {
    observeStore(metrics, store)
    const text = await metrics.registry.metrics()
    return text.split('\n').filter((line) => line.startsWith('nocturne_store'))
  }

  assert.deepEqual(await lines(), ['nocturne_store_up 1'])
  down.error = lost
  await assert.rejects(store.migrate())

  assert.deepEqual(await lines(), [
    'nocturne_store_up 0',
    'nocturne_store_failures_total{reason="STORE_AUTH_FAILED"} 1',
  ])
})
