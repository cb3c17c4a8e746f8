import { systemClock } from '../../../src/std/clock.ts'
import { confirmed } from './confirmed-post.ts'

/** What a window of one second of one stream of one site has to say. */
export type ViewersSaw = { count: number; x: number; spikes: number }

const EVERY_MS = 100
const ROWS_OF_STREAM = 2
const AGAIN_MS = 100

/**
 * Viewers of one site: rows of this moment, posted every 100 ms until they are confirmed. What
 * every window must hold is known, and a test says which streams are in trouble now.
 */
export class SiteViewers {
  /** By stream and start, `s3 1795383150000`. */
  readonly saw = new Map<string, ViewersSaw>()
  /** Their rows say so for as long as they are in here. */
  readonly troubled = new Set<string>()
  readonly #site: string
  readonly #streams: readonly string[]
  #sent = 0

  constructor(site: string, streams: readonly string[]) {
    this.#site = site
    this.#streams = streams
  }

  get rows(): number {
    return this.#sent
  }

  async run(url: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const rows = this.#rowsOf(systemClock.now())
      const body = rows.map((row) => JSON.stringify(row)).join('\n')
      while (!(await confirmed(url, body))) await systemClock.sleep(AGAIN_MS)
      for (const row of rows) this.#note(row)
      await systemClock.sleep(EVERY_MS, signal)
    }
  }

  #rowsOf(ts: number) {
    return this.#streams.flatMap((stream) =>
      Array.from({ length: ROWS_OF_STREAM }, () => {
        const n = this.#sent++
        const spike = this.troubled.has(stream) ? 1 : 0
        return { ts, site: this.#site, stream, x: n % 7, spike, collector: this.#site, n }
      }),
    )
  }

  #note(row: { ts: number; stream: string; x: number; spike: number }): void {
    const id = `${row.stream} ${row.ts - (row.ts % 1000)}`
    const there = this.saw.get(id) ?? { count: 0, x: 0, spikes: 0 }
    this.saw.set(id, there)
    there.count++
    there.x += row.x
    there.spikes += row.spike
  }
}
