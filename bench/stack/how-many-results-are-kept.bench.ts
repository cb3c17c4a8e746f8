// Results a second from the log into one node of Cassandra, as `record` brings them: 10,000
// groups, a window each a second. How long after its append each is in the store, what the two
// questions of the wall take meanwhile, and what our process takes. SECONDS=300 and
// GROUP_COUNT=… change the load; AWAY=… seconds of it find the node frozen first, to see how
// what waited is filled in.
import assert from 'node:assert/strict'
import { cpuUsage } from 'node:process'
import { startCassandra, type CassandraCluster } from '../../scripts/stack/cassandra-cluster.ts'
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import { openCodecs } from '../../src/log/codecs/open-codecs.ts'
import type { Claim, Log, LogGroups } from '../../src/log/log.ts'
import { NocturneError } from '../../src/model/nocturne-error.ts'
import type { WindowResult } from '../../src/model/window-result.ts'
import { recordWindows } from '../../src/record/record-windows.ts'
import { systemClock } from '../../src/std/clock.ts'
import { Lane } from '../../src/std/lane.ts'
import { openCassandraStore } from '../../src/store/cassandra/cassandra-store.ts'
import type { Store } from '../../src/store/store.ts'
import { encodeWindow, windowFrame } from '../../src/wire/window-codec.ts'
import { clientOf, migrated, optionsOf } from '../../test/stack/rig/cassandra-keyspace.ts'
import { printFigure } from '../figure.ts'
import { latencyOf } from '../latency.ts'
import { inTemporaryFolder } from '../temporary-folder.ts'
import { MONITOR, MonitorWindows } from './monitor-windows.ts'
import { say } from './one-broker.ts'

const BENCH = 'stack/how-many-results-are-kept'
const SECONDS = Number(process.env['SECONDS'] ?? 60)
const GROUPS = Number(process.env['GROUP_COUNT'] ?? 10_000)
const AWAY_SECONDS = Number(process.env['AWAY'] ?? 0)
const PARTITIONS = 4
const ASK_EVERY_MS = 100
const LOOK_EVERY_MS = 200
const KEYSPACE = 'bench'
const IN_STORE = { topics: ['windows'], group: 'record-windows', start: 'earliest' } as const
const TIMES = { sessionMs: 10_000, rebalanceMs: 60_000 }

const windows = new MonitorWindows(GROUPS)
const frames = Array.from({ length: GROUPS }, (_, i) => {
  const [{ scope, monitor, definition, group: named }] = windows.of(0, i, i + 1) as [WindowResult]
  return windowFrame({ scope, monitor, definition, named, group: Object.values(named) })
})

/** One hop of all groups, as an evaluator appends them; spread over the second in ten pieces. */
async function appendHop(log: Log, end: number): Promise<void> {
  const piece = Math.ceil(GROUPS / 10)
  for (let from = 0; from < GROUPS; from += piece) {
    await systemClock.sleep(end + from / 10 - systemClock.now())
    const some = windows.of(end, from, Math.min(GROUPS, from + piece))
    const records = some.map((window, i) => {
      const frame = frames[from + i]!
      return { key: frame.key, value: encodeWindow(window, frame) }
    })
    await log.append('windows', records)
  }
}

/** Reads all partitions into the store until the signal aborts; an outage is tried again. */
async function record(
  { log, store }: { readonly log: Log; readonly store: Store },
  signal: AbortSignal,
): Promise<void> {
  const progress = { written: 0, rejected: new Map(), next: new Map<number, number>() }
  const deps = { log, store, progress, clock: systemClock, lane: new Lane(systemClock) }
  const readers: Promise<void>[] = []
  for await (const claim of log.claims({ ...IN_STORE, ...TIMES }, signal)) {
    readers.push(keepOn(deps, claim, signal).finally(() => claim.release()))
  }
  await Promise.all(readers)
}

async function keepOn(
  deps: Parameters<typeof recordWindows>[0],
  claim: Claim,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const trouble = await unlessAway(recordWindows(deps, claim))
    if (trouble !== undefined) await systemClock.sleep(500, signal)
  }
}

/** What stood in the way, where that goes by itself. */
async function unlessAway(work: Promise<void>): Promise<NocturneError | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    if (!(error instanceof NocturneError) || !error.entry.retry) throw error
    say(error.message)
    return error
  }
}

type Asked = { readonly series: number[]; readonly worst: number[]; readonly fresh: number[] }

