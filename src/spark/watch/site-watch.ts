import type { Log, LogGroups } from '../../log/log.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import type { Clock } from '../../std/clock.ts'
import { orAborted } from '../../std/or-aborted.ts'
import type { Replaceable } from '../../std/replaceable.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { watermarkRows } from '../../wire/watermark-rows.ts'
import type { SiteProgram } from '../site-program.ts'
import type { QueryId, SparkSession } from '../spark-session.ts'
import type { SparkSpec } from '../spark-spec.ts'
import type { BatchProgress } from './batch-progress.ts'
import { beginQuery } from './begin-query.ts'
import { claimReadings } from './claim-readings.ts'
import { lifeStep, type LifeState, type LifeStep } from './life.ts'
import { BatchTries, endingOf, type Ending } from './life-ending.ts'
import { PositionRing } from './position-ring.ts'
import { QueryEar } from './query-ear.ts'
import { RetryWait } from './retry-wait.ts'
import type { Remembered } from './remembered.ts'
import type { SharedPositions } from './shared-positions.ts'
import type { SiteFigures } from './site-figures.ts'
import { SiteMemory, type SiteRecord } from './site-memory.ts'
import { SourceMarks } from './source-marks.ts'

export type SiteDeps = {
  readonly log: Log & LogGroups
  readonly clock: Clock
  readonly logger: Logger
  /** A number in [0, 1), to spread what is tried again. */
  readonly random: () => number
  /** A UUID that nobody has. */
  readonly newId: () => string
  /** The session of this id, new where the server has none. @throws SPARK_*. */
  readonly open: (id: string) => Promise<SparkSession>
  readonly spec: SparkSpec
  /** Of `readings`, and of `panes`. */
  readonly partitions: number
  readonly panesPartitions: number
  readonly positions: SharedPositions
  /** Replaced where other monitors are in force. */
  readonly programs: Replaceable<ReadonlyMap<string, SiteProgram>>
  /** Is told of each committed batch once its figures stand. */
  readonly told?: (figures: SiteFigures) => void
}

/** What runs: one text as one query of one session. */
type Run = {
  readonly session: SparkSession
  readonly query: QueryId
  readonly program: SiteProgram
  /** It was there before we listened: what it says first tells of the past. */
  isFollowed: boolean
}

export type SiteStart = {
  readonly figures: SiteFigures
  readonly remembered: Remembered | undefined
  /** What `panes` has of its sources. */
  readonly published: ReadonlyMap<number, number>
}

const PUBLISH_EVERY_MS = 250
const TEND_EVERY_MS = 5_000
/** Of a minute at least. */
const PATIENCE_MAX = 64
/** A stop that takes longer is not waited for. */
const STOP_MS_MAX = 60_000

/**
 * Watches the query of one site: starts it, follows it, begins it again, and appends the
 * watermarks of what it has committed. Ends when the signal aborts, and leaves the query running.
 */
export class SiteWatch {
  readonly #deps: SiteDeps
  readonly #figures: SiteFigures
  readonly #memory: SiteMemory
  readonly #marks: SourceMarks
  readonly #wait: RetryWait
  #state: LifeState = 'offline'
  #sessionId: string
  #session: SparkSession | undefined
  #run: Run | undefined
  #isAnew = false
  #isToStop = false
  /** Doubles while nothing is committed: the batch over a backlog may just be a long one. */
  #patience = 1
  #ring = new PositionRing(0)
  readonly #tries = new BatchTries()
  /** One after the other, since each publishes what the one before did not. */
  #publishing: Promise<void> = Promise.resolve()

  constructor(deps: SiteDeps, { figures, remembered, published }: SiteStart) {
    this.#deps = deps
    this.#figures = figures
    this.#sessionId = remembered?.session ?? deps.newId()
    this.#memory = new SiteMemory(deps.log, figures.site, remembered)
    this.#marks = new SourceMarks(figures.site, deps.partitions)
    this.#marks.reached(new Map(remembered?.published))
    this.#marks.reached(published)
    this.#wait = new RetryWait(deps)
  }

