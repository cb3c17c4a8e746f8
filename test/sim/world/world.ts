import { openMemoryStore } from '../../../src/store/memory/memory-store.ts'
import { SimulatedClock } from '../../../src/std/simulated-clock.ts'
import { NocturneError } from '../../../src/model/nocturne-error.ts'
import { Ledger, Violation } from '../check/ledger.ts'
import { PaneWatch } from '../check/pane-watch.ts'
import { StoreWatch } from '../check/store-watch.ts'
import { ClockOffset } from '../core/process-clock.ts'
import { EffectGate } from '../core/effect-gate.ts'
import { failureOf } from '../core/failure-of.ts'
import { Scheduler, type Life } from '../core/scheduler.ts'
import { chance } from '../core/seed.ts'
import { Tally } from '../core/tally.ts'
import { Trace } from '../core/trace.ts'
import { DiskTroubles } from '../disk/disk-troubles.ts'
import { MetaFiles } from '../disk/meta-files.ts'
import { Platter } from '../disk/platter.ts'
import { befall } from './befall.ts'
import { Bounds } from './bounds.ts'
import type { EndKind, Fault } from './faults.ts'
import { Foreigner } from './foreigner.ts'
import { Person } from './person.ts'
import type { Scenario } from './scenario.ts'
import { Sender } from './sender.ts'
import { SimAlertmanager } from './sim-alertmanager.ts'
import { SimEndpoint } from './sim-endpoint.ts'
import { SimProcess } from './sim-process.ts'
import { SimReceiver } from './sim-receiver.ts'
import type { Tamper } from './machine.ts'
import { DISK_BYTES, type Stage } from './stage.ts'
import { TailFile } from './tail-file.ts'

const RESTART_MS = 1_000
const STOP_MS_MAX = 30_000
const STOPS_MAX = 3
const STOP_AGAIN_MS = 3_000

/** Codes that a reader may meet while something is in trouble; any other is a violation. */
const EXPECTED: ReadonlySet<string> = new Set([
  'LOG_FULL',
  'LOG_POISONED',
  'LOG_UNREADABLE',
  'STORE_UNAVAILABLE',
])

export type WorldPlan = {
  readonly seed: bigint
  readonly scenario: Scenario
  readonly faults: readonly Fault[]
  readonly print?: (line: string) => void
  /** Makes the log break its promises, to see that it is noticed. */
  readonly tamper?: Tamper
}

/** A machine on which Nocturne runs, is killed and started again, and those it has to do with. */
export class World implements Stage {
  readonly seed: bigint
  readonly scenario: Scenario
  readonly scheduler: Scheduler
  readonly trace: Trace
  readonly tally = new Tally()
  readonly platter = new Platter()
  readonly metaFiles = new MetaFiles()
  readonly troubles = new DiskTroubles(this.tally)
  readonly offset = new ClockOffset()
  readonly tamper: Tamper
  readonly ledger: Ledger
  readonly store = openMemoryStore({ clock: new SimulatedClock() })
  readonly storeMood = { isDown: false }
  readonly storeWatch = new StoreWatch()
  readonly receivers: readonly SimReceiver[]
  readonly alertmanagers: readonly SimAlertmanager[]
  readonly endpoints: readonly SimEndpoint[]
  readonly tailFile = new TailFile()
  readonly rules = { scale: 1 }
  readonly senders: readonly Sender[]
  readonly foreigner: Foreigner
  process: SimProcess | undefined
  /** The last process that stopped in good order. */
  stopped: SimProcess | undefined
  readonly #faults: readonly Fault[]
  #processCount = 0
  #startedUs = 0
  #failure: { readonly error: unknown } | undefined

  constructor({ seed, scenario, faults, print, tamper = {} }: WorldPlan) {
    const { monitors, config } = scenario
    this.seed = seed
    this.scenario = scenario
    this.tamper = tamper
    this.#faults = faults
    this.scheduler = new Scheduler(chance(seed, 'schedule'))
    this.trace = new Trace(this.scheduler, print)
    this.platter.capacityBytes = DISK_BYTES
    const { scheduler, tally } = this
    const endpoint = (name: string): SimEndpoint =>
      new SimEndpoint({ scheduler, tally, random: chance(seed, `endpoint ${name}`) })
    const { receivers } = config.notify
    const webhooks = receivers.filter(({ kind }) => kind === 'webhook')
    this.receivers = webhooks.map(({ name }) => new SimReceiver(name, endpoint(name)))
    const urls = receivers.flatMap((of) => (of.kind === 'alertmanager' ? of.urls : []))
    this.alertmanagers = urls.map((url) => new SimAlertmanager(url, endpoint(url)))
    this.endpoints = [...this.receivers, ...this.alertmanagers].map((told) => told.endpoint)
    this.senders = scenario.senders.map(
      (plan) => new Sender(this, plan, chance(seed, `sender of ${plan.site}`)),
    )
    this.foreigner = new Foreigner(this, scenario.foreign)
    const person = new Person(this, chance(seed, 'person'), (work) => this.beside(work))
    const facts = { monitors, home: config.site, skewMs: config.skewMs }
    const readers = [new PaneWatch(facts), this.storeWatch, person]
    this.ledger = new Ledger(readers, (error) => this.fail(error))
  }

