import type { Prng } from '../../src/std/prng.ts'
import type { Row } from './pipeline.ts'
import type { WorkerRig } from './worker-rig.ts'

const START = 1_795_383_150_000
const STREAMS = 40

/** Rows of forty streams, 100 a second of event time and some of them late, into a rig's log. */
export class SteadyRows {
  readonly rows: Row[] = []
  readonly #rig: WorkerRig
  readonly #random: Prng

  constructor(rig: WorkerRig, random: Prng) {
    this.#rig = rig
    this.#random = random
  }

  /** Appends so many more, and a heartbeat behind them. */
  async append(count: number): Promise<void> {
    const some = Array.from({ length: count }, (_, i) => this.#row(this.rows.length + i))
    this.rows.push(...some)
    await this.#rig.append(some)
    await this.#rig.beat(this.#newest)
  }

  /** Closes every window. */
  async close(): Promise<void> {
    await this.#rig.beat(this.#newest + 60_000, this.#newest)
  }

  get #newest(): number {
    return START + this.rows.length * 10
  }

  #row(n: number): Row {
    const random = this.#random
    return {
      ts: START + n * 10 - (random.next() < 0.05 ? random.below(1500) : 0),
      stream: `s${random.below(STREAMS)}`,
      session: `v${random.below(300)}`,
      x: random.below(100_000) / 1000,
    }
  }
}
