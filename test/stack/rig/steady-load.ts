import { systemClock } from '../../../src/std/clock.ts'
import { confirmed } from './confirmed-post.ts'

/** What a window of one second of one stream has to say. */
export type Expected = { count: number; x: number; spikes: number }

export type LoadPlan = {
  readonly rowsPerSecond: number
  readonly streams: number
  readonly everyMs: number
  /** Each stream has one row that raises its alert in every so many seconds. */
  readonly spikeEverySeconds: number
}

const AGAIN_MS = 100

/**
 * Rows as time passes, posted in order by a shipper that keeps what was not confirmed: each row has
 * a number, so that one sent twice counts once (D7). What every window must hold is known.
 */
export class SteadyLoad {
  readonly #plan: LoadPlan
  readonly #startAt: number
  readonly expected = new Map<string, Expected>()
  /** Posts that were not confirmed at the first try. */
  repeats = 0
  /** From the instant at which a post was due to its confirmation, ms. */
  readonly delays: number[] = []
  #sent = 0

  constructor(plan: LoadPlan, startAt: number) {
    this.#plan = plan
    this.#startAt = startAt
  }

  get rows(): number {
    return this.#sent
  }

  /** Event time of the next row. */
  get now(): number {
    return this.#startAt + (this.#sent * 1000) / this.#plan.rowsPerSecond
  }

  /** Posts until the signal aborts; what is behind schedule is posted as fast as it is taken. */
  async run(url: string, signal: AbortSignal): Promise<void> {
    const { everyMs, rowsPerSecond } = this.#plan
    const perPost = (rowsPerSecond * everyMs) / 1000
    while (!signal.aborted) {
      const dueAt = this.now + everyMs
      await systemClock.sleep(dueAt - Date.now(), signal)
      if (signal.aborted) return
      await this.post(url, perPost)
      this.delays.push(Date.now() - dueAt)
    }
  }

  /** Posts so many more rows; resolves once they are confirmed. */
  async post(url: string, count: number): Promise<void> {
    const rows = Array.from({ length: count }, (_, i) => this.#row(this.#sent + i))
    const body = rows.map((row) => JSON.stringify(row)).join('\n')
    while (!(await confirmed(url, body))) {
      this.repeats++
      await systemClock.sleep(AGAIN_MS)
    }
    for (const { ts, stream, x, spike } of rows) {
      const id = `${stream} ${ts - (ts % 1000)}`
      const there = this.expected.get(id) ?? { count: 0, x: 0, spikes: 0 }
      this.expected.set(id, there)
      there.count++
      there.x += x
      there.spikes += spike
    }
    this.#sent += count
  }

  #row(n: number) {
    const { rowsPerSecond, streams, spikeEverySeconds } = this.#plan
    const number = n % streams
    const ts = Math.floor(this.#startAt + (n * 1000) / rowsPerSecond)
    // One stream after the other, each at its own part of the period.
    const round = Math.floor(n / streams)
    const every = (rowsPerSecond / streams) * spikeEverySeconds
    const spike = round % every === Math.floor((number / streams) * every) ? 1 : 0
    return { ts, site: 'ams1', stream: `s${number}`, x: n % 7, spike, collector: 'load@1', n }
  }
}
