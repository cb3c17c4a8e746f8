import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { startCassandra } from '../../../scripts/stack/cassandra-cluster.ts'
import type { Step } from '../../../src/model/step.ts'
import type { WindowResult } from '../../../src/model/window-result.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { openCassandraStore } from '../../../src/store/cassandra/cassandra-store.ts'
import type { Store } from '../../../src/store/store.ts'
import { decodeTransition } from '../../../src/wire/step-codec.ts'
import { AlertReceiver } from '../../rig/alert-receiver.ts'
import { CassandraSite, finalsOf } from '../rig/cassandra-site.ts'
import { postLateRows } from '../rig/late-rows.ts'
import { eachValue } from '../rig/log-values.ts'
import { withoutJava } from '../rig/servers.ts'
import { SteadyLoad } from '../rig/steady-load.ts'
import { TcpLink } from '../rig/tcp-link.ts'

const skip = withoutJava()
const LOAD = { rowsPerSecond: 1_000, streams: 100, everyMs: 50, spikeEverySeconds: 20 }
const LATE = { streams: 100, lateMs: 4_000 }
const CUT_MS = 120_000
const PATIENCE_MS = 300_000
const LINKED = ['127.0.1.1', '127.0.1.2', '127.0.1.3'] as const

/** Three nodes that clients reach through links. */
async function linkedCluster(t: TestContext) {
  const cluster = await startCassandra({ nodes: 3, toClients: LINKED })
  t.after(() => cluster.close())
  await cluster.settled()
  const links = await Promise.all(
    cluster.contactPoints.map(async (point, i) => {
      const [host = '', port] = point.split(':')
      const to = { host, port: Number(port) }
      const link = await TcpLink.open(t, { host: LINKED[i]!, port: to.port })
      link.lead(to)
      return link
    }),
  )
  const contactPoints = links.map(({ address }) => address)
  return { cluster, links, contactPoints }
}

test(
  '[D6] [V4] a node dies and comes back, then all are out of reach: the store ends as the log',
  { skip },
  async (t) => {
    const { cluster, links, contactPoints } = await linkedCluster(t)
    const receiver = await AlertReceiver.open(t)
    const texts = contactPoints.map(({ host, port }) => `${host}:${port}`)
    const plan = { contactPoints: texts, replication: 3, webhook: receiver.url }
    const site = await CassandraSite.open(t, plan)
    await site.process.ready()
    const url = await site.process.url
    const load = new SteadyLoad(LOAD, Math.ceil(Date.now() / 1_000) * 1_000)
    const stop = new AbortController()
    t.after(() => stop.abort())
    const sending = [load.run(url, stop.signal), postLateRows(url, LATE, stop.signal)]
    const passed = async (seconds: number): Promise<number> => {
      const until = load.now + seconds * 1_000
      while (load.now < until) await systemClock.sleep(50)
      return Date.now()
    }

    await passed(15)
    await cluster.kill('c2')
    const wholeTo = await passed(25)
    await cluster.start('c2')
    await passed(10)
    const beforeCut = await site.behind()

    const cutAt = Date.now()
    for (const link of links) link.cut()
    await site.process.until((_, text) => /STORE_(UNAVAILABLE|TIMEOUT)/.test(text))
    t.diagnostic(`said so after ${Date.now() - cutAt} ms`)
    await systemClock.sleep(CUT_MS - (Date.now() - cutAt))
    const waiting = await site.behind()
    for (const link of links) link.heal()
    const healedAt = Date.now()
    const freshMs = await freshAgain(url)
    const took = await site.caughtUp(PATIENCE_MS)
    await site.process.until((status, text) => status === 200 && !text.includes('STORE_'))
    await passed(3)
    stop.abort()
    await Promise.all(sending)
    const rowsAtEnd = load.rows
    await site.settled()
    await site.process.stop()

    assert.ok(beforeCut.ms < 30_000, 'with two of three nodes the store keeps up')
    assert.ok(waiting.ms > CUT_MS / 2, 'while none can be reached, windows wait in the log')
    const log = await site.log()
    const finals = await finalsOf(log)
    const options = { contactPoints, localDataCenter: 'datacenter1', keyspace: 'nocturne' }
    const store = openCassandraStore(options, { clock: systemClock })
    t.after(() => store.close())
    const corrected = [...finals.values()].filter((window) => window.corrected).length
    assert.ok(corrected > 100, 'late rows did correct windows')
    t.diagnostic(`${rowsAtEnd} rows, ${finals.size} windows, ${corrected} corrected`)
    t.diagnostic(`${waiting.rows} windows waited, fresh ones were there after ${freshMs} ms`)
    t.diagnostic(`and all of them after ${took} ms`)
    assert.deepEqual((await differing(store, finals)).slice(0, 5), [])
    const delays = await alertDelays(log)
    const [before, during] = [
      delays.filter(({ fired }) => fired < wholeTo),
      delays.filter(({ fired }) => fired >= cutAt && fired < healedAt),
    ]
    assert.ok(before.length > 10 && during.length > 100, 'alerts fired all the time')
    t.diagnostic(`alerts before: ${told(before)}; while none is in reach: ${told(during)}`)
  },
)

