import assert from 'node:assert/strict'
import type { Store } from '../store.ts'
import { STARTED_AT, step, toldOf, windowResult, type StoreCase } from './store-case.suite.ts'

const seriesOf = (
  store: Store,
  changes: { readonly scope?: string; readonly limit?: number } = {},
) =>
  store.series({
    scope: 'ams1',
    monitor: 'loss',
    tier: 'live',
    group: { pop: 'ams1-e2', stream: 'arena-1' },
    from: STARTED_AT - 3_600_000,
    to: STARTED_AT + 3_600_000,
    limit: 1_000,
    ...changes,
  })

const historyOf = (store: Store) =>
  store.history({ from: 0, to: STARTED_AT + 3_600_000, limit: 100 })

const keptFrom = (at: number) => ({ live: at, minute: at, hour: at, steps: at, coverage: at })

/** Writing: whole, once, whatever the order and however often (V4). */
export const upsertCases: readonly StoreCase[] = [
  {
    title: 'a window comes back whole',
    run: async (store) => {
      const windows = [
        windowResult(),
        windowResult({
          end: STARTED_AT + 1_000,
          closed: false,
          complete: true,
          corrected: true,
          values: {},
          sources: {
            ...{ expected: 4, reported: 4, missing: [] },
            sites: { expected: 2, reported: 2 },
          },
          receipt: { event: null, read: null, pane: null, closed: 7 },
          definition: '8c1f000000000001',
          stderr: { loss: 0.004 },
          rev: 2 ** 53 - 1,
        }),
        windowResult({ end: STARTED_AT + 2_000, values: { big: 2 ** 60, small: -1e-9, one: 1 } }),
      ]

      await store.upsert({ windows })

      assert.deepEqual(await seriesOf(store), windows)
    },
  },
  {
    title: '[V4] the higher revision of a window stays, in whatever order they come',
    run: async (store) => {
      const early = windowResult({ rev: 10, closed: false, values: { loss: 0.1 } })
      const late = windowResult({ rev: 11, corrected: true, values: { loss: 0.2 }, rows: 500 })

      await store.upsert({ windows: [late] })
      await store.upsert({ windows: [early] })
      assert.deepEqual(await seriesOf(store), [late])

      const later = windowResult({ rev: 12, values: {} })
      await store.upsert({ windows: [later, early, late] })
      assert.deepEqual(await seriesOf(store), [later])
    },
  },
  {
    title: '[V4] an equal revision changes nothing',
    run: async (store) => {
      const window = windowResult()

      await store.upsert({ windows: [window] })
      await store.upsert({ windows: [{ ...window, rows: 0 }, window] })

      assert.deepEqual(await seriesOf(store), [window])
    },
  },
  {
    title: '[V4] scope, monitor, group and end tell windows apart',
    run: async (store) => {
      const windows = [
        windowResult(),
        windowResult({ scope: 'all' }),
        windowResult({ monitor: 'rtt' }),
        windowResult({ stream: 'arena-2' }),
        windowResult({ group: { stream: 'arena-1' } }),
        windowResult({ end: STARTED_AT + 1 }),
      ]

      await store.upsert({ windows })

      assert.deepEqual(await seriesOf(store), [windows[0], windows[5]])
      assert.deepEqual(await seriesOf(store, { scope: 'all' }), [windows[1]])
    },
  },
  {
    title: 'a step is written once, and an attempt to tell of it replaces an earlier one',
    run: async (store) => {
      const fired = step()
      const failed = toldOf(fired, { outcome: 'gave_up', attempt: 1 })
      const sent = toldOf(fired, { attempt: 2 })
      const elsewhere = toldOf(fired, { receiver: 'pager', sent: STARTED_AT + 800 })

      await store.upsert({ steps: [fired, failed, elsewhere] })
      await store.upsert({ steps: [fired, sent] })
      await store.upsert({ steps: [failed] })

      assert.deepEqual(await historyOf(store), [fired, sent, elsewhere])
    },
  },
  {
    title: 'what is told of a step waits for the step',
    run: async (store) => {
      const fired = step()
      const told = toldOf(fired)

      await store.upsert({ steps: [told] })
      assert.deepEqual(await historyOf(store), [])

      await store.upsert({ steps: [fired] })
      assert.deepEqual(await historyOf(store), [fired, told])
    },
  },
  {
    title: 'retention deletes what ended before a time, and says how much',
    run: async (store) => {
      const old = Array.from({ length: 4_500 }, (_, i) => windowResult({ end: STARTED_AT - 1 - i }))
      const kept = windowResult()
      const gone = windowResult({ stream: 'arena-2', end: STARTED_AT - 1 })
      const oldStep = step({ at: STARTED_AT - 1 })
      const keptStep = step({ seq: 2, at: STARTED_AT })
      await store.upsert({ windows: [...old, kept, gone] })
      await store.upsert({ steps: [oldStep, toldOf(oldStep), keptStep] })

      assert.equal(await store.retain(keptFrom(STARTED_AT)), 4_503)

      assert.deepEqual(await seriesOf(store), [kept])
      assert.deepEqual(await historyOf(store), [keptStep])
      assert.equal(await store.retain(keptFrom(STARTED_AT)), 0)
      await store.upsert({ windows: [gone] })
      assert.equal(await store.retain(keptFrom(STARTED_AT)), 1)
    },
  },
  {
    title: 'after close every call says STORE_UNAVAILABLE',
    run: async (store) => {
      await store.close()

      const gone = { code: 'STORE_UNAVAILABLE' }
      await assert.rejects(store.upsert({ windows: [windowResult()] }), gone)
      await assert.rejects(store.upsert({ steps: [step()] }), gone)
      await assert.rejects(seriesOf(store), gone)
      await assert.rejects(historyOf(store), gone)
      await assert.rejects(store.retain(keptFrom(0)), gone)
      await assert.rejects(store.migrate(), gone)
    },
  },
  {
    title: 'migrating again answers the same identity',
    run: async (store) => {
      const identity = await store.migrate()

      await store.upsert({ windows: [windowResult()] })

      assert.notEqual(identity, '')
      assert.equal(await store.migrate(), identity)
      assert.equal((await seriesOf(store)).length, 1)
    },
  },
]
