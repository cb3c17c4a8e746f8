import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import type { Config } from '../config/config.ts'
import { openCodecs, type OpenedCodecs } from '../log/codecs/open-codecs.ts'
import type { NocturneServer } from '../serve/server.ts'
import { systemClock, type Clock } from '../std/clock.ts'
import { Lane } from '../std/lane.ts'
import { orAborted } from '../std/or-aborted.ts'
import { createMetrics, type Metrics } from '../telemetry/metrics.ts'
import type { AppOptions } from './app-options.ts'
import { ForwardLink } from '../forward/forward-link.ts'
import { groupOf, type ClaimReader } from './claim-reader.ts'
import { createCollectors, type Collectors } from './collectors.ts'
import { LogGaps } from './positions/log-gaps.ts'
import { MonitorsInForce } from './monitors-in-force.ts'
import { outwardParts } from './outward-parts.ts'
import { observeAlways } from './watch/observe.ts'
import { openKafkaBy, type OpenKafka } from './log/open-kafka.ts'
import { openLog, prepareTopics } from './log/open-log.ts'
import type { OpenLog } from './log/opened-log.ts'
import { openServer } from './serve/open-server.ts'
import { openStore, retainStore } from './store/open-store.ts'
import { storeCheck, storeView } from './store/store-watch.ts'
import { askWhileTroubled, WatchedStore } from './store/watched-store.ts'
import { watchReceipts, type HopTaken } from './watch/receipt-watch.ts'
import { historyReader } from './history-reader.ts'
import { newProgress, readTo, recordReaders, type Progress } from './readers.ts'
import { Readiness } from './watch/readiness.ts'
import { otherEngine } from './spark/engine-check.ts'
import { openSpark, type MakeSparkParts } from './spark/open-spark.ts'
import type { SparkParts } from './spark/spark-parts.ts'
import { sparkChecks, sparkEngines } from './spark/spark-watch.ts'
import { openSpool } from './spool/open-spool.ts'
import { logView, spoolCheck } from './spool/spool-watch.ts'
import { spoolGroup, type SpooledLog } from './spool/spooled-log.ts'
import { supervise, superviseClaims, type Supervision } from './supervise.ts'
import { workerPlace } from './workers/worker-place.ts'
import { workerCount } from './workers/worker-count.ts'
import { runWorkers } from './workers/worker-pool.ts'
import { startWorker } from './workers/start-worker.ts'
import type { WorkerPlan } from './workers/worker-words.ts'

/** How long readers may take to finish what they have in hand. */
const STOP_MS_MAX = 20_000

/** A running Nocturne. */
export interface App {
  /** Address of the wall and API; undefined without the role `serve`. */
  readonly url: string | undefined
  /** Rejects when a bug was met: the process must end (R5). */
  readonly failed: Promise<never>
  /**
   * Reads the configuration again and puts its monitors in force (R3, A75). Where it cannot, all
   * stays as it was, and the reason is logged and counted; never rejects.
   */
  reload(read: () => Promise<Config>): Promise<void>
  /** Stops collecting, finishes the turns in hand, commits and closes (R4). */
  stop(): Promise<void>
}

/** Starts the parts that the roles name. @throws LOG_LOCKED, LOG_CORRUPT, STORE_REFUSED. */
export async function startApp(options: AppOptions): Promise<App> {
  const { config, clock = systemClock, logger } = options
  await mkdir(config.dataFolder, { recursive: true })
  const codecs = await openCodecs()
  const { openKafka = openKafkaBy({ clock, codecs, logger }) } = options
  const log = await openLog({ config, clock, codecs, openKafka })
  const isCollecting = options.roles.has('collect') || options.roles.has('serve')
  const spool = isCollecting ? await openSpool({ config, clock, codecs, openKafka }) : undefined
  const makeSpark = await openSpark(config, options.roles)
  const lane = new Lane(clock)
  const store = new WatchedStore(await openStore({ config, clock, logger, lane }), clock)
  const workers = options.clock === undefined ? workerCount(config, availableParallelism()) : 0
  const parts = new Parts(
    { ...options, clock, workers, openKafka },
    { log, spool, store, lane, makeSpark },
  )
  parts.tellCodecs(codecs)
  try {
    await parts.start()
  } catch (error) {
    await parts.stop()
    throw error
  }
  return {
    url: parts.url,
    failed: parts.failed,
    reload: (read) => parts.reload(read),
    stop: () => parts.stop(),
  }
}

