import { NocturneError } from '../../model/nocturne-error.ts'
import type { Clock } from '../../std/clock.ts'
import { orAborted } from '../../std/or-aborted.ts'
import type { SiteProgram } from '../site-program.ts'
import type { QueryEvent, QueryFailure, QueryId, SparkSession } from '../spark-session.ts'
import { readBatchProgress, runOf, type BatchProgress } from './batch-progress.ts'
import type { Ending } from './life-ending.ts'

/** What the listener's stream may have missed is asked for, and the session kept in use (Z2). */
const ASK_EVERY_MS = 5_000
const STUCK_AFTER_MS = 60_000
const STUCK_MEDIANS = 10

/** Why a query is no longer listened to, and what Spark said where it has ended by itself. */
export type Heard = Ending & { readonly failure?: QueryFailure }

export type EarDeps = {
  readonly session: SparkSession
  readonly query: QueryId
  readonly program: SiteProgram
  readonly clock: Clock
  /** Its run was there before us: its first answer tells of the past. */
  readonly isFollowed: boolean
  /** A batch was committed, each told once. */
  readonly batch: (progress: BatchProgress, isOld: boolean) => Promise<void>
  readonly idle: () => void
  readonly medianMs: () => number
  /** So many times longer than usual it may be silent over data. */
  readonly patience: () => number
}

/** Hears one run of a query until it ends, or nobody can be asked. */
export class QueryEar {
  readonly #deps: EarDeps
  #heardAt: number
  #lastBatch = -1
  #isFirst = true
  /** Events came since it was asked last, or one is in hand: what is newer comes behind them. */
  #isHearing = false
  #isTaking = false

  constructor(deps: EarDeps) {
    this.#deps = deps
    this.#heardAt = deps.clock.now()
  }

  /** Answers why it ended; `left` when the signal aborts. @throws what is not of Spark. */
  async listen(signal: AbortSignal): Promise<Heard> {
    const ended = new AbortController()
    const ending = AbortSignal.any([signal, ended.signal])
    const parts = [this.#hearEvents(ending), this.#ask(ending)]
    try {
      const found = await orAborted(Promise.race(parts), signal)
      return found ?? { event: 'left' }
    } finally {
      ended.abort()
      await Promise.allSettled(parts)
    }
  }

  async #hearEvents(signal: AbortSignal): Promise<Heard> {
    const { session, query } = this.#deps
    for await (const event of session.queries.events(signal)) {
      if (runOf(event.json) !== query.runId) continue
      if (event.kind === 'terminated') return this.#ended(event)
      await this.#take(event)
    }
    if (signal.aborted) return { event: 'left' }
    return { event: 'unreachable', code: 'SPARK_UNAVAILABLE', detail: 'its events have ended' }
  }

  async #take({ kind, json }: QueryEvent): Promise<void> {
    this.#heardAt = this.#deps.clock.now()
    this.#isHearing = true
    if (kind === 'idle') return this.#deps.idle()
    this.#isTaking = true
    await this.#progress(json)
    this.#isTaking = false
  }

  async #progress(json: string): Promise<void> {
    const { program, batch, isFollowed } = this.#deps
    const asked = { topic: 'readings', observedAs: program.observedAs }
    const progress = readBatchProgress(json, asked)
    if (progress === undefined || progress.batchId <= this.#lastBatch) return
    this.#lastBatch = progress.batchId
    this.#heardAt = this.#deps.clock.now()
    const isOld = this.#isFirst && isFollowed
    this.#isFirst = false
    await batch(progress, isOld)
  }

  async #ask(signal: AbortSignal): Promise<Heard> {
    const { session, query, clock } = this.#deps
    while (!signal.aborted) {
      const newest = await session.queries.lastProgress(query)
      if (signal.aborted) break
      const isMissed = this.#isFirst || !(this.#isHearing || this.#isTaking)
      const isOfRun = newest !== undefined && runOf(newest) === query.runId
      if (isMissed && isOfRun) await this.#progress(newest)
      this.#isFirst = false
      this.#isHearing = false
      const status = await session.queries.status(query)
      if (!status.isActive) return this.#ended()
      const silentMs = clock.now() - this.#heardAt
      const isDue = status.isTriggerActive && status.isDataAvailable
      const usualMs = Math.max(STUCK_AFTER_MS, STUCK_MEDIANS * this.#deps.medianMs())
      if (isDue && silentMs > usualMs * this.#deps.patience()) {
        const detail = `${Math.round(silentMs / 1000)} s, ${status.message}`
        return { event: 'stuck', code: 'SPARK_QUERY_STUCK', detail }
      }
      await clock.sleep(ASK_EVERY_MS, signal)
    }
    return { event: 'left' }
  }

  /** It has ended: of what, the session tells, or the event did. */
  async #ended(event?: QueryEvent): Promise<Heard> {
    const { session, query } = this.#deps
    const failure = (await failureOf(session, query)) ?? failureIn(event?.json)
    if (failure !== undefined) return { event: 'ended', failure }
    return { event: 'ended', code: 'SPARK_QUERY_GONE', detail: `run ${query.runId}` }
  }
}

async function failureOf(session: SparkSession, query: QueryId): Promise<QueryFailure | undefined> {
  try {
    return await session.queries.failure(query)
  } catch (error) {
    // A session that has forgotten the query has forgotten why as well.
    if (error instanceof NocturneError && error.code !== 'SPARK_UNAVAILABLE') return undefined
    throw error
  }
}

function failureIn(json: string | undefined): QueryFailure | undefined {
  const { exception, errorClassOnException: errorClass } = wordsIn(json)
  if (typeof exception !== 'string' || exception === '') return undefined
  return { errorClass: typeof errorClass === 'string' ? errorClass : '', message: exception }
}

function wordsIn(json: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json ?? '')
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}
