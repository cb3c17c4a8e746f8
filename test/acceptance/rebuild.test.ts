import assert from 'node:assert/strict'
import test from 'node:test'
import { aggregateReadings } from '../../src/aggregate/aggregate-readings.ts'
import { createTopics } from '../../src/app/create-topics.ts'
import { newProgress } from '../../src/app/readers.ts'
import { FinalWindows } from '../../src/app/replay-results.ts'
import { ReportedMap } from '../../src/app/workers/progress-report.ts'
import { evaluatePanes } from '../../src/evaluate/evaluate-panes.ts'
import type { Claim, Log } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory/memory-log.ts'
import { utf8 } from '../../src/std/bytes.ts'
import { systemClock } from '../../src/std/clock.ts'
import { Arrivals } from '../rig/arrivals.ts'
import { monitor } from '../rig/monitor.ts'

const START = 1_795_383_150_000
const MONITORS = [monitor()]

type Next = ReportedMap<number>

/** One partition of each log: rows are folded as they come, and evaluators come and go. */
class OnePartition {
  readonly log: Log = openMemoryLog({
    clock: { now: () => START + 1e9, sleep: systemClock.sleep },
  })
  readonly #news = new Arrivals<'progress'>()
  readonly #folded: Next = new ReportedMap(() => this.#news.push('progress'))
  readonly #stop = new AbortController()
  #folding: Promise<void> = Promise.resolve()

  async open(): Promise<void> {
    const retention = () => ({ ms: -1, bytes: -1 })
    await createTopics(this.log, { partitions: 1, durability: 'ack', retention })
    const { aggregate } = newProgress()
    const progress = { ...aggregate, next: this.#folded }
    const panes = { monitors: MONITORS, panesPartitions: 1 }
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

  /** Seconds of event time with a row each, from and to as given; folded when it resolves. */
  async rows(from: number, to: number): Promise<void> {
    for (let second = from; second < to; second++) {
      const row = { ts: START + second * 1000, stream: 's', session: 'v', x: second % 7 }
      await this.log.append('readings', [{ value: utf8(JSON.stringify(row)) }])
    }
    await this.#reached('readings', this.#folded)
  }

  /** An evaluator that leaves once it has judged all panes, or before it has read one. */
  async evaluate(leaves: 'at the end' | 'at once'): Promise<void> {
    const stop = new AbortController()
    const next: Next = new ReportedMap(() => this.#news.push('progress'))
    const progress = { ...newProgress().evaluate, next }
    const spec = { monitors: MONITORS, panesPartitions: 1, absentMs: 30_000, live: false }
    await this.#claimed('panes', stop.signal, async (claim) => {
      const judging = evaluatePanes({ log: this.log, clock: systemClock, spec, progress }, claim)
      if (leaves === 'at the end') await this.#reached('panes', next)
      stop.abort()
      await judging
    })
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

/** The digest of all windows, where an evaluator came and went in the middle of them or not. */
async function digest(comesAndGoes: boolean): Promise<string> {
  const world = new OnePartition()
  await world.open()
  await world.rows(0, 30)
  await world.evaluate('at the end')
  if (comesAndGoes) await world.evaluate('at once')
  await world.rows(30, 60)
  await world.evaluate('at the end')
  const windows = await FinalWindows.of(world.log)
  assert.ok(windows.count > 50)
  await world.close()
  return windows.digest()
}

test('[A74] an owner that leaves before it has rebuilt keeps what the next one needs', async () => {
  assert.equal(await digest(true), await digest(false))
})