  /** @throws what is not of Spark: whoever called begins anew, and the query goes on meanwhile. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = new AbortController()
    const ending = AbortSignal.any([signal, ended.signal])
    // Calls to a server that does not answer would outlast us.
    ending.addEventListener('abort', () => this.#session?.close(), { once: true })
    const parts = [this.#live(ending), this.#publishAlways(ending), this.#tendAlways(ending)]
    try {
      await Promise.all(parts)
    } finally {
      ended.abort()
      await Promise.allSettled(parts)
      this.#session?.close()
    }
  }

  async #live(signal: AbortSignal): Promise<void> {
    this.#happened({ event: 'due' })
    while (!signal.aborted) {
      const ending = await this.#next(signal)
      if (signal.aborted) return
      this.#happened(ending)
    }
  }

  async #next(signal: AbortSignal): Promise<Ending> {
    const { programs } = this.#deps
    const { replaced } = programs
    const until = AbortSignal.any([signal, replaced])
    try {
      if (this.#state === 'starting') return await this.#begin(signal)
      if (this.#state === 'running' && this.#run !== undefined) {
        if (!this.#isOfProgram(this.#run)) return { event: 'changed' }
        const heard = await this.#listen(this.#run, until)
        // A reload may change nothing here: then it is listened to once more.
        return replaced.aborted ? { event: 'due' } : heard
      }
      await this.#deps.clock.sleep(this.#wait.ms, until)
      return { event: replaced.aborted ? 'changed' : 'due' }
    } catch (error) {
      return endingOf(error)
    }
  }

  #isOfProgram({ program }: Run): boolean {
    return this.#deps.programs.current.get(this.#figures.site)?.hash === program.hash
  }

  async #begin(signal: AbortSignal): Promise<Ending> {
    const { log, spec, positions, programs, clock } = this.#deps
    const { site } = this.#figures
    const program = programs.current.get(site)
    if (program === undefined) return { event: 'refused', code: 'SPARK_REFUSED', detail: site }
    const { record } = this.#memory
    await this.#stopOld(signal)
    if (signal.aborted) return { event: 'left' }
    const session = (this.#session ??= await this.#opened(signal))
    if (session === undefined) return { event: 'left' }
    const keep = (kept: SiteRecord): Promise<void> =>
      this.#memory.keep(kept, { marks: this.#marks.published, now: clock.now() })
    const claim = (): Promise<void> => claimReadings({ log, clock, positions })
    const isAnew = this.#isAnew
    const wanted = { spec, site, program, record, positions, claim, keep, isAnew }
    const begun = await orAborted(beginQuery(session, wanted), signal)
    if (begun === undefined) return { event: 'left' }
    // Offsets of a log that lost rows may mean other rows by now.
    if (wanted.isAnew || this.#run?.program.hash !== program.hash) {
      this.#marks.beginsAnew()
      this.#ring = new PositionRing(program.delayMs + program.evictionMs)
    }
    this.#isAnew = false
    this.#run = { session, program, ...begun }
    const { query, run } = { query: begun.query.id, run: begun.query.runId }
    const { folder = '' } = this.#memory.record ?? {}
    Object.assign(this.#figures, { query, run, folder, session: session.id })
    return { event: 'runs' }
  }

  /** What does not stop in time loses its folder to its successor, in a session of its own. */
  async #stopOld(signal: AbortSignal): Promise<void> {
    if (!this.#isToStop || this.#run === undefined) return
    this.#isToStop = false
    const { session, query } = this.#run
    const ended = new AbortController()
    const stopping = session.queries.stop(query).then(() => true)
    const waiting = AbortSignal.any([signal, ended.signal])
    const late = this.#deps.clock.sleep(STOP_MS_MAX, waiting).then(() => false)
    const isStopped = await Promise.race([stopping, late]).finally(() => ended.abort())
    if (!isStopped && !signal.aborted) this.#forgetSession(true)
  }