/** The two questions of the wall, over and over; and how old the newest answer is. */
async function ask(store: Store, signal: AbortSignal): Promise<Asked> {
  const asked: Asked = { series: [], worst: [], fresh: [] }
  const took = async <T>(list: number[], question: Promise<T>): Promise<T> => {
    const from = performance.now()
    const answer = await question
    list.push(performance.now() - from)
    return answer
  }
  for (let n = 0; !signal.aborted; n++) {
    const now = systemClock.now()
    const of = { scope: 'ams1', monitor: MONITOR }
    const span = { from: now - 60_000, to: now, limit: 60 }
    const group = windows.groupOf((n * 7_919) % GROUPS)
    const both = async (): Promise<void> => {
      await took(asked.series, store.series({ ...of, group, tier: 'live', ...span }))
      const ranked = { monitor: MONITOR, value: 'loss', order: 'highest', limit: 20 } as const
      const at = { at: now, notBefore: now - 60_000 }
      const [first] = await took(asked.worst, store.worst({ ...ranked, ...at }))
      if (first !== undefined) asked.fresh.push(systemClock.now() - first.end)
    }
    await unlessAway(both())
    await systemClock.sleep(ASK_EVERY_MS, signal)
  }
  return asked
}

/** Rows of `windows` that no position has passed. */
async function behind(log: Log & LogGroups): Promise<number> {
  const positions = await log.positions('record-windows', 'windows')
  const ends = await log.ends('windows')
  return ends.reduce((sum, { end }, i) => sum + end - (positions[i]?.offset ?? 0), 0)
}

async function drained(log: Log & LogGroups): Promise<number> {
  const from = performance.now()
  while ((await behind(log)) > 0) await systemClock.sleep(LOOK_EVERY_MS)
  return performance.now() - from
}

/** A keyspace of its own, and how to come to it. */
async function prepared(cluster: CassandraCluster) {
  const client = clientOf(cluster)
  await migrated(client, cluster, KEYSPACE)
  await client.shutdown()
  return optionsOf(cluster, KEYSPACE)
}

async function measure(cluster: CassandraCluster, folder: string): Promise<void> {
  const options = await prepared(cluster)
  const store = openCassandraStore(options, { clock: systemClock })
  const log = await openEmbeddedLog({ folder, clock: systemClock, codecs: await openCodecs() })
  for (const topic of ['windows', 'rejected']) await log.createTopic({ ...SHAPE, topic })
  const stop = new AbortController()
  if (AWAY_SECONDS > 0) cluster.pause(cluster.nodes[0]!)
  const recording = record({ log, store }, stop.signal)
  const asking = ask(store, stop.signal)
  const cpu = cpuUsage()
  const seconds = AWAY_SECONDS + SECONDS
  let lagMax = 0
  for (let n = 0; n < seconds; n++) {
    if (n === AWAY_SECONDS && AWAY_SECONDS > 0) {
      say(`the node is back, ${await behind(log)} windows wait`)
      cluster.resume(cluster.nodes[0]!)
    }
    await appendHop(log, Math.ceil(systemClock.now() / 1_000) * 1_000)
    const waiting = await behind(log)
    if (n >= AWAY_SECONDS) lagMax = Math.max(lagMax, waiting)
    if (n % 10 === 9) say(`${n + 1} s, ${waiting} windows wait`)
  }
  const { user, system } = cpuUsage(cpu)
  const left = await drained(log)
  stop.abort()
  const asked = await asking
  await recording
  const count = seconds * GROUPS
  await allThere(store, count / GROUPS)
  print('windows that waited at most', 'rows', lagMax)
  print('time to the last one after the load', 'ms', left)
  print('CPU of our process a window, made and logged as well', 'µs', (user + system) / count)
  for (const [name, list] of Object.entries(asked)) {
    const { p50, p99, max } = latencyOf(list)
    print(`${name} beside it, p50`, 'ms', p50)
    print(`${name} beside it, p99`, 'ms', p99)
    print(`${name} beside it, max`, 'ms', max)
  }
  await log.close()
  await store.close()
}

/** Every window of some groups is in the store. */
async function allThere(store: Store, hops: number): Promise<void> {
  for (let i = 0; i < GROUPS; i += Math.ceil(GROUPS / 50)) {
    const of = { scope: 'ams1', monitor: MONITOR, group: windows.groupOf(i), tier: 'live' } as const
    const span = { from: 0, to: systemClock.now() + 60_000, limit: hops + 1 }
    const there = await store.series({ ...of, ...span })
    assert.equal(there.length, hops, `group ${i} has all its windows`)
  }
}

const print = (figure: string, unit: string, sample: number): void =>
  printFigure(BENCH, { figure, unit, samples: [sample] })

const SHAPE = {
  partitions: PARTITIONS,
  cleanup: 'delete',
  retentionMs: -1,
  retentionBytes: -1,
  durability: 'ack',
  recordBytesMax: 1_048_576,
} as const

const cluster = await startCassandra({ nodes: 1, heap: process.env['HEAP'] ?? '1g' })
try {
  await inTemporaryFolder((folder) => measure(cluster, folder))
} finally {
  await cluster.close()
}
