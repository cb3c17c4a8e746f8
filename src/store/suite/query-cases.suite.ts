import assert from 'node:assert/strict'
import { prng } from '../../std/prng.ts'
import type { Store, WorstQuery } from '../store.ts'
import { STARTED_AT, step, toldOf, windowResult, type StoreCase } from './store-case.suite.ts'

const worstOf = async (store: Store, changes: Partial<WorstQuery> = {}): Promise<string[]> => {
  const windows = await store.worst({
    monitor: 'loss',
    value: 'loss',
    order: 'highest',
    at: STARTED_AT,
    notBefore: STARTED_AT - 60_000,
    limit: 10,
    ...changes,
  })
  const told = ({ group, values, end }: (typeof windows)[number]) =>
    `${group['stream']} ${values['loss']} ${(end - STARTED_AT) / 1_000}`
  return windows.map(told)
}

const lossOf = (stream: string, loss: number, changes: { end?: number; closed?: boolean } = {}) =>
  windowResult({ stream, values: { loss }, ...changes })

/** Reading: the questions that the wall and the API ask. */
export const queryCases: readonly StoreCase[] = [
  {
    title: 'a series is one group’s windows with ends in (from, to], oldest first',
    run: async (store) => {
      const ends = [5, 1, 4, 2, 3].map((second) => STARTED_AT + second * 1_000)
      await store.upsert({ windows: ends.map((end) => windowResult({ end })) })
      await store.upsert({ windows: ends.map((end) => windowResult({ end, stream: 'other' })) })
      const endsOf = async (span: { from: number; to: number; limit: number }) => {
        const group = { stream: 'arena-1', pop: 'ams1-e2' }
        const found = await store.series({
          scope: 'ams1',
          monitor: 'loss',
          tier: 'live',
          group,
          ...span,
        })
        return found.map(({ end }) => (end - STARTED_AT) / 1_000)
      }

      const from = STARTED_AT + 1_000
      assert.deepEqual(await endsOf({ from, to: STARTED_AT + 4_000, limit: 9 }), [2, 3, 4])
      assert.deepEqual(await endsOf({ from: 0, to: STARTED_AT + 60_000, limit: 2 }), [1, 2])
      assert.deepEqual(await endsOf({ from, to: from, limit: 9 }), [])
    },
  },
  {
    title: 'a series of an unknown group or monitor is empty',
    run: async (store) => {
      await store.upsert({ windows: [windowResult()] })
      const query = { scope: 'ams1', tier: 'live', from: 0, to: STARTED_AT, limit: 9 } as const

      assert.deepEqual(await store.series({ ...query, monitor: 'loss', group: {} }), [])
      assert.deepEqual(await store.series({ ...query, monitor: 'other', group: {} }), [])
    },
  },
  {
    title: 'worst ranks each group’s newest closed window, highest or lowest first',
    run: async (store) => {
      await store.upsert({
        windows: [
          lossOf('a', 0.9, { end: STARTED_AT - 1_000 }),
          lossOf('a', 0.1),
          lossOf('b', 0.3),
          lossOf('c', 0.2, { end: STARTED_AT - 1_000 }),
          lossOf('c', 0.8, { closed: false }),
          windowResult({ monitor: 'other', values: { loss: 1 } }),
        ],
      })

      assert.deepEqual(await worstOf(store), ['b 0.3 0', 'c 0.2 -1', 'a 0.1 0'])
      const lowest = await worstOf(store, { order: 'lowest', limit: 2 })
      assert.deepEqual(lowest, ['a 0.1 0', 'c 0.2 -1'])
      assert.deepEqual(await worstOf(store, { skip: 1, limit: 1 }), ['c 0.2 -1'])
    },
  },
  {
    title: '[V2] worst leaves out groups without the value and groups too old',
    run: async (store) => {
      await store.upsert({
        windows: [
          lossOf('zero', 0),
          windowResult({ stream: 'unknown', values: { retrans: 3 } }),
          lossOf('gone', 0.9, { end: STARTED_AT - 60_001 }),
          lossOf('late', 0.5, { end: STARTED_AT - 60_000 }),
        ],
      })

      assert.deepEqual(await worstOf(store), ['late 0.5 -60', 'zero 0 0'])
      assert.deepEqual(await worstOf(store, { value: 'constructor' }), [])
      assert.deepEqual(await worstOf(store, { value: 'lo"ss' }), [])
      assert.deepEqual(await worstOf(store, { monitor: 'nothing' }), [])
    },
  },
  {
    title: 'worst at an earlier time does not see what came after it',
    run: async (store) => {
      await store.upsert({
        windows: [
          lossOf('a', 0.1, { end: STARTED_AT - 20_000 }),
          lossOf('a', 0.9),
          lossOf('b', 0.2, { end: STARTED_AT - 15_000 }),
          lossOf('new', 0.5),
        ],
      })

      const before = await worstOf(store, { at: STARTED_AT - 1 })
      assert.deepEqual(before, ['b 0.2 -15', 'a 0.1 -20'])
    },
  },
  {
    title: 'a correction counts in worst, and a window open again does not',
    run: async (store) => {
      await store.upsert({ windows: [lossOf('a', 0.1), lossOf('b', 0.2)] })
      await store.upsert({ windows: [lossOf('b', 0.4, { end: STARTED_AT - 1_000 })] })
      const higher = { rev: 2_000_000 }

      await store.upsert({ windows: [{ ...lossOf('a', 0.7), ...higher }] })
      await store.upsert({ windows: [{ ...lossOf('b', 0.9, { closed: false }), ...higher }] })

      assert.deepEqual(await worstOf(store), ['a 0.7 0', 'b 0.4 -1'])
    },
  },
  {
    title: 'worst agrees with a ranking from scratch over any writes',
    run: async (store) => {
      const random = prng(7)
      const windows = Array.from({ length: 600 }, () => {
        const end = STARTED_AT - random.below(30) * 1_000
        const changes = { end, closed: random.below(4) > 0, rev: random.below(1_000) }
        return { ...lossOf(`s${random.below(25)}`, random.below(90) / 100, changes), ...changes }
      })
      for (let i = 0; i < windows.length; i += 50)
        await store.upsert({ windows: windows.slice(i, i + 50) })

      for (const back of [0, 3_000, 12_500, 29_000]) {
        const at = STARTED_AT - back
        const query = { at, notBefore: at - 8_000, limit: 7 }
        assert.deepEqual(await worstOf(store, query), fromScratch(windows, query))
      }
    },
  },
  {
    title: 'history is newest first, of one alert or of all, and limits the steps',
    run: async (store) => {
      const steps = [1, 2, 3].map((seq) => step({ seq, at: STARTED_AT + Math.min(seq, 2) * 10 }))
      const [first, second, third] = steps
      const other = step({ fingerprint: 'ffffffffffffffff', at: STARTED_AT + 15 })
      const told = toldOf(third!)
      await store.upsert({ steps: [second!, told, other, third!, first!] })
      const span = { from: STARTED_AT, to: STARTED_AT + 60_000 }

      const all = await store.history({ ...span, limit: 9 })
      assert.deepEqual(all, [third, told, second, other, first])
      const { fingerprint } = first!
      const two = await store.history({ ...span, fingerprint, limit: 2 })
      assert.deepEqual(two, [third, told, second])
      const edges = { from: STARTED_AT + 10, to: STARTED_AT + 15, limit: 9 }
      assert.deepEqual(await store.history(edges), [other])
      const next = await store.history({ ...span, after: second!, limit: 1 })
      assert.deepEqual(next, [other])
      const rest = await store.history({ ...span, fingerprint, after: third!, limit: 9 })
      assert.deepEqual(rest, [second, first])
    },
  },
]

type Written = ReturnType<typeof windowResult>

/** The same answer by another way: first the revisions, then the newest, then the order. */
function fromScratch(
  windows: readonly Written[],
  query: { readonly at: number; readonly notBefore: number; readonly limit: number },
): string[] {
  const kept = new Map<string, Written>()
  for (const window of windows) {
    if (window.rev > (kept.get(window.id)?.rev ?? -1)) kept.set(window.id, window)
  }
  const streams = Map.groupBy(kept.values(), ({ group }) => group['stream']!)
  return [...streams.values()]
    .flatMap((ofStream) =>
      ofStream
        .filter(({ end, closed }) => closed && end <= query.at && end >= query.notBefore)
        .sort((a, b) => b.end - a.end)
        .slice(0, 1),
    )
    .sort((a, b) => b.values['loss']! - a.values['loss']! || (a.id < b.id ? -1 : 1))
    .slice(0, query.limit)
    .map(
      ({ group, values, end }) =>
        `${group['stream']} ${values['loss']} ${(end - STARTED_AT) / 1_000}`,
    )
}
