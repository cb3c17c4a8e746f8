import { aggregateReadings } from '../../src/aggregate/aggregate-readings.ts'
import { createTopics } from '../../src/app/create-topics.ts'
import { newProgress } from '../../src/app/readers.ts'
import { ReportedMap } from '../../src/app/workers/progress-report.ts'
import { evaluatePanes } from '../../src/evaluate/evaluate-panes.ts'
import type { Claim, Log, LogRecord } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory/memory-log.ts'
import type { MonitorSpec } from '../../src/model/monitor.ts'
import { utf8 } from '../../src/std/bytes.ts'
import { systemClock } from '../../src/std/clock.ts'
import { tampered } from '../sim/tampered-log.ts'
import { Arrivals } from './arrivals.ts'
import type { Row } from './pipeline.ts'

const START = 1_795_383_150_000

type Next = ReportedMap<number>

/** One partition of each topic: rows are folded as they come, and evaluators come and go. */
export class OnePartition {
  readonly #monitors: readonly MonitorSpec[]
  readonly log: Log = openMemoryLog({
    clock: { now: () => START + 1e9, sleep: systemClock.sleep },
  })
  readonly #news = new Arrivals<'progress'>()
  readonly #folded: Next = new ReportedMap(() => this.#news.push('progress'))
  readonly #stop = new AbortController()
  #folding: Promise<void> = Promise.resolve()

  /** How many records each append of an evaluator had. */
  readonly appends: { readonly topic: string; readonly count: number }[] = []

  constructor(monitors: readonly MonitorSpec[]) {
    this.#monitors = monitors
  }

  async open(): Promise<void> {
    const retention = () => ({ ms: -1, bytes: -1 })
    await createTopics(this.log, { partitions: 1, durability: 'ack', retention })
    const { aggregate } = newProgress()
    const progress = { ...aggregate, next: this.#folded }
    const panes = { monitors: this.#monitors, panesPartitions: 1 }
    const spec = { ...panes, site: 'here', partitions: 1, skewMs: 5000, early: false }
    const deps = { log: this.log, clock: systemClock, spec, progress }
    this.#folding = this.#claimed('readings', this.#stop.signal, (claim) =>
      aggregateReadings(deps, claim),
    )
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#folding
    await this.log.close()
  }

  /** One append of rows, so many ms after the start; folded when it resolves. */
  async rows(rows: readonly (Omit<Row, 'ts'> & { readonly ms: number })[]): Promise<void> {
    const records = rows.map(({ ms, ...row }) => ({
      value: utf8(JSON.stringify({ ts: START + ms, ...row })),
    }))
    await this.log.append('readings', records)
    await this.#reached('readings', this.#folded)
  }

  /** An evaluator that leaves once it has judged all panes, or before it has read one. */
  async evaluate(leaves: 'at the end' | 'at once'): Promise<void> {
    const stop = new AbortController()
    const next: Next = new ReportedMap(() => this.#news.push('progress'))
    const progress = { ...newProgress().evaluate, next }
    const spec = { monitors: this.#monitors, panesPartitions: 1, absentMs: 30_000, live: false }
    await this.#claimed('panes', stop.signal, async (claim) => {
      const judging = evaluatePanes(
        { log: this.#watched(), clock: systemClock, spec, progress },
        claim,
      )
      if (leaves === 'at the end') await this.#reached('panes', next)
      stop.abort()
      await judging
    })
  }

  #watched(): Log {
    const append = (topic: string, records: readonly LogRecord[]): Promise<void> => {
      this.appends.push({ topic, count: records.length })
      return this.log.append(topic, records)
    }
    return tampered(this.log, { append })
  }

  async #reached(topic: string, next: ReadonlyMap<number, number>): Promise<void> {
    const end = (await this.log.ends(topic))[0]?.end ?? 0
    const isThere = (): boolean => (next.get(0) ?? 0) >= end
    if (!isThere()) await this.#news.first(isThere)
  }

  async #claimed(
    topic: string,
    signal: AbortSignal,
    read: (claim: Claim) => Promise<void>,
  ): Promise<void> {
    const group = { topics: [topic], group: topic, sessionMs: 1e4, rebalanceMs: 6e4 }
    for await (const claim of this.log.claims({ ...group, start: 'earliest' }, signal)) {
      await read(claim)
      claim.release()
    }
  }
}
