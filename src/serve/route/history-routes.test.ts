import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openMemoryLog } from '../../log/memory/memory-log.ts'
import type { MonitorSpec } from '../../model/monitor.ts'
import { Lane } from '../../std/lane.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import type { StoreRows } from '../../store/store.ts'
import { step, toldOf, windowResult } from '../../store/suite/store-case.suite.ts'
import { rollUp } from '../../store/suite/tier-cases.suite.ts'
import type { CoverageView, GroupView, HistoryView, SeriesView } from '../contract.ts'
import { createServer } from '../server.ts'

const MINUTE = 60_000
const HOUR = 3_600_000
/** A full hour. */
const NOW = 1_795_384_800_000

const monitorOf = (id: string, groupBy: readonly string[]): MonitorSpec => ({
  ...{ id, groupBy, definition: windowResult().definition, aggregates: [], values: [], rules: [] },
  window: { sizeMs: 10_000, hopMs: 1_000, latenessMs: 0, emitMs: 0, correctionMs: 0 },
  scopes: ['site'],
})

/** What a server over this store answers at an address. */
async function serving(t: TestContext, rows: StoreRows) {
  const clock = new SimulatedClock(NOW)
  const store = openMemoryStore({ clock })
  await store.upsert(rows)
  const server = createServer({
    ...{ clock, store, log: openMemoryLog({ clock }), lane: new Lane(clock), epoch: 'e' },
    monitors: [
      monitorOf('loss', ['stream', 'pop']),
      monitorOf('rtt', ['pop', 'stream']),
      monitorOf('other', ['stream']),
    ],
    ...{ jitter: () => 0, count: () => {}, readiness: () => [], readTo: () => undefined },
    config: {
      ...{ host: '127.0.0.1', port: 0, hosts: [], you: 'noc', build: 'b' },
      ...{ simulatedSites: [], absentMs: 30_000 },
    },
    gaps: () => [],
    metrics: { contentType: 'text/plain', metrics: async () => '' },
    intake: async () => ({ status: 429, body: {} }),
    wallFiles: new Map(),
  })
  t.after(() => server.close())
  const ask = async (path: string, query: Readonly<Record<string, string | number>>) => {
    const asked = Object.fromEntries(Object.entries(query).map(([name, v]) => [name, String(v)]))
    const headers = { host: '127.0.0.1' }
    return server.http.inject({ method: 'GET', url: path, query: asked, headers })
  }
  return async <Answer>(path: string, query: Readonly<Record<string, string | number>>) => {
    const response = await ask(path, query)
    assert.equal(response.statusCode, 200, response.body)
    return response.json<Answer>()
  }
}

const { scope, monitor, group } = windowResult()
const named = { scope, group: JSON.stringify(group) }

test('[T6] [U19] a series over months says its tier and keeps to its points', async (t) => {
  const hours = Array.from({ length: 24 * 100 }, (_, i) =>
    rollUp({ tier: 'hour', end: NOW - i * HOUR, values: { loss: i === 700 ? 9 : 1 }, states: [] }),
  )
  const ask = await serving(t, { rollUps: hours })
  const from = NOW - 100 * 24 * HOUR

  const view = await ask<SeriesView>('/api/series', { ...named, monitor, from, points: 50 })

  assert.deepEqual([view.tier, view.hop_ms, view.next], ['hour', HOUR, null])
  assert.deepEqual(view.parts, [{ tier: 'hour', step_ms: HOUR, from: from + HOUR }])
  assert.ok(view.ends.length <= 50)
  assert.ok(view.values['loss']?.includes(9))
})

test('[T6] a group is answered for all monitors that group by its labels', async (t) => {
  const ends = [1, 2, 3].map((i) => NOW - i * 1_000)
  const windows = ['loss', 'rtt', 'other'].flatMap((id) =>
    ends.map((end) => windowResult({ monitor: id, end })),
  )
  const ask = await serving(t, { windows })

  const { lines, hidden } = await ask<GroupView>('/api/group', named)

  assert.deepEqual(
    lines.map((line) => [line.monitor, line.ends.length]),
    [
      ['loss', 3],
      ['rtt', 3],
    ],
  )
  assert.equal(hidden, 0)
})

test('[T6] history is paged by a cursor, each step with what was told of it', async (t) => {
  const steps = [1, 2, 3, 4, 5].map((seq) => step({ seq, at: NOW - 60_000 + Math.floor(seq / 2) }))
  const ask = await serving(t, { steps: [...steps, toldOf(steps[4]!)] })
  const seen: object[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const query = { fingerprint: steps[0]!.fingerprint, limit: 2, cursor }
    const view: HistoryView = await ask<HistoryView>('/api/history', query)
    seen.push(...view.records)
    cursor = view.next
  }
  assert.deepEqual(seen, [steps[4], toldOf(steps[4]!), ...steps.slice(0, 4).toReversed()])
})

test('[T5] the completeness of a site over a day says what is unknown', async (t) => {
  const coverage = Array.from({ length: 1_000 }, (_, i) => ({
    ...{ site: 'ams1', at: NOW - (i + 1) * MINUTE, rev: 3, expected: 4 },
    reported: i < 10 ? 3 : 4,
    ...{ rows: 60, late: 0, rejected: 0, lagMs: i < 10 ? null : 900 },
  }))
  const ask = await serving(t, { coverage })

  const view = await ask<CoverageView>('/api/coverage', { site: 'ams1' })

  assert.deepEqual([view.over, view.known, view.whole, view.next], [1_440, 1_000, 990, null])
  assert.equal(view.minutes.at(-1)?.lag_ms, null)
  assert.equal(view.minutes[0]?.at, NOW - 1_000 * MINUTE)
})

test('worst can leave out the worst', async (t) => {
  const windows = [0.3, 0.2, 0.1].map((loss, i) =>
    windowResult({ stream: `s${i}`, end: NOW, values: { loss } }),
  )
  const ask = await serving(t, { windows })

  const query = { monitor, value: 'loss', skip: 1, limit: 1 }
  const answer = await ask<{ windows: readonly unknown[] }>('/api/worst', query)

  assert.deepEqual(answer.windows, [windows[1]])
})