  /** Lets everything happen up to the end of the scenario. Rejects with the first violation. */
  async run(): Promise<void> {
    const { scenario, seed } = this
    this.#start()
    for (const sender of this.senders) this.beside(sender.run())
    this.beside(this.foreigner.run())
    this.beside(this.tailFile.writeFrom(scenario.tail, this, chance(seed, 'tail file')))
    this.beside(new Bounds(this).watch())
    for (const fault of this.#faults) {
      this.scheduler.after(fault.at * 1000, undefined, () => befall(this, fault))
    }
    await this.drive(this.until(scenario.endMs))
    // A death that is still due may come while it stops; the next process stops in its place.
    for (let tries = 0; tries < STOPS_MAX && this.stopped === undefined; tries++) {
      await this.drive(this.wait(this.#catchesUpMs))
      await this.drive(this.stop())
      if (this.stopped === undefined) await this.drive(this.wait(STOP_AGAIN_MS))
    }
    if (this.stopped === undefined) throw new Violation('no process was there at the end')
  }

  /** How long a process that began just now is left alone: it has to catch up before it stops. */
  get #catchesUpMs(): number {
    return Math.max(0, STOP_AGAIN_MS - (this.scheduler.nowUs - this.#startedUs) / 1000)
  }

  /** Lets the world go on until this is settled. */
  async drive<T>(work: Promise<T>): Promise<T> {
    let isSettled = false
    const settle = (): void => void (isSettled = true)
    work.then(settle, settle)
    await this.scheduler.runUntil(() => isSettled || this.#failure !== undefined)
    if (this.#failure !== undefined) throw this.#failure.error
    if (!isSettled) throw new Violation('nothing is left to happen, and something waits')
    return work
  }

  until(atMs: number): Promise<void> {
    return this.wait(atMs - this.scheduler.nowUs / 1000)
  }

  wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.scheduler.after(ms * 1000, undefined, resolve)
    return promise
  }

  readerFailed(reader: string, reason: string): void {
    this.tally.add(`reader met ${reason}`)
    this.trace.note(`failed ${reader} ${reason}`)
    if (!this.#isExpected(reason)) this.fail(new Violation(`${reader} met ${reason}`))
  }

  /** A poisoned partition shows readers less than they saw before they waited for syncs. */
  #isExpected(code: string): boolean {
    const { durability } = this.scenario.config.log
    const isTaken = durability === 'interval' && code === 'LOG_OFFSET_OUT_OF_RANGE'
    return EXPECTED.has(code) || isTaken
  }

  processFailed(life: Life, error: unknown): void {
    if (!isSimulated(error)) return this.fail(error)
    this.tally.add('process ended by itself')
    if (life === this.process?.life) this.end('kill', RESTART_MS)
  }

  /** Lets go of what lies on a real disk. */
  remove(): void {
    this.process?.meta?.close()
    this.metaFiles.remove()
  }

  /** A violation ends the run. */
  fail(error: unknown): void {
    this.#failure ??= { error }
  }

  /** Something that goes on next to all else; where it fails, the world does. */
  beside(work: Promise<void>): void {
    work.catch((error: unknown) => this.fail(error))
  }

  /** The process is gone from one moment to the next, and started again after a while. */
  end(kind: EndKind, downMs: number): void {
    const { process } = this
    if (process === undefined) return
    this.process = undefined
    this.tally.add(kind)
    this.trace.note(kind)
    process.countInto(this.tally)
    process.disk.end()
    const power = chance(this.seed, `${kind} ${this.#processCount}`)
    this.metaFiles.crash(kind === 'power' ? power : undefined)
    if (kind === 'power') this.platter.cutPower(power)
    process.end()
    this.scheduler.after(1, undefined, () => process.abandon())
    this.scheduler.after(2, undefined, () => {
      process.meta?.close()
      this.metaFiles.forget()
    })
    this.scheduler.after(downMs * 1000 + 3, undefined, () => this.#start())
  }

  async restart(downMs: number): Promise<void> {
    await this.stop()
    await this.wait(downMs)
    this.#start()
  }

  /** As a service manager does it; who does not stop in time breaks a promise (R4). */
  async stop(): Promise<void> {
    const { process } = this
    if (process?.log === undefined) return
    this.tally.add('stop')
    this.trace.note('stop')
    const late = this.wait(STOP_MS_MAX).then(() => new Violation('a process did not stop in time'))
    const failure = await Promise.race([failureOf(process.stop()), process.ended, late])
    if (process.life.isOver) return
    if (failure !== undefined) return this.processFailed(process.life, failure)
    process.countInto(this.tally)
    process.disk.end()
    process.end()
    this.process = undefined
    this.stopped = process
    assertNothingIsHeld(process)
  }

  async #follow(process: SimProcess): Promise<void> {
    const failure = await failureOf(process.start())
    if (failure !== undefined && !process.life.isOver) this.processFailed(process.life, failure)
  }

  #start(): void {
    if (this.process !== undefined) return
    const gate = new EffectGate((kind, downMs) => this.end(kind, downMs))
    const process = new SimProcess(this, ++this.#processCount, gate)
    this.process = process
    this.#startedUs = this.scheduler.nowUs
    this.stopped = undefined
    this.trace.note(`start ${this.#processCount}`)
    this.beside(this.#follow(process))
  }
}

function assertNothingIsHeld({ disk, clock }: SimProcess): void {
  if (disk.openCount !== 0) throw new Violation(`${disk.openCount} files were left open`)
  if (clock.sleeperCount !== 0) throw new Violation(`${clock.sleeperCount} sleeps were left`)
}

/** Whether an error comes of what the simulated disk refused. */
function isSimulated(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('isSimulated' in error) return true
  if (error instanceof NocturneError && EXPECTED.has(error.code)) return true
  return isSimulated(error.cause)
}
