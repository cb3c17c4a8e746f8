import { createTopics } from '../../../src/app/create-topics.ts'
import { newProgress, type Progress } from '../../../src/app/readers.ts'
import type { HttpIntake } from '../../../src/collect/http-intake.ts'
import type { EmbeddedLimits } from '../../../src/log/embedded/embedded-limits.ts'
import { openEmbeddedLog, type EmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { Log } from '../../../src/log/log.ts'
import { WatchedLog } from '../check/watched-log.ts'
import type { EffectGate } from '../core/effect-gate.ts'
import { failureOf } from '../core/failure-of.ts'
import { ProcessClock } from '../core/process-clock.ts'
import type { Life } from '../core/scheduler.ts'
import { chance } from '../core/seed.ts'
import type { Tally } from '../core/tally.ts'
import { ProcessDisk } from '../disk/process-disk.ts'
import { WatchedMeta } from '../disk/watched-meta.ts'
import type { Machine } from './machine.ts'
import type { Reachable } from './outside.ts'
import { Parts } from './parts.ts'

/** Small enough that segments roll, compaction runs and queues fill within a minute. */
export const LIMITS: Partial<EmbeddedLimits> = {
  segmentBytes: 32_768,
  segmentMs: 15_000,
  indexEveryBytes: 2_048,
  batchBytes: 4_096,
  // As in the real limits, what an evaluator may have under way after a backlog fits in a queue.
  queueBytesMax: 1_048_576,
  queueBytesTotalMax: 4_194_304,
  freeBytesMin: 65_536,
  freeRatioMin: 0,
  reserveBytes: 16_384,
  maintainMs: 5_000,
}

/** Where the log lives on the simulated disk. */
export const ROOT_FOLDER = '/'

const FOR_EVER = { ms: -1, bytes: -1 }
/** Nobody asks later what was refused, so that retention has something to let go of. */
const SHORT = { ms: 10_000, bytes: 40_000 }

const asItIs = (log: Log): Log => log

/** One run of Nocturne on a simulated machine, from its start to its end, whichever that is. */
export class SimProcess implements Reachable {
  readonly life: Life = { isOver: false, pausedToUs: 0 }
  readonly clock: ProcessClock
  readonly disk: ProcessDisk
  readonly gate: EffectGate
  readonly progress: Progress = newProgress()
  readonly ended: Promise<undefined>
  /** To be called when the process is gone. */
  readonly end: () => void
  log: Log | undefined
  embedded: EmbeddedLog | undefined
  meta: WatchedMeta | undefined
  readonly #machine: Machine
  readonly #number: number
  #parts: Parts | undefined
  #isStopping = false

  constructor(machine: Machine, number: number, gate: EffectGate) {
    const { seed, scheduler, offset, trace, platter, troubles } = machine
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const { life } = this
    this.ended = promise
    this.end = () => resolve(undefined)
    this.#machine = machine
    this.#number = number
    this.gate = gate
    const random = (of: string) => chance(seed, `${of} of process ${number}`)
    this.clock = new ProcessClock(scheduler, life, { random: random('clock'), offset })
    const parts = { platter, scheduler, life, gate, troubles, trace }
    this.disk = new ProcessDisk({ ...parts, random: random('disk') })
  }

  get http(): HttpIntake | undefined {
    return this.#isStopping ? undefined : this.#parts?.http
  }

  /** Opens the log and starts all parts. Rejects with what a process would end of. */
  async start(): Promise<void> {
    const { life, clock, disk, gate } = this
    const { ledger, metaFiles, scenario, tamper } = this.#machine
    const synced = () => metaFiles.synced()
    this.embedded = await openEmbeddedLog({
      folder: ROOT_FOLDER,
      clock,
      disk,
      limits: LIMITS,
      openMeta: (_, onFull) =>
        (this.meta = new WatchedMeta(metaFiles.path, onFull, { life, gate, synced })),
    })
    const { below = asItIs, above = asItIs } = tamper
    const log = above(new WatchedLog(below(this.embedded), life, ledger))
    await createTopics(log, {
      ...scenario.config.log,
      retention: (topic) => (topic === 'rejected' ? SHORT : FOR_EVER),
    })
    const { progress } = this
    const random = chance(this.#machine.seed, `parts of process ${this.#number}`)
    this.#parts = new Parts(this.#machine, { log, clock, life, progress, random })
    this.log = log
  }

  /** A second reader of everything joins, and leaves again after a while. */
  async rebalance(ms: number): Promise<void> {
    if (!this.#isStopping) await this.#parts?.joinFor(ms)
  }

  /** Reads its rules again. */
  async reload(): Promise<void> {
    if (!this.#isStopping) await this.#parts?.askForRules()
  }

  /** What the log counted over the life of the process. */
  countInto(tally: Tally): void {
    const stats = this.embedded?.stats()
    if (stats === undefined) return
    if (stats.truncatedBytes > 0) tally.add('torn tails cut')
    tally.add('compactions', stats.compactions)
    tally.add('appends refused for space', stats.spaceRefusals)
    tally.add('rounds of maintenance failed', stats.maintenanceFailures)
  }

  /** Lets go of what would keep a process that is gone in memory; nothing of it has an effect. */
  abandon(): void {
    this.#parts?.abandon()
    if (this.embedded !== undefined) void failureOf(this.embedded.close())
  }

  /** In good order (R4). */
  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#parts?.stop()
    await (this.log ?? this.embedded)?.close()
  }
}
