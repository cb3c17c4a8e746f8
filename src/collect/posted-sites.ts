import type { Log } from '../log/log.ts'
import type { Clock } from '../std/clock.ts'
import { beatRecords } from './heartbeat.ts'

/** A site that posted nothing for this long is not spoken for any more. */
const SPOKEN_FOR_MS = 10_000
const SITES_MAX = 1000
const PERIOD_MS = 1000

export type PostedBeat = {
  readonly log: Log
  readonly clock: Clock
  readonly collector: string
  readonly partitions: number
}

/**
 * Heartbeats for sites whose rows are posted to us (W10). Their clocks are not ours: a beat says
 * the newest event time that such a site has posted, so its partitions without rows move on with
 * the others, and a site that falls silent is left to fall silent (V2).
 */
export class PostedSites {
  readonly #sites = new Map<string, { newestTs: number; postedAt: number }>()

  /** To be called when the rows are durable. */
  posted(site: string, newestTs: number, postedAt: number): void {
    const known = this.#sites.get(site)
    // Beyond the bound new sites have no heartbeat: their windows wait for their own rows (D5).
    if (known === undefined && this.#sites.size >= SITES_MAX) return
    this.#sites.set(site, { newestTs: Math.max(newestTs, known?.newestTs ?? newestTs), postedAt })
  }

  /** Beats until the signal aborts. @throws what the log throws. */
  async beat(options: PostedBeat, signal: AbortSignal): Promise<void> {
    const { log, clock, collector, partitions } = options
    while (!signal.aborted) {
      const now = clock.now()
      for (const [site, { newestTs, postedAt }] of this.#sites) {
        if (now - postedAt > SPOKEN_FOR_MS) {
          this.#sites.delete(site)
          continue
        }
        const beat = { ts: newestTs, site, collector, backlogBytes: 0 }
        await log.append('readings', beatRecords(beat, partitions))
      }
      await clock.sleep(PERIOD_MS, signal)
    }
  }
}
