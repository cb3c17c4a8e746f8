import { randomUUID } from 'node:crypto'
import type { Log, LogGroups } from '../../log/log.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { openSparkSession } from '../../spark/connect/session.ts'
import type { ActiveQuery, SparkSession } from '../../spark/spark-session.ts'
import type { SparkSpec } from '../../spark/spark-spec.ts'
import { readBatchProgress, type BatchProgress } from '../../spark/watch/batch-progress.ts'
import { namePrefix } from '../../spark/watch/query-name.ts'
import { sparkMemory, type Remembered } from '../../spark/watch/remembered.ts'
import type { Clock } from '../../std/clock.ts'
import { groupOf } from '../claim-reader.ts'
import { SPARK_GROUP, SPARK_USER } from './spark-names.ts'

/** A process that was killed holds its claim for its session, and a rebalance takes its time. */
const CLAIM_MS_MAX = 30_000

export type SparkAdminDeps = {
  readonly log: Log & LogGroups
  readonly clock: Clock
  readonly spec: SparkSpec
}

/** What the log remembers of a site’s query, and what the server says of it. */
export type SparkSiteStatus = {
  readonly remembered: Remembered
  /** Undefined where none runs. */
  readonly query?: ActiveQuery
  readonly last?: BatchProgress
}

export type SparkStatus = {
  /** Since when Spark has `readings`, epoch ms; undefined where our own engine may have them. */
  readonly engineSince?: number
  readonly sites: readonly SparkSiteStatus[]
}

/** What runs, by what the log remembers. @throws SPARK_*, LOG_*. */
export async function sparkStatus(deps: SparkAdminDeps): Promise<SparkStatus> {
  const engine = await sparkMemory.engine(deps.log)
  const sites: SparkSiteStatus[] = []
  for (const remembered of (await sparkMemory.sites(deps.log)).values()) {
    sites.push(await inSession(deps, remembered, (session) => siteStatus(session, remembered)))
  }
  return { ...(engine !== undefined && { engineSince: engine.at }), sites }
}

async function siteStatus(
  { queries }: SparkSession,
  remembered: Remembered,
): Promise<SparkSiteStatus> {
  const prefix = namePrefix(remembered.site)
  const query = (await queries.active()).find(({ name }) => name.startsWith(prefix))
  if (query === undefined) return { remembered }
  const asked = { topic: 'readings', observedAs: 'seen' }
  const last = readBatchProgress((await queries.lastProgress(query)) ?? '', asked)
  return { remembered, query, ...(last !== undefined && { last }) }
}

/**
 * Ends all queries with their sessions, and lets our own engine have `readings` again, which goes
 * on at the shared positions (Z17). `isForced`: also where Spark cannot be asked; a query that
 * goes on there does no harm, since nobody closes windows by it. @throws LOG_GROUP_ACTIVE while a
 * process watches, SPARK_*.
 */
export async function stopSpark(deps: SparkAdminDeps, isForced: boolean): Promise<number> {
  const { log, clock } = deps
  let stopped = 0
  await whileOwner(log, clock, async () => {
    for (const remembered of (await sparkMemory.sites(log)).values()) {
      stopped += await endSession(deps, remembered, isForced)
      // Whoever starts again begins in a new folder, at the positions that are kept meanwhile.
      const next = { ...remembered, session: randomUUID(), hash: '', at: clock.now() }
      await sparkMemory.remember(log, next)
    }
    await sparkMemory.letGoOfEngine(log)
  })
  return stopped
}

async function endSession(
  deps: SparkAdminDeps,
  remembered: Remembered,
  isForced: boolean,
): Promise<number> {
  try {
    return await inSession(deps, remembered, async (session) => {
      const running = await session.queries.active()
      for (const query of running) await session.queries.stop(query)
      await session.release()
      return running.length
    })
  } catch (error) {
    const isGone = error instanceof NocturneError && error.code === 'SPARK_SESSION_CLOSED'
    if (isForced || isGone) return 0
    throw error
  }
}

async function inSession<T>(
  { spec, clock }: SparkAdminDeps,
  { session: sessionId }: Remembered,
  ask: (session: SparkSession) => Promise<T>,
): Promise<T> {
  const session = await openSparkSession(spec.address, { clock, userId: SPARK_USER, sessionId })
  try {
    return await ask(session)
  } finally {
    session.close()
  }
}

/** Nobody watches while this runs, since only one can hold the claim (Z16). */
async function whileOwner(log: Log, clock: Clock, run: () => Promise<void>): Promise<void> {
  const claiming = new AbortController()
  const held = new AbortController()
  const late = clock.sleep(CLAIM_MS_MAX, held.signal).then(() => {
    if (!held.signal.aborted) claiming.abort()
  })
  try {
    for await (const claim of log.claims(groupOf(SPARK_GROUP), claiming.signal)) {
      // However long it takes from here on, the claim stays ours.
      held.abort()
      await run().finally(() => claim.release())
      return
    }
  } finally {
    held.abort()
    claiming.abort()
    await late
  }
  throw new NocturneError('LOG_GROUP_ACTIVE', SPARK_GROUP.group)
}
