import { askForRules } from '../../../src/app/rules-log.ts'
import { supervise, superviseClaims, type Supervision } from '../../../src/app/supervise.ts'
import { aggregateReadings } from '../../../src/aggregate/aggregate-readings.ts'
import { beatEverySecond } from '../../../src/collect/heartbeat.ts'
import { HttpIntake } from '../../../src/collect/http-intake.ts'
import { ReadingIntake } from '../../../src/collect/reading-intake.ts'
import { RecordBatch } from '../../../src/collect/record-batch.ts'
import { TailCollector } from '../../../src/collect/tail-collector.ts'
import { aggregateSpec, evaluateSpec, type Progress } from '../../../src/app/readers.ts'
import { evaluatePanes } from '../../../src/evaluate/evaluate-panes.ts'
import type { Claim, Log } from '../../../src/log/log.ts'
import { runAlertmanager } from '../../../src/notify/alertmanager.ts'
import type { HttpPost } from '../../../src/notify/http-post.ts'
import { runPlan } from '../../../src/notify/plan.ts'
import { runSend } from '../../../src/notify/send.ts'
import { recordSteps } from '../../../src/record/record-steps.ts'
import { recordWindows } from '../../../src/record/record-windows.ts'
import type { Clock } from '../../../src/std/clock.ts'
import { Lane } from '../../../src/std/lane.ts'
import type { Prng } from '../../../src/std/prng.ts'
import { silentLogger } from '../../../src/telemetry/logger.ts'
import type { Life } from '../core/scheduler.ts'
import type { Machine } from './machine.ts'
import { simStore } from './sim-store.ts'

export type Household = {
  readonly log: Log
  readonly clock: Clock
  readonly life: Life
  readonly progress: Progress
  readonly random: Prng
}

/** A reader that takes claims of a topic, in a group of its name. */
type Reader = {
  readonly group: string
  readonly topic: string
  readonly read: (claim: Claim) => Promise<void>
}

const SESSION = { start: 'earliest', sessionMs: 10_000, rebalanceMs: 60_000 } as const

