import type { LogBatch, LogRecord } from '../log/log.ts'
import { encodeRejected } from '../wire/rejected-codec.ts'
import type { RecordDeps } from './record-deps.ts'

/** Unreadable records told in `rejected` per second; all are counted (formats.md 2). */
const REJECTED_PER_SECOND_MAX = 100
const SAMPLE_BYTES_MAX = 256

type Refusal = { readonly row: number; readonly value: Uint8Array; readonly reason: string }

/** Counts every refusal, and tells the first ones of each second in `rejected` (W8). */
export class Refusals {
  readonly #deps: RecordDeps
  #rows: LogRecord[] = []
  #appended: Promise<void> = Promise.resolve()
  #second = 0
  #left = 0

  constructor(deps: RecordDeps) {
    this.#deps = deps
  }

  add(batch: LogBatch, { row, value, reason }: Refusal): void {
    this.#tell(batch, { position: `offset ${batch.offsets[row]!}`, value, reason })
  }

  /**
   * Resolves when all that was told so far is durable, whoever told it: two ways share this, and
   * neither may commit before its own refusals are there. Of the batch the rows below `to` count.
   */
  async append(batch: LogBatch, to: number): Promise<void> {
    for (const { from, next, reason, sample } of batch.rejected) {
      if (from >= to) continue
      this.#tell(batch, { position: `offset ${from} to ${next - 1}`, value: sample, reason })
    }
    const rows = this.#rows
    this.#rows = []
    const append = async (): Promise<void> => {
      if (rows.length > 0) await this.#deps.log.append('rejected', rows)
    }
    this.#appended = this.#appended.then(append)
    await this.#appended
  }

  #tell(
    { topic, partition }: LogBatch,
    facts: { readonly position: string; readonly value: Uint8Array; readonly reason: string },
  ): void {
    const { clock, progress } = this.#deps
    const { position, value, reason } = facts
    progress.rejected.set(reason, (progress.rejected.get(reason) ?? 0) + 1)
    const at = clock.now()
    if (Math.floor(at / 1_000) !== this.#second) {
      this.#second = Math.floor(at / 1_000)
      this.#left = REJECTED_PER_SECOND_MAX
    }
    if (this.#left-- <= 0) return
    const rejected = {
      v: 1 as const,
      at,
      source: `log:${topic}-${partition}`,
      position,
      reason,
      bytes: value.length,
      sample: value.slice(0, SAMPLE_BYTES_MAX).toBase64(),
    }
    this.#rows.push({ value: encodeRejected(rejected) })
  }
}