/** Waits until the store answers with a window of the last seconds; how long that took, ms. */
async function freshAgain(url: string): Promise<number> {
  const began = systemClock.now()
  const query = new URLSearchParams({ monitor: 'counts', value: 'count', limit: '1' })
  for (;;) {
    const answer = await fetch(`${url}/api/worst?${query}`)
    if (answer.ok) {
      const { windows } = (await answer.json()) as { windows: readonly WindowResult[] }
      if (windows.some(({ end }) => end > began)) return systemClock.now() - began
    }
    assert.ok(systemClock.now() - began < PATIENCE_MS, 'no fresh window comes')
    await systemClock.sleep(100)
  }
}

/** Windows of which the store has another revision, or none, or more than the log. */
async function differing(
  store: Store,
  finals: ReadonlyMap<string, WindowResult>,
): Promise<readonly string[]> {
  const bySeries = Map.groupBy(finals.values(), ({ id }) => id.slice(0, id.lastIndexOf('|')))
  const differences: string[] = []
  for (const windows of bySeries.values()) {
    const { scope, monitor, group } = windows[0]!
    const ends = windows.map(({ end }) => end)
    const span = { from: Math.min(...ends) - 1, to: Math.max(...ends), limit: 10_000 }
    const stored = await store.series({ scope, monitor, group, tier: 'live', ...span })
    const byId = new Map(stored.map((window) => [window.id, window]))
    for (const window of windows) {
      const there = byId.get(window.id)
      byId.delete(window.id)
      if (!isDeepStrictEqual(there, window))
        differences.push(`${window.id} ${there?.rev} for ${window.rev}`)
    }
    differences.push(...byId.keys())
  }
  return differences
}

type AlertDelay = { readonly fired: number; readonly delay: number }

/** Of each firing: when, and how long after its newest row was appended. */
async function alertDelays(log: Parameters<typeof finalsOf>[0]): Promise<readonly AlertDelay[]> {
  const steps = new Map<string, Step>()
  await eachValue(log, 'transitions', ({ value }) => {
    const decoded = decodeTransition(value)
    if (!decoded.ok || decoded.record.kind === 'notice') return
    if (decoded.record.step === 'firing') steps.set(decoded.record.id, decoded.record)
  })
  return [...steps.values()].flatMap(({ receipt }) =>
    receipt.appended === null
      ? []
      : [{ fired: receipt.fired, delay: receipt.fired - receipt.appended }],
  )
}

function told(delays: readonly AlertDelay[]): string {
  const sorted = delays.map(({ delay }) => delay).sort((a, b) => a - b)
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)]
  return `${sorted.length}, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`
}
