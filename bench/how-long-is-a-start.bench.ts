// From the start of the process until it is ready and until its first window can be read by others:
// over an empty folder, and after a `kill -9` under a load of ten thousand groups. Beside it the
// memory of a server that has nothing to do.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { FinalWindows } from '../src/app/replay-results.ts'
import { openEmbeddedLog } from '../src/log/embedded/embedded-log.ts'
import type { WindowResult } from '../src/model/window-result.ts'
import { systemClock } from '../src/std/clock.ts'
import { printFigure, type Figure } from './figure.ts'
import { LiveRows } from './live-rows.ts'
import type { NaivePane } from './naive-panes.ts'
import { instant, postInOrder } from './paced-posts.ts'
import { ServerProcess } from './server-process.ts'
import { inTemporaryFolder } from './temporary-folder.ts'
import { firstWindow, windowEnds } from './window-follower.ts'

const BENCH = 'how-long-is-a-start'
const STARTS = 5
const KILLS = 3
const PARTITIONS = 4
/** Memory is read when a server has been ready for so long; what a start leaves has gone then. */
const SETTLE_MS = 18_000
const GROUPS = 10_000
const SECONDS = 22
/** Every group has had rows before the kill. */
const ROWS_PER_SECOND = 4000
const KILL_AFTER_MS = 10_000
/** Windows that end so long before the last row have closed: lateness, and a little more. */
const SETTLED_MS = 8000

const config = (workers: string): string => `version: 1
site: s1
workers: ${workers}
monitors:
  - id: seconds
    group_by: [stream]
    window: { size: 1s, lateness: 5s }
    aggregates: { count: { count: rows }, retrans: { sum: retrans }, rtt_max: { max: rtt_ms } }
    rules: [{ alert: High, when: retrans > 5000, severity: critical }]
`

const isRight = (expected: ReadonlyMap<string, NaivePane>, window: WindowResult): boolean => {
  const { group, end, values } = window
  const { count, retrans, rttMax } = expected.get(`${group['stream']}|${end}`) ?? {}
  return values['count'] === count && values['retrans'] === retrans && values['rtt_max'] === rttMax
}

/** From the start, in ms: ready, the first window, and what the processor did until then. */
type Start = { readonly ready: number; readonly window: number; readonly cpu: number }

/** One stream's rows of a second that has long passed, and one behind them that closes windows. */
async function coldStart(): Promise<Start> {
  const startAt = Math.floor(Date.now() / 1000) * 1000 - 60_000
  const row = (ms: number) => ({
    ts: startAt + ms,
    site: 's1',
    stream: 'a',
    retrans: 2,
    rtt_ms: ms,
  })
  const rows = [0, 100, 200, 300, 20_000].map(row)
  const expected = new Map([[`a|${startAt + 1000}`, { count: 4, retrans: 8, rttMax: 300 }]])
  let start: Start | undefined
  await inTemporaryFolder(async (folder) => {
    const server = await ServerProcess.start(folder, config('auto'))
    const ready = server.ready()
    const nexts = Array.from({ length: PARTITIONS }, () => 0)
    const first = firstWindow(server.url, nexts, (window) => window.closed)
    const body = rows.map((each) => JSON.stringify(each)).join('\n')
    const headers = { 'content-type': 'application/x-ndjson' }
    const answer = await fetch(`${server.url}/v1/readings`, { method: 'POST', headers, body })
    assert.equal(answer.status, 202)
    const window = await first
    const windowMs = performance.now() - server.startedAt
    const cpu = (await server.cpuSeconds()) * 1000
    assert.ok(isRight(expected, window), JSON.stringify(window))
    start = { ready: await ready, window: windowMs, cpu }
    await server.stop()
  })
  return start!
}

async function restAfterReady(workers: string): Promise<number> {
  let rss = NaN
  await inTemporaryFolder(async (folder) => {
    const server = await ServerProcess.start(folder, config(workers))
    await server.ready()
    await systemClock.sleep(SETTLE_MS)
    rss = await server.rss()
    await server.stop()
  })
  return rss
}