/** The collectors and readers of one process, put together and supervised as the app does it. */
export class Parts {
  readonly http: HttpIntake
  readonly #machine: Machine
  readonly #house: Household
  readonly #supervision: Supervision
  readonly #hot: readonly Reader[]
  readonly #recorders: readonly Reader[]
  readonly #asked: Promise<void>
  readonly #collecting = new AbortController()
  readonly #reading = new AbortController()
  readonly #tasks: { readonly collect: Promise<void>[]; readonly read: Promise<void>[] } = {
    collect: [],
    read: [],
  }

  constructor(machine: Machine, house: Household) {
    const { clock, log } = house
    this.#machine = machine
    this.#house = house
    this.#supervision = {
      clock,
      logger: silentLogger,
      failed: (reader, reason) => {
        if (!house.life.isOver) machine.readerFailed(reader, reason)
      },
      troubled: () => undefined,
      missed: () => undefined,
      bug: (error) => this.#bug(error),
    }
    const { partitions } = machine.scenario.config.log
    const intake = new ReadingIntake({ clock, partitions, source: 'http' })
    this.http = new HttpIntake({ log, clock, intake })
    this.#hot = this.#foldReaders()
    this.#recorders = this.#recordReaders()
    const { signal } = this.#reading
    for (const reader of this.#recorders) this.#claims(reader, signal)
    this.#asked = this.askForRules()
    this.#keep(this.#startHot(signal), 'read')
    this.#startNotify()
    this.#startCollectors()
  }

  /** Collectors first, then readers. */
  async stop(): Promise<void> {
    this.#collecting.abort()
    await Promise.allSettled(this.#tasks.collect)
    this.#reading.abort()
    await Promise.allSettled(this.#tasks.read)
  }

  /** Everything ends by itself: signals that nobody aborts are held for ever by the platform. */
  abandon(): void {
    this.#collecting.abort()
    this.#reading.abort()
  }

  /** Asks until the log has what the file of now says. */
  askForRules(): Promise<void> {
    const { log, clock } = this.#house
    const { scenario, rules } = this.#machine
    const part = { name: 'rules', signal: this.#reading.signal }
    return supervise(this.#supervision, part, async () => {
      const monitors = scenario.monitorsAt(rules.scale)
      await askForRules(log, monitors, { at: clock.now(), by: 'config' })
    })
  }

  async #startHot(signal: AbortSignal): Promise<void> {
    await this.#asked
    if (signal.aborted) return
    for (const reader of this.#hot) this.#claims(reader, signal)
  }

  /** Second members of the groups, for a while. */
  async joinFor(ms: number): Promise<void> {
    await this.#asked
    const leaving = new AbortController()
    const signal = AbortSignal.any([leaving.signal, this.#reading.signal])
    for (const reader of [...this.#hot, ...this.#recorders]) this.#claims(reader, signal)
    await this.#house.clock.sleep(ms, signal)
    leaving.abort()
  }

  #foldReaders(): readonly Reader[] {
    const { log, clock, progress } = this.#house
    const { config } = this.#machine.scenario
    const aggregate = {
      log,
      clock,
      spec: aggregateSpec(config),
      progress: progress.aggregate,
    }
    const evaluate = { log, clock, spec: evaluateSpec(config), progress: progress.evaluate }
    return [
      {
        group: 'aggregate',
        topic: 'readings',
        read: (claim) => aggregateReadings(aggregate, claim),
      },
      { group: 'evaluate', topic: 'panes', read: (claim) => evaluatePanes(evaluate, claim) },
    ]
  }

  #recordReaders(): readonly Reader[] {
    const { log, clock, life, random, progress } = this.#house
    const { scheduler, storeMood, storeWatch, tally, tamper } = this.#machine
    const store = tamper.store?.(this.#machine.store) ?? this.#machine.store
    const parts = { scheduler, life, random, tally, mood: storeMood, watch: storeWatch }
    const deps = { log, clock, lane: new Lane(clock), store: simStore(store, parts) }
    return [
      {
        group: 'record-windows',
        topic: 'windows',
        read: (claim) => recordWindows({ ...deps, progress: progress.windows }, claim),
      },
      {
        group: 'record-steps',
        topic: 'transitions',
        read: (claim) => recordSteps({ ...deps, progress: progress.steps }, claim),
      },
    ]
  }

  #startNotify(): void {
    const { log, clock, life, random } = this.#house
    const { scenario, receivers, alertmanagers } = this.#machine
    const { monitors, notify: spec } = scenario.config
    const count = (): void => undefined
    this.#read('plan', (signal) => runPlan({ log, spec, clock, signal, count }))
    for (const receiver of receivers) {
      const deliver = (notice: Parameters<typeof receiver.deliver>[0]) =>
        receiver.deliver(notice, life)
      const of = { log, receiver: receiver.name, deliver, clock, random, count }
      this.#read(`send/${receiver.name}`, (signal) => runSend({ ...of, signal }))
    }
    const receiver = spec.receivers.find(({ kind }) => kind === 'alertmanager')
    if (receiver === undefined) return
    const post: HttpPost = (request) =>
      alertmanagers.find(({ url }) => request.url.startsWith(url))!.post(request, life)
    const hopMsMax = (): number => Math.max(...monitors.map(({ window }) => window.hopMs))
    const of = { log, receiver, spec, hopMsMax, post, clock, random, count }
    this.#read(`send/${receiver.name}`, (signal) => runAlertmanager({ ...of, signal }))
  }

  #startCollectors(): void {
    const { log, clock } = this.#house
    const { scenario, tailFile } = this.#machine
    const { partitions } = scenario.config.log
    const name = 'tail:access.ndjson'
    const intake = new ReadingIntake({ clock, partitions, source: name, collector: name })
    const tail = new TailCollector({
      log,
      clock,
      path: 'access.ndjson',
      collector: name,
      intake,
      batch: new RecordBatch(log),
      follow: (options, signal) => tailFile.follow(options, signal),
    })
    const { site } = scenario.config
    const beat = { log, clock, partitions }
    const own = { ...beat, site, collector: 'nocturne@home', inputs: [this.http, tail] }
    this.#collect(name, (signal) => tail.run(signal))
    this.#collect('beat/home', (signal) => beatEverySecond(own, signal))
    this.#collect('beat/posted', (signal) =>
      this.http.sites.beat({ ...beat, collector: 'posted@home' }, signal),
    )
  }

  #claims({ group, topic, read }: Reader, signal: AbortSignal): void {
    const part = { name: group, log: this.#house.log, signal }
    const spec = { ...SESSION, topics: [topic], group }
    this.#keep(superviseClaims(this.#supervision, { ...part, group: spec }, read), 'read')
  }

  #read(name: string, run: (signal: AbortSignal) => Promise<void>): void {
    const part = { name: `notify/${name}`, signal: this.#reading.signal }
    this.#keep(supervise(this.#supervision, part, run), 'read')
  }

  #collect(name: string, run: (signal: AbortSignal) => Promise<void>): void {
    const part = { name: `collect/${name}`, signal: this.#collecting.signal }
    this.#keep(supervise(this.#supervision, part, run), 'collect')
  }

  #keep(task: Promise<void>, kind: 'collect' | 'read'): void {
    task.catch((error: unknown) => this.#bug(error))
    this.#tasks[kind].push(task)
  }

  #bug(error: unknown): void {
    const { life } = this.#house
    if (!life.isOver) this.#machine.processFailed(life, error)
  }
}
