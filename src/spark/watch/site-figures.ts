import type { ErrorCode } from '../../model/error-catalogue.ts'
import type { Observed } from '../site-program.ts'
import type { BatchProgress } from './batch-progress.ts'
import type { LifeState } from './life.ts'

/** How many batches the usual length of one is taken from. */
const LENGTHS_MAX = 61

/** Why panes of a site do not come, or may not for long. */
export type SparkTrouble = {
  readonly code: ErrorCode
  readonly detail: string
  readonly since: number
}

/** How one site's query does, for metrics, the wall and whoever asks; its watcher alone writes. */
export class SiteFigures {
  readonly site: string
  state: LifeState = 'offline'
  /** Wall time at which it came into this state; 0 before the first. */
  stateAt = 0
  trouble: SparkTrouble | undefined
  folder = ''
  session = ''
  query = ''
  run = ''
  /** The newest committed batch; what came before is in the totals. */
  last: BatchProgress | undefined
  /** Wall time at which the query was heard last; 0 before. */
  heardAt = 0
  /** By partition: how far the log has it, and which rows were read. */
  watermarks: ReadonlyMap<number, number> = new Map()
  ends: ReadonlyMap<number, number> = new Map()
  rows = 0
  beats = 0
  otherRates = 0
  dropped = 0
  batches = 0
  readonly refused = new Map<string, number>()
  /** How often the query had to be begun again, by code. */
  readonly restarts = new Map<string, number>()
  readonly #lengthsMs: number[] = []

  constructor(site: string) {
    this.site = site
  }

  batch(progress: BatchProgress, observed: Observed, now: number): void {
    this.last = progress
    this.heardAt = now
    this.batches++
    this.rows += observed.rows
    this.beats += observed.beats
    this.otherRates += observed.otherRates
    this.dropped += progress.droppedRows
    this.ends = progress.endOffsets
    for (const [reason, count] of observed.refused) {
      this.refused.set(reason, (this.refused.get(reason) ?? 0) + count)
    }
    this.#lengthsMs.push(progress.batchMs)
    if (this.#lengthsMs.length > LENGTHS_MAX) this.#lengthsMs.shift()
  }

  comes(to: LifeState, now: number): void {
    if (to === this.state && this.stateAt > 0) return
    this.state = to
    this.stateAt = now
  }

  restarted(code: string): void {
    this.restarts.set(code, (this.restarts.get(code) ?? 0) + 1)
  }

  /** What half of the newest batches did not exceed; 0 before the first. */
  get medianMs(): number {
    const sorted = this.#lengthsMs.toSorted((a, b) => a - b)
    return sorted[sorted.length >> 1] ?? 0
  }

  /** How far its partitions lie apart in event time, ms (Z14). */
  get spreadMs(): number {
    const marks = [...this.watermarks.values()]
    return marks.length < 2 ? 0 : Math.max(...marks) - Math.min(...marks)
  }
}