/** Kills a server under load, starts it again, and holds all windows against the rows. */
async function restart(run: number): Promise<Start> {
  const load = { seconds: SECONDS, rowsPerSecond: ROWS_PER_SECOND, everyMs: 20, seed: run + 1 }
  const rows = new LiveRows({
    ...load,
    streamCount: GROUPS,
    breaches: { count: 0, fromSeconds: 0 },
  })
  let start: Start | undefined
  await inTemporaryFolder(async (folder) => {
    const killed = await ServerProcess.start(folder, config('auto'))
    await killed.ready()
    const startAt = Math.ceil(instant() / 1000) * 1000
    const expected = rows.seconds(startAt)
    const sending = postInOrder(killed.url, rows, { post: 0, startAt })
    // Another part of a second each time: windows close once a second.
    await systemClock.sleep(startAt + KILL_AFTER_MS + run * 330 - instant())
    const { nexts, end } = await windowEnds(killed.url, PARTITIONS)
    await killed.kill()
    const post = await sending
    assert.ok(post < rows.posts.length && end > startAt, 'it was killed under load')
    const streams = new Set(
      rows.posts
        .slice(0, post)
        .flat()
        .map(({ stream }) => stream),
    )
    assert.ok(streams.size > GROUPS * 0.9, `${streams.size} groups had rows`)

    const server = await ServerProcess.start(folder, config('auto'))
    try {
      const ready = server.ready()
      const rest = postInOrder(server.url, rows, { post, startAt })
      const isNew = (window: WindowResult): boolean =>
        window.closed && window.end > end && isRight(expected, window)
      await firstWindow(server.url, nexts, isNew)
      const window = performance.now() - server.startedAt
      const cpu = (await server.cpuSeconds()) * 1000
      start = { ready: await ready, window, cpu }
      assert.equal(await rest, rows.posts.length)
      await server.caughtUp()
      await server.stop()
    } finally {
      await server.kill()
    }
    await checkWindows(join(folder, 'data'), expected, startAt + rows.lengthMs - SETTLED_MS)
  })
  return start!
}

async function checkWindows(
  folder: string,
  expected: ReadonlyMap<string, NaivePane>,
  settledAt: number,
): Promise<void> {
  const log = await openEmbeddedLog({ folder, clock: systemClock })
  // A machine too slow for the load posts rows after every correction: no window has those (W8).
  const late = (await log.ends('late')).reduce((sum, { start, end }) => sum + end - start, 0)
  assert.equal(late, 0, 'rows were posted too late for their windows')
  const found = new Set<string>()
  for (const line of (await FinalWindows.of(log)).lines()) {
    const window = JSON.parse(line) as WindowResult
    const id = `${window.group['stream']}|${window.end}`
    assert.ok(isRight(expected, window), `${line} ${JSON.stringify(expected.get(id))}`)
    found.add(id)
  }
  await log.close()
  for (const id of expected.keys()) {
    if (Number(id.split('|')[1]) <= settledAt) assert.ok(found.has(id), `${id} is missing`)
  }
}

await coldStart()
const cold: Start[] = []
const warm: Start[] = []
const rest = { auto: [] as number[], none: [] as number[] }
for (let i = 0; i < STARTS; i++) cold.push(await coldStart())
for (let i = 0; i < KILLS; i++) {
  warm.push(await restart(i))
  // Both at once: what one of them holds is nothing to the other.
  const [auto, none] = await Promise.all([restAfterReady('auto'), restAfterReady('0')])
  rest.auto.push(auto / 1e6)
  rest.none.push(none / 1e6)
}

const show = (figure: Figure): void => printFigure(BENCH, figure)
const ready = (starts: readonly Start[]) => starts.map((start) => start.ready)
const window = (starts: readonly Start[]) => starts.map((start) => start.window)
const cpu = (starts: readonly Start[]) => starts.map((start) => start.cpu)
const killed = `start after kill -9, ${GROUPS} groups`
show({ figure: 'start to ready', unit: 'ms', samples: ready(cold) })
show({ figure: 'start to first window', unit: 'ms', samples: window(cold), atMost: 1000 })
show({ figure: 'processor until first window', unit: 'ms', samples: cpu(cold) })
show({ figure: `${killed}, to ready`, unit: 'ms', samples: ready(warm) })
show({ figure: `${killed}, to new window`, unit: 'ms', samples: window(warm), atMost: 2000 })
show({ figure: `${killed}, processor until then`, unit: 'ms', samples: cpu(warm) })
show({ figure: 'memory at rest, workers: auto', unit: 'MB', samples: rest.auto, atMost: 120 })
show({ figure: 'memory at rest, workers: 0', unit: 'MB', samples: rest.none, atMost: 120 })
const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
// The clock on the wall also counts how long the next second of event time is away.
printFigure(BENCH, {
  figure: 'processor, kill -9 ÷ start',
  unit: 'ratio',
  samples: cpu(warm).map((each) => each / median(cpu(cold))),
})
