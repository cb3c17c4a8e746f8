import assert from 'node:assert/strict'
import type { RollUp, SiteMinute, Tier } from '../../model/roll-up.ts'
import { utf8 } from '../../std/bytes.ts'
import type { Store } from '../store.ts'
import { STARTED_AT, windowResult, type StoreCase } from './store-case.suite.ts'

const MINUTE_MS = 60_000
/** A full hour, so that minutes and hours begin where they do on a clock. */
const HOUR_AT = STARTED_AT - (STARTED_AT % 3_600_000)

/** The minute of monitor `loss` that ends here, of stream `arena-1` unless told. */
export function rollUp(
  changes: Partial<RollUp> & { readonly stream?: string; readonly end: number },
): RollUp {
  const { tier = 'minute', states = STATES, ...window } = changes
  const start = window.end - (tier === 'minute' ? MINUTE_MS : 60 * MINUTE_MS)
  const receipt = { event: window.end - 3, read: null, pane: null, closed: null }
  return { ...windowResult({ start, receipt, ...window }), tier, states }
}

const STATES = [
  { kind: 1, version: 1, payload: new Uint8Array([7]) },
  { kind: 6, version: 1, payload: utf8('any bytes at all') },
  { kind: 7, version: 2, payload: new Uint8Array(300).fill(255) },
]

const seriesOf = (store: Store, tier: Tier, limit = 100) => {
  const { scope, monitor, group } = windowResult()
  const span = { from: 0, to: STARTED_AT * 2, limit }
  return store.series({ scope, monitor, group, tier, ...span })
}

const minute = (changes: Partial<SiteMinute> = {}): SiteMinute => ({
  ...{ site: 'ams1', at: HOUR_AT, rev: 12, expected: 4, reported: 3 },
  ...{ rows: 600_000, late: 3, rejected: 1, lagMs: 1_250 },
  ...changes,
})

/** Roll-ups and coverage: kept beside the windows, by the same rule (V4). */
export const tierCases: readonly StoreCase[] = [
  {
    title: 'a roll-up comes back whole, with its states, and apart from windows',
    run: async (store) => {
      const minutes = [1, 2, 3].map((i) => rollUp({ end: HOUR_AT + i * MINUTE_MS }))
      const hour = rollUp({ tier: 'hour', end: HOUR_AT + 60 * MINUTE_MS, states: [] })
      const other = rollUp({ end: HOUR_AT + MINUTE_MS, stream: 'other' })
      const window = windowResult({ end: HOUR_AT + MINUTE_MS })

      await store.upsert({ windows: [window], rollUps: [hour, ...minutes, other] })

      assert.deepEqual(await seriesOf(store, 'minute'), minutes)
      assert.deepEqual(await seriesOf(store, 'hour'), [hour])
      assert.deepEqual(await seriesOf(store, 'live'), [window])
      assert.deepEqual(await seriesOf(store, 'minute', 2), minutes.slice(0, 2))
    },
  },
  {
    title: 'a series of roll-ups reaches over months and years',
    run: async (store) => {
      const days = Array.from({ length: 70 }, (_, i) => HOUR_AT + i * 86_400_000)
      await store.upsert({ rollUps: days.map((end) => rollUp({ end })) })
      await store.upsert({ rollUps: days.map((end) => rollUp({ tier: 'hour', end })) })

      for (const tier of ['minute', 'hour'] as const) {
        assert.deepEqual(
          (await seriesOf(store, tier)).map(({ end }) => end),
          days,
        )
        const { scope, monitor, group } = windowResult()
        const span = { from: days[20]!, to: days[40]!, limit: 100 }
        const some = await store.series({ scope, monitor, group, tier, ...span })
        assert.deepEqual(
          some.map(({ end }) => end),
          days.slice(21, 41),
        )
      }
    },
  },
  {
    title: '[V4] the higher revision of a roll-up stays, in whatever order they come',
    run: async (store) => {
      const end = HOUR_AT + MINUTE_MS
      const older = rollUp({ end, rev: 4_096, rows: 1, states: [] })
      const newer = rollUp({ end, rev: 8_192, rows: 2 })

      await store.upsert({ rollUps: [newer] })
      await store.upsert({ rollUps: [older] })
      assert.deepEqual(await seriesOf(store, 'minute'), [newer])

      const newest = rollUp({ end, rev: 12_288, rows: 3, states: [] })
      await store.upsert({ rollUps: [newest, older, newer] })
      assert.deepEqual(await seriesOf(store, 'minute'), [newest])
    },
  },
  {
    title: 'coverage answers a site’s minutes at their highest revision',
    run: async (store) => {
      const minutes = [0, 1, 2, 3].map((i) => minute({ at: HOUR_AT + i * MINUTE_MS }))
      const nextDay = minute({ at: HOUR_AT + 86_400_000, lagMs: null })
      const known = { ...minutes[1]!, rev: 13, reported: 4 }
      await store.upsert({ coverage: [known, nextDay, minute({ site: 'fra1' })] })
      await store.upsert({ coverage: minutes })

      const all = { site: 'ams1', from: 0, to: STARTED_AT * 2, limit: 9 }
      const kept = [minutes[0], known, minutes[2], minutes[3], nextDay]
      assert.deepEqual(await store.coverage(all), kept)
      const edges = { from: minutes[1]!.at, to: minutes[3]!.at }
      assert.deepEqual(await store.coverage({ ...all, ...edges }), kept.slice(1, 3))
      assert.deepEqual(await store.coverage({ ...all, limit: 2 }), kept.slice(0, 2))
      assert.deepEqual(await store.coverage({ ...all, site: 'nowhere' }), [])
    },
  },
  {
    title: 'retention has a time of its own for each tier',
    run: async (store) => {
      const ends = [0, 1, 2].map((i) => HOUR_AT + i * MINUTE_MS)
      await store.upsert({
        windows: ends.map((end) => windowResult({ end })),
        rollUps: ends.flatMap((end) => [rollUp({ end }), rollUp({ end, tier: 'hour' })]),
        coverage: ends.map((at) => minute({ at })),
      })

      const [first = 0, second = 0, third = 0] = ends
      const keptFrom = { live: third, minute: second, hour: first, steps: third, coverage: third }
      assert.equal(await store.retain(keptFrom), 5)

      const endsOf = async (tier: Tier) => (await seriesOf(store, tier)).map(({ end }) => end)
      assert.deepEqual(await endsOf('live'), [third])
      assert.deepEqual(await endsOf('minute'), [second, third])
      assert.deepEqual(await endsOf('hour'), ends)
      const all = { site: 'ams1', from: 0, to: STARTED_AT * 2, limit: 9 }
      assert.deepEqual(await store.coverage(all), [minute({ at: third })])
    },
  },
]
