import { setImmediate } from 'node:timers/promises'
import { readToEnd, type Claim, type Log } from '../log/log.ts'
import { openMemoryLog } from '../log/memory/memory-log.ts'
import { topicSpec } from '../log/suite/log-rig.suite.ts'
import { bytesOf } from '../model/record-columns.ts'
import { siteTopic } from '../model/topics.ts'
import { SimulatedClock } from '../std/simulated-clock.ts'
import { newForwardProgress, type ForwardDeps } from './forward-progress.ts'
import { ForwardLink } from './forward-link.ts'
import { ForwardPace } from './forward-pace.ts'
import type { ForwardTarget } from './forward-site.ts'

/** A site's log and the cloud's, with so many partitions each. */
export async function twoLogs(given: { site?: number; between?: number; cloud?: number } = {}) {
  const { site = 1, between = site, cloud = between } = given
  const clock = new SimulatedClock()
  const [here, there] = [openMemoryLog({ clock }), openMemoryLog({ clock })]
  for (const topic of ['panes', 'transitions']) {
    await here.createTopic(topicSpec({ topic, partitions: site }))
    await there.createTopic(topicSpec({ topic, partitions: cloud }))
  }
  for (const name of ['panes', 'transitions'] as const) {
    await there.createTopic(topicSpec({ topic: siteTopic('ams1', name), partitions: between }))
  }
  await there.createTopic(topicSpec({ topic: 'rejected' }))
  return { clock, here, there }
}

/** What a site's readers work with. */
export function siteDeps(logs: {
  readonly clock: SimulatedClock
  readonly here: Log
  readonly there: Log
}): ForwardDeps & ForwardTarget {
  const { clock, here, there } = logs
  return {
    log: here,
    clock,
    progress: newForwardProgress(),
    site: 'ams1',
    target: there,
    pace: new ForwardPace(clock, undefined),
    link: new ForwardLink(clock, 10_000),
    absentMs: 30_000,
    gatherMs: 0,
  }
}

type Run = {
  readonly log: Log
  readonly topic: string
  readonly group: string
  readonly read: (claim: Claim) => Promise<void>
  /** Instead of: until everything was committed. */
  readonly until?: () => boolean
}

/** Runs a reader on every partition until all that lies there is committed, or it fails. */
export async function runToEnd({ log, topic, group, read, until }: Run): Promise<void> {
  const ending = new AbortController()
  const times = { sessionMs: 10_000, rebalanceMs: 60_000 }
  const spec = { topics: [topic], start: 'earliest', group, ...times } as const
  const ends = await log.ends(topic)
  const claims: Claim[] = []
  const running: Promise<void>[] = []
  const failures: unknown[] = []
  // Not a loop that ends: leaving it would give the claims back.
  const iterator = log.claims(spec, ending.signal)[Symbol.asyncIterator]()
  while (claims.length < ends.length) {
    const { done, value: claim } = await iterator.next()
    if (done === true) break
    claims.push(claim)
    running.push(read(claim).catch((error: unknown) => void failures.push(error)))
  }
  const isDone = async (): Promise<boolean> => {
    if (until !== undefined) return until()
    for (const claim of claims) {
      const { offset } = await log.position(claim)
      if (offset < (ends[claim.partition]?.end ?? 0)) return false
    }
    return true
  }
  while (failures.length === 0 && !(await isDone())) await setImmediate()
  for (const claim of claims) claim.release()
  ending.abort()
  await Promise.all(running)
  if (failures.length > 0) throw failures[0]
}

/** All records of a topic, partition by partition. */
export async function recordsOf(log: Log, topic: string) {
  const records: { partition: number; key: Uint8Array; value: Uint8Array; time: number }[] = []
  for (const partition of (await log.ends(topic)).keys()) {
    for await (const batch of readToEnd(log, { topic, partition })) {
      for (let row = 0; row < batch.count; row++) {
        const [key, value] = [bytesOf(batch.keys, row), bytesOf(batch.values, row)]
        const time = batch.times[row]!
        records.push({ partition, key: key.slice(), value: value.slice(), time })
      }
    }
  }
  return records
}