  /** Undefined where nobody waits for it any more; one that comes then is let go of. */
  async #opened(signal: AbortSignal): Promise<SparkSession | undefined> {
    const opening = this.#deps.open(this.#sessionId)
    const session = await orAborted(opening, signal)
    if (session === undefined) {
      opening.then(
        (late) => late.close(),
        () => undefined,
      )
    }
    return session
  }

  async #listen(run: Run, signal: AbortSignal): Promise<Ending> {
    const ear = new QueryEar({
      ...{ ...run, clock: this.#deps.clock },
      batch: (progress, isOld) => this.#committed(run, progress, isOld),
      idle: () => this.#idle(),
      medianMs: () => this.#figures.medianMs,
      patience: () => this.#patience,
    })
    run.isFollowed = true
    const { failure, ...ending } = await ear.listen(signal)
    if (failure === undefined) return ending
    const { last, ends } = this.#figures
    const from = [...ends].map(([partition, offset]) => `${partition}:${offset}`).join(' ')
    return this.#tries.ending(failure, { batch: (last?.batchId ?? -1) + 1, from })
  }

  /** That another engine reads as well is over when positions can be moved again. */
  #isWell(): void {
    const { trouble } = this.#figures
    if (trouble?.code !== 'AGGREGATE_ENGINE_DIFFERS') this.#figures.trouble = undefined
  }

  #idle(): void {
    const now = this.#deps.clock.now()
    this.#figures.heardAt = now
    this.#isWell()
    this.#marks.idle(now)
  }

  async #committed({ program }: Run, progress: BatchProgress, isOld: boolean): Promise<void> {
    const now = this.#deps.clock.now()
    const observed = program.observed(progress.observed ?? [])
    this.#marks.batch(progress, observed, { now, isOld })
    this.#remember(program, progress)
    this.#figures.watermarks = this.#marks.watermarks
    if (!isOld) this.#figures.batch(progress, observed, now)
    else Object.assign(this.#figures, { last: progress, ends: progress.endOffsets })
    this.#isWell()
    this.#tries.committed()
    this.#patience = 1
    this.#deps.told?.(this.#figures)
    await this.#publish()
  }

  #remember({ delayMs }: SiteProgram, progress: BatchProgress): void {
    const { startOffsets, endOffsets, watermarkMs, observed, rows } = progress
    // As if nobody had told of it: the next batch says what its rows can have been.
    if (observed === undefined && rows > 0) return
    this.#ring.add({
      ...{ starts: startOffsets, ends: endOffsets, watermarks: this.#marks.watermarks },
      newestBeforeMs: watermarkMs === undefined ? undefined : watermarkMs + delayMs,
    })
  }

  #happened(ending: Ending): void {
    const { event } = ending
    const before = this.#state
    const { to, act } = lifeStep(before, event)
    this.#state = to
    this.#figures.comes(to, this.#deps.clock.now())
    this.#tell(ending, { to, act }, before)
    if (act === 'restart') this.#isToStop = true
    if (event === 'stuck') this.#patience = Math.min(PATIENCE_MAX, this.#patience * 2)
    if (act === 'waitAnew') this.#isAnew = true
    if (act === 'wait' || act === 'waitAnew') this.#wait.failed()
    if (act === 'tell') this.#wait.refused()
    if (event === 'gone') this.#forgetSession(ending.code === 'SPARK_SESSION_CLOSED')
    if (event === 'unreachable') this.#forgetSession(false)
    if (to === 'running' && before !== 'running') {
      this.#wait.runs()
      this.#marks.runs()
    } else if (before === 'running' && to !== 'running') {
      this.#marks.stands(this.#deps.clock.now(), event === 'changed')
    } else if (to !== 'running' && to !== 'starting') {
      this.#marks.stands(this.#deps.clock.now(), false)
    }
  }

  #tell({ event, code, detail = '' }: Ending, { to }: LifeStep, from: LifeState): void {
    const { clock, logger } = this.#deps
    const figures = this.#figures
    const facts = { site: figures.site, from, to, event }
    if (code === undefined) {
      if (from === to) return
      const { query, run, folder } = figures
      return logger.info({ ...facts, query, run, folder }, 'the query of a site')
    }
    const before = figures.trouble
    const since = before?.code === code ? before.since : clock.now()
    figures.trouble = { code, detail, since }
    figures.restarted(code)
    logger.warn({ ...facts, code }, new NocturneError(code, detail).message)
  }

  /** An id whose session was closed is refused for ever; a restarted server takes it again. */
  #forgetSession(isClosed: boolean): void {
    this.#session?.close()
    this.#session = undefined
    if (isClosed) this.#sessionId = this.#deps.newId()
  }

  async #publishAlways(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#publish()
      await this.#deps.clock.sleep(PUBLISH_EVERY_MS, signal)
    }
  }

  #publish(): Promise<void> {
    const { log, clock, panesPartitions } = this.#deps
    const marks = this.#marks.due(clock.now())
    const rows = marks.flatMap((mark) => watermarkRows(mark, panesPartitions))
    if (rows.length > 0) {
      const appended = log.append('panes', rows)
      this.#publishing = Promise.all([this.#publishing, appended]).then(() => undefined)
    }
    return this.#publishing
  }

  /** Keeps what the next watcher needs, and moves where either engine could begin. */
  async #tendAlways(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    while (!signal.aborted) {
      await clock.sleep(TEND_EVERY_MS, signal)
      if (signal.aborted || this.#state !== 'running') continue
      const marks = this.#marks.published
      await this.#memory.published({ marks, now: clock.now() }, true)
      await this.#advance(marks)
    }
  }

  async #advance(marks: ReadonlyMap<number, number>): Promise<void> {
    const { trouble } = this.#figures
    const isDiffering = trouble?.code === 'AGGREGATE_ENGINE_DIFFERS'
    const ending = await this.#advanced(marks)
    if (ending === undefined && isDiffering) this.#figures.trouble = undefined
    if (ending === undefined || isDiffering) return
    this.#tell(ending, { to: this.#state, act: 'rest' }, this.#state)
  }

  async #advanced(marks: ReadonlyMap<number, number>): Promise<Ending | undefined> {
    try {
      await this.#deps.positions.advance(this.#figures.site, this.#ring.positions(marks))
      return undefined
    } catch (error) {
      return endingOf(error)
    }
  }
}
