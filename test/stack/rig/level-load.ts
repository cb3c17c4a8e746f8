import { systemClock } from '../../../src/std/clock.ts'
import { confirmed } from './confirmed-post.ts'

const EVERY_MS = 100
const AGAIN_MS = 100

/** Rows as time passes; a stream has so much a second until it is told otherwise. */
export class LevelLoad {
  readonly streams: readonly string[]
  readonly #levels: Map<string, number>
  #now: number
  #n = 0

  constructor(streams: readonly string[], level: number, startAt: number) {
    this.streams = streams
    this.#levels = new Map(streams.map((stream) => [stream, level]))
    this.#now = startAt
  }

  /** Event time of the next rows. */
  get now(): number {
    return this.#now
  }

  /** From the next rows on. */
  set(stream: string, level: number): void {
    this.#levels.set(stream, level)
  }

  /** Posts until the signal aborts; what is behind schedule is posted as fast as it is taken. */
  async run(url: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await systemClock.sleep(this.#now - Date.now(), signal)
      if (signal.aborted) return
      const rows = Array.from(this.#levels, ([stream, level]) => ({
        ...{ ts: this.#now, site: 'ams1', stream, x: (level * EVERY_MS) / 1_000 },
        ...{ collector: 'load@1', n: this.#n++ },
      }))
      const body = rows.map((row) => JSON.stringify(row)).join('\n')
      while (!(await confirmed(url, body))) await systemClock.sleep(AGAIN_MS)
      this.#now += EVERY_MS
    }
  }
}
