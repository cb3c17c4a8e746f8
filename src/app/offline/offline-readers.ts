import { newAggregateProgress } from '../../aggregate/aggregate-progress.ts'
import { aggregateReadings } from '../../aggregate/aggregate-readings.ts'
import type { Config } from '../../config/config.ts'
import { evaluatePanes } from '../../evaluate/evaluate-panes.ts'
import type { Log } from '../../log/log.ts'
import type { Clock } from '../../std/clock.ts'

const POLL_MS = 5
const GROUP = { start: 'earliest', sessionMs: 10_000, rebalanceMs: 60_000 } as const

/** What is read, and by which monitors. */
export type OfflineDeps = {
  readonly log: Log
  readonly clock: Clock
  readonly config: Pick<Config, 'site' | 'monitors' | 'skewMs' | 'absentMs'>
  /** Of `readings` and of `panes`. */
  readonly partitions: number
}

type Part = 'aggregate' | 'evaluate'

/** Readers of a log that comes to an end, and how far they have come. */
export class OfflineReaders {
  readonly #log: Log
  readonly #clock: Clock
  readonly #parts: readonly Part[]
  readonly #signal: AbortSignal
  readonly #running: Promise<void>[] = []
  readonly #aggregated = newAggregateProgress()
  readonly #evaluated = {
    windows: 0,
    steps: 0,
    groups: new Map(),
    outcomes: new Map(),
    next: new Map(),
  }
  /** Rejects with the first failure of a reader; never resolves. */
  readonly failure: Promise<never>

  /** `parts`: who reads; panes may be there already. */
  constructor(deps: OfflineDeps, parts: readonly Part[], signal: AbortSignal) {
    const { log, clock, config, partitions } = deps
    this.#log = log
    this.#clock = clock
    const { site, monitors, skewMs, absentMs } = config
    this.#parts = parts
    this.#signal = signal
    const failed = Promise.withResolvers<never>()
    this.failure = failed.promise
    this.failure.catch(() => undefined)
    const aggregate = {
      log,
      clock,
      spec: { site, monitors, partitions, panesPartitions: partitions, skewMs, early: false },
      progress: this.#aggregated,
    }
    const evaluate = {
      log,
      clock,
      spec: { monitors, panesPartitions: partitions, absentMs, live: false },
      progress: this.#evaluated,
    }
    const readers: Readonly<Record<Part, () => Promise<void>>> = {
      aggregate: () =>
        this.#run({ group: 'aggregate', topic: 'readings', signal }, (claim) =>
          aggregateReadings(aggregate, claim),
        ),
      evaluate: () =>
        this.#run({ group: 'evaluate', topic: 'panes', signal }, (claim) =>
          evaluatePanes(evaluate, claim),
        ),
    }
    const all = parts.map((part) => readers[part]())
    for (const reader of all) reader.catch(failed.reject)
    this.#running.push(...all)
  }

  /** Resolves when every reading is in panes and every pane judged, or the signal aborts. */
  async caughtUp(): Promise<void> {
    if (this.#parts.includes('aggregate')) await this.#reached('readings', this.#aggregated.next)
    await this.#reached('panes', this.#evaluated.next)
  }

  async done(): Promise<void> {
    for (const reader of this.#running) await reader
  }

  async #reached(topic: string, next: ReadonlyMap<number, number>): Promise<void> {
    const ends = await this.#log.ends(topic)
    for (const [partition, { end }] of ends.entries()) {
      while ((next.get(partition) ?? 0) < end && !this.#signal.aborted) {
        await this.#clock.sleep(POLL_MS, this.#signal)
      }
    }
  }

  async #run(
    part: { readonly group: string; readonly topic: string; readonly signal: AbortSignal },
    read: (claim: Parameters<typeof aggregateReadings>[1]) => Promise<void>,
  ): Promise<void> {
    const tasks: Promise<void>[] = []
    const failed = Promise.withResolvers<never>()
    failed.promise.catch(() => undefined)
    const claims = async () => {
      const spec = { ...GROUP, topics: [part.topic], group: part.group }
      for await (const claim of this.#log.claims(spec, part.signal)) {
        const task = read(claim).finally(() => claim.release())
        task.catch(failed.reject)
        tasks.push(task)
      }
      for (const task of tasks) await task
    }
    await Promise.race([claims(), failed.promise])
  }
}
