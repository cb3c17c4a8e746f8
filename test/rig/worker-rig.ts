import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Worker } from 'node:worker_threads'
import { createTopics } from '../../src/app/create-topics.ts'
import { newProgress } from '../../src/app/readers.ts'
import { FinalWindows } from '../../src/app/replay-results.ts'
import { Readiness } from '../../src/app/watch/readiness.ts'
import { ReportedMap } from '../../src/app/workers/progress-report.ts'
import { startWorker } from '../../src/app/workers/start-worker.ts'
import { runWorkers } from '../../src/app/workers/worker-pool.ts'
import type { WorkerPlan } from '../../src/app/workers/worker-words.ts'
import type { Disk } from '../../src/log/embedded/disk.ts'
import { openEmbeddedLog, type EmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import type { EmbeddedLimits } from '../../src/log/embedded/embedded-limits.ts'
import type { MonitorSpec } from '../../src/model/monitor.ts'
import { utf8 } from '../../src/std/bytes.ts'
import { systemClock, type Clock } from '../../src/std/clock.ts'
import { partitionOf } from '../../src/std/hash.ts'
import { Replaceable } from '../../src/std/replaceable.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'
import { Arrivals } from './arrivals.ts'
import type { Row } from './pipeline.ts'
import type { OracleWindow } from './window-oracle.ts'

/** Rows of this moment and before are not from the future for the log (W9). */
const APPENDED_AT = 1_796_000_000_000

/** No floor of free space, a small reserve: tests run on any disk. */
const LIMITS = { reserveBytes: 4096, freeBytesMin: 0, freeRatioMin: 0 }

export type RigPlan = {
  readonly monitors: readonly MonitorSpec[]
  readonly partitions: number
  readonly limits?: Partial<EmbeddedLimits>
  readonly disk?: Disk
}

export type PoolPlan = {
  readonly count: number
  readonly start?: (plan: WorkerPlan) => Worker
  readonly clock?: Clock
}

type IsMeant = (topic: string, partition: number) => boolean

/** A group of workers that ends when it is told to. */
export type RunningPool = { stop(): Promise<void> }

/** An embedded log in a folder of its own, with pools of workers over it and what they say. */
export class WorkerRig {
  readonly plan: RigPlan
  readonly folder: string
  log: EmbeddedLog
  /** Rings at every report of a worker. */
  readonly news = new Arrivals<'progress'>()
  readonly progress = this.#newProgress()
  readonly readiness = new Readiness(this.progress, false)
  /** Checks that became bad, `name code`. */
  readonly troubles = new Arrivals<string>()
  readonly failures = new Arrivals<string>()
  readonly ends = new Arrivals<string>()
  /** Rows that readers never got: `group topic reason from to`. */
  readonly gaps = new Arrivals<string>()

  private constructor(plan: RigPlan, folder: string, log: EmbeddedLog) {
    this.plan = plan
    this.folder = folder
    this.log = log
  }

  static async open(t: TestContext, plan: RigPlan): Promise<WorkerRig> {
    const folder = await mkdtemp(join(tmpdir(), 'nocturne-workers-'))
    const rig = new WorkerRig(plan, folder, await openLog(folder, plan))
    t.after(async () => {
      await rig.log.close()
      await rm(folder, { recursive: true })
    })
    const retention = () => ({ ms: -1, bytes: -1 })
    const { partitions } = plan
    await createTopics(rig.log, { partitions, durability: 'ack', retention })
    return rig
  }

  /** Opens the folder again, as after a restart, on the machine's own disk. */
  async reopen(): Promise<void> {
    await this.log.close()
    const { limits = {} } = this.plan
    this.log = await openLog(this.folder, { limits })
    this.progress.aggregate.next.clear()
    this.progress.evaluate.next.clear()
  }

  run({ count, start = startWorker, clock = systemClock }: PoolPlan): RunningPool {
    const { monitors, partitions } = this.plan
    const panesPartitions = partitions
    const stop = new AbortController()
    const running = runWorkers(
      {
        start: (plan) => start(plan),
        count,
        specs: new Replaceable({
          aggregate: {
            site: 'here',
            monitors,
            partitions,
            panesPartitions,
            skewMs: 5000,
            early: false,
          },
          evaluate: { monitors, panesPartitions, absentMs: 30_000, live: false },
        }),
        place: () => ({ kind: 'desk', ticket: this.log.share() }),
        supervision: {
          clock,
          logger: silentLogger,
          failed: (reader, reason) => this.failures.push(`${reader} ${reason}`),
          troubled: (reader, code) => {
            this.readiness.troubled(reader, code)
            if (code !== undefined) this.troubles.push(`${reader} ${code}`)
          },
          missed: (group, { topic, reason, from, to }) =>
            this.gaps.push(`${group} ${topic} ${reason} ${from} ${to}`),
          bug: (error) => assert.fail(String(error)),
        },
        progress: this.progress,
        ended: (reason) => this.ends.push(reason),
      },
      stop.signal,
    )
    return {
      stop: async () => {
        stop.abort()
        await running
      },
    }
  }

  /** Appends rows to where their stream belongs; durable when it resolves. */
  async append(rows: readonly Row[]): Promise<void> {
    const { partitions } = this.plan
    const records = rows.map((row) => ({
      key: utf8(row.stream),
      value: utf8(JSON.stringify(row)),
      partition: partitionOf(utf8(row.stream), partitions),
    }))
    await this.log.append('readings', records)
  }

  /** A heartbeat to every partition; `final` closes all windows and says where the rows ended. */
  async beat(ts: number, final?: number): Promise<void> {
    const { partitions } = this.plan
    const value = utf8(JSON.stringify({ v: 1, ts, stream: '-', src: 'beat', final }))
    const records = Array.from({ length: partitions }, (_, partition) => ({ value, partition }))
    await this.log.append('readings', records)
  }

  /** Resolves when all rows are in panes and all panes judged, in the partitions that are meant. */
  async caughtUp(isMeant: IsMeant = () => true): Promise<void> {
    await this.#reached('readings', this.progress.aggregate.next, isMeant)
    await this.#reached('panes', this.progress.evaluate.next, isMeant)
  }

  /** The final windows in the log by group and end, as the oracle has them. */
  async finals(): Promise<ReadonlyMap<string, OracleWindow & { readonly complete: boolean }>> {
    const finals = new Map<string, OracleWindow & { readonly complete: boolean }>()
    for (const line of (await FinalWindows.of(this.log)).lines()) {
      const { group, end, values, complete } = JSON.parse(line) as {
        readonly group: Readonly<Record<string, string>>
        readonly end: number
        readonly complete: boolean
        readonly values: OracleWindow & { readonly count: number }
      }
      const { count, sum, min, max, p95, sessions } = values
      finals.set(`${group.stream}|${end}`, { complete, rows: count, sum, min, max, p95, sessions })
    }
    return finals
  }

  async #reached(
    topic: string,
    next: ReadonlyMap<number, number>,
    isMeant: IsMeant,
  ): Promise<void> {
    for (const [partition, { end }] of (await this.log.ends(topic)).entries()) {
      if (!isMeant(topic, partition)) continue
      const isThere = (): boolean => (next.get(partition) ?? 0) >= end
      if (!isThere()) await this.news.first(isThere)
    }
  }

  #newProgress(): ReturnType<typeof newProgress> {
    const facts = <Fact>() => new ReportedMap<Fact>(() => this.news.push('progress'))
    const { aggregate, evaluate, ...rest } = newProgress()
    return {
      ...rest,
      aggregate: { ...aggregate, next: facts() },
      evaluate: { ...evaluate, next: facts() },
    }
  }
}

function openLog(folder: string, { limits, disk }: Partial<RigPlan>): Promise<EmbeddedLog> {
  return openEmbeddedLog({
    folder,
    clock: { now: () => APPENDED_AT, sleep: systemClock.sleep },
    limits: { ...LIMITS, ...limits },
    ...(disk === undefined ? {} : { disk }),
  })
}