type PartsOptions = AppOptions & {
  readonly clock: Clock
  readonly workers: number
  readonly openKafka: OpenKafka
}

type Opened = {
  readonly log: OpenLog
  readonly spool: SpooledLog | undefined
  readonly store: WatchedStore
  readonly lane: Lane
  readonly makeSpark: MakeSparkParts | undefined
}

class Parts {
  readonly #options: PartsOptions
  readonly #log: OpenLog
  /** What is collected goes through it where the log is brokers (D9). */
  readonly #spool: SpooledLog | undefined
  readonly #store: WatchedStore
  readonly #metrics: Metrics = createMetrics()
  readonly #progress: Progress = newProgress()
  readonly #readiness: Readiness
  readonly #gaps: LogGaps
  readonly #supervision: Supervision
  readonly #lane: Lane
  readonly #spark: SparkParts | undefined
  /** Why this process must not go on: another engine makes our panes. */
  #refusal: Error | undefined
  readonly #link: ForwardLink
  readonly #bug = Promise.withResolvers<never>()
  /** Stopped in this order: the outside world first, then those who read what it left. */
  readonly #collecting = new AbortController()
  readonly #reading = new AbortController()
  readonly #running: { readonly collect: Promise<void>[]; readonly read: Promise<void>[] } = {
    collect: [],
    read: [],
  }
  readonly #collectors: Collectors
  #server: NocturneServer | undefined
  readonly #monitors: MonitorsInForce
  #stopped: Promise<void> | undefined
  url: string | undefined

  constructor(options: PartsOptions, { log, spool, store, lane, makeSpark }: Opened) {
    this.#options = options
    this.#log = log
    this.#spool = spool
    this.#store = store
    const { clock, logger, config, input, roles } = options
    this.#spark = makeSpark?.({ log, clock, logger, progress: this.#progress.aggregate })
    const adopted = (read: Config): void => {
      this.#server?.adopt(read.monitors)
      this.#spark?.adopt(read)
    }
    const told = (isInForce: boolean): void => this.#metrics.reloadOk.set(isInForce ? 1 : 0)
    const deps = { log, clock, logger, roles, adopted, told }
    this.#monitors = new MonitorsInForce(deps, config)
    this.#readiness = new Readiness(this.#progress, config.log.kafka !== undefined)
    this.#bug.promise.catch(() => undefined)
    this.#lane = lane
    this.#link = new ForwardLink(clock, config.forward?.failoverAfterMs ?? 0)
    told(true)
    const counted = this.#metrics.gapRows
    this.#gaps = new LogGaps(logger, (labels, rows) => counted.inc({ ...labels }, rows))
    this.#supervision = {
      clock,
      logger,
      failed: (reader, reason) => this.#metrics.readerFailures.inc({ reader, reason }),
      troubled: (reader, code) => this.#readiness.troubled(reader, code),
      missed: (reader, gap) => this.#gaps.met(reader, gap),
      bug: (error) => this.#bug.reject(error),
    }
    this.#collectors = createCollectors({ log: spool ?? log, clock, config, input })
  }

  get failed(): Promise<never> {
    return this.#bug.promise
  }

  /** Says once by what the log checks its bytes: our own code takes three times as long. */
  tellCodecs(codecs: OpenedCodecs): void {
    const { crc32cBy } = codecs
    this.#metrics.codecs.set({ crc32c: crc32cBy }, 1)
    const reason = crc32cBy === 'plain' ? { reason: codecs.reason } : {}
    this.#options.logger.info({ crc32c: crc32cBy, ...reason }, 'record batches are checked')
  }

  async start(): Promise<void> {
    const { roles: wanted, config, clock } = this.#options
    const reading = this.#reading.signal
    const isOurs = config.log.kafka === undefined
    if (isOurs) await this.#prepare()
    if (wanted.has('serve')) await this.#startServer()
    const { log, spool } = { log: this.#log, spool: this.#spool }
    const intakes = this.#collectors.intakes
    const sites = this.#spark?.figures ?? new Map()
    const seen = { log, spool, store: this.#store, progress: this.#progress, intakes, sites }
    this.#read(observeAlways(this.#metrics, seen, { clock, signal: reading }))
    if (isOurs) return this.#begin()
    this.#startSpool()
    // Brokers may be away as we start: the wall is there and says so, and nobody has to come back.
    const part = { name: 'log', signal: reading }
    const prepared = supervise(this.#supervision, part, (ending) =>
      orAborted(this.#prepare(), ending),
    )
    this.#read(prepared.then(() => (reading.aborted ? undefined : this.#begin())))
  }

  /** What has to be there before anybody reads. */
  async #prepare(): Promise<void> {
    const { roles: wanted, config } = this.#options
    await prepareTopics(this.#log, config)
    if (wanted.has('aggregate')) {
      await this.#readiness.noteEnds(this.#log, 'readings')
      this.#refusal = await otherEngine(this.#log, config)
    }
    if (wanted.has('evaluate')) await this.#readiness.noteEnds(this.#log, 'panes')
    this.#readiness.prepared()
  }

  #begin(): void {
    if (this.#refusal !== undefined) return this.#bug.reject(this.#refusal)
    const { roles: wanted } = this.#options
    const reading = this.#reading.signal
    const rules = { name: 'rules', signal: reading }
    const asked = this.#monitors.begin((ask) => supervise(this.#supervision, rules, ask))
    // Whoever judges finds in the log by which rules, so that a replay judges alike (A75).
    this.#read(asked.then(() => (reading.aborted ? undefined : this.#startHot())))
    if (wanted.has('record')) {
      const past = historyReader({ ...this.#readerDeps, spec: this.#monitors.past })
      this.#startReaders([...recordReaders(this.#readerDeps), past])
    }
    this.#startOutward()
    if (wanted.has('evaluate')) this.#watchReceipts(reading)
    if (wanted.has('serve')) this.#startTail()
    if (wanted.has('record')) this.#tendStore(reading)
    if (this.#spool === undefined) this.#startCollectors()
  }

  #tendStore(signal: AbortSignal): void {
    const { clock } = this.#options
    const retain = (ending: AbortSignal) => retainStore(this.#store, this.#options, ending)
    this.#read(supervise(this.#supervision, { name: 'record/retention', signal }, retain))
    this.#read(askWhileTroubled(this.#store, clock, signal))
  }

  async reload(read: () => Promise<Config>): Promise<void> {
    try {
      await this.#monitors.reload(read)
    } catch (error) {
      return this.#bug.reject(error)
    }
  }

  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop())
  }

  async #stop(): Promise<void> {
    this.#collecting.abort()
    await Promise.allSettled(this.#running.collect)
    this.#reading.abort()
    await this.#server?.close()
    const ended = Promise.allSettled(this.#running.read)
    // Brokers that are away would hold us for minutes; what they did not take is read again.
    const { clock } = this.#options
    await Promise.race([ended, clock.sleep(STOP_MS_MAX)])
    await Promise.all([this.#log.close(), this.#spool?.close()])
    await ended
    await this.#store.close()
  }

  get #readerDeps() {
    const { clock } = this.#options
    return { store: this.#store, clock, lane: this.#lane, progress: this.#progress }
  }

  /** The readers of the hot path: in worker threads, or here where there are none. */
  async #startHot(): Promise<void> {
    const { workers } = this.#options
    if (this.#spark !== undefined) this.#startReaders([this.#spark.reader])
    const specs = this.#monitors.hot
    const place = workerPlace(this.#log, this.#options.config)
    if (workers === 0 || place === undefined) {
      // Where workers have this code, this thread does without.
      const { hotReaders } = await import('./hot-readers.ts')
      return this.#startReaders(hotReaders({ ...this.#readerDeps, specs }))
    }
    const pool = {
      start: (plan: WorkerPlan) => startWorker(plan),
      count: workers,
      specs,
      place,
      supervision: this.#supervision,
      progress: this.#progress,
      ended: (reason: string) => this.#metrics.workersEnded.inc({ reason }),
    }
    if (Object.keys(specs.current).length > 0) this.#read(runWorkers(pool, this.#reading.signal))
  }

  #startReaders(readers: readonly ClaimReader[]): void {
    for (const reader of readers) {
      const { signal } = this.#reading
      const part = { name: reader.group, log: this.#log, group: groupOf(reader), signal }
      this.#read(superviseClaims(this.#supervision, part, reader.read))
    }
  }

  #read(task: Promise<void>): void {
    task.catch(this.#bug.reject)
    this.#running.read.push(task)
  }

  /** Rows are collected whether or not brokers are there. */
  #startSpool(): void {
    const spool = this.#spool
    if (spool === undefined) return
    for (const topic of spool.topics) {
      const group = spoolGroup(topic)
      const part = { name: 'spool', log: spool.local, group, signal: this.#reading.signal }
      this.#read(superviseClaims(this.#supervision, part, (claim) => spool.drain(claim)))
    }
    this.#startCollectors()
  }

  #startCollectors(): void {
    if (!this.#options.roles.has('collect')) return
    const { signal } = this.#collecting
    for (const { name, run } of this.#collectors.loops) {
      const task = supervise(this.#supervision, { name: `collect/${name}`, signal }, run)
      task.catch(this.#bug.reject)
      this.#running.collect.push(task)
    }
  }

  /** Those who tell the world outside. */
  #startOutward(): void {
    const { roles: wanted, terminal, forwardFromMs: fromMs } = this.#options
    const outward = outwardParts({
      log: this.#log,
      ...{ clock: this.#options.clock, config: this.#options.config, wanted, terminal },
      hopMsMax: () => this.#monitors.hopMsMax,
      count: (where, reason, count) => this.#metrics.notify.inc({ where, reason }, count),
      missed: (group, gap) => this.#gaps.met(group, gap),
      ...{ link: this.#link, supervision: this.#supervision },
      ...(fromMs !== undefined && { fromMs }),
      openTarget: this.#options.openKafka,
      progress: this.#progress.forward,
    })
    const { signal } = this.#reading
    for (const { name, run } of outward)
      this.#read(supervise(this.#supervision, { name, signal }, run))
  }

  async #startServer(): Promise<void> {
    const { config, clock, wallFolder } = this.#options
    const { http } = this.#collectors
    const server = await openServer({
      ...{ config, clock, http, wallFolder },
      ...{ log: this.#log, store: this.#store, lane: this.#lane },
      metrics: this.#metrics,
      readTo: (group, partition) => readTo(this.#progress, group, partition),
      gaps: () => this.#gaps.list,
      readiness: () => [
        ...this.#readiness.checks(),
        ...this.#gaps.checks(),
        ...(this.#log.checks?.() ?? []),
        ...sparkChecks(this.#spark?.figures.values() ?? [], clock.now()),
        storeCheck(this.#store.trouble, clock.now()),
        ...(this.#spool === undefined ? [] : [spoolCheck(this.#spool.stats(), clock.now())]),
      ],
      engines: () => sparkEngines(this.#spark?.figures ?? new Map()),
      logView: () => ({
        ...logView(this.#log, this.#spool?.stats(), clock.now()),
        store: storeView(this.#store.trouble, clock.now()),
      }),
    })
    this.#server = server
    this.url = await server.listen()
  }

  /** The wall's own reader: it begins once there are topics to read. */
  #startTail(): void {
    const { signal } = this.#reading
    const part = { name: 'serve/tail', signal }
    const run = async (ending: AbortSignal): Promise<void> => this.#server?.tail(ending)
    this.#read(supervise(this.#supervision, part, run))
  }

  #watchReceipts(signal: AbortSignal): void {
    const { receiptHops } = this.#metrics
    const taken: HopTaken = (hop, seconds) => receiptHops.observe({ hop }, seconds)
    const run = (ending: AbortSignal) => watchReceipts(this.#log, taken, ending)
    this.#read(supervise(this.#supervision, { name: 'receipts', signal }, run))
  }
}
