import type { LogBatch, LogRecord } from '../log/log.ts'
import { encodeRejected } from '../wire/rejected-codec.ts'
import { skip, type ForwardDeps } from './forward-progress.ts'

/** Refused records told in `rejected` per second; all are counted (formats.md 2). */
const PER_SECOND_MAX = 100
const SAMPLE_BYTES_MAX = 256

/** Counts every record that is not admitted, and tells the first ones of each second (R21). */
export class Refusals {
  readonly #deps: ForwardDeps
  #rows: LogRecord[] = []
  #second = 0
  #left = 0

  constructor(deps: ForwardDeps) {
    this.#deps = deps
  }

  add(batch: LogBatch, row: number, reason: string): void {
    const { clock, progress } = this.#deps
    skip(progress, reason)
    const at = clock.now()
    if (Math.floor(at / 1000) !== this.#second) {
      this.#second = Math.floor(at / 1000)
      this.#left = PER_SECOND_MAX
    }
    if (this.#left-- <= 0) return
    const { bytes, starts, lengths } = batch.values
    const [start, length] = [starts[row]!, Math.max(0, lengths[row]!)]
    const rejected = {
      v: 1 as const,
      at,
      source: `log:${batch.topic}-${batch.partition}`,
      position: `offset ${batch.offsets[row]!}`,
      reason,
      bytes: length,
      sample: bytes.slice(start, start + Math.min(length, SAMPLE_BYTES_MAX)).toBase64(),
    }
    this.#rows.push({ value: encodeRejected(rejected) })
  }

  /** Before the position moves past what was refused. */
  async append(): Promise<void> {
    const rows = this.#rows
    this.#rows = []
    if (rows.length > 0) await this.#deps.log.append('rejected', rows)
  }
}
