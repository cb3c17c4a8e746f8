import type { Claim, Log, LogBatch } from '../log/log.ts'
import type { Told } from '../model/step.ts'
import { Bell } from '../std/bell.ts'
import { decodeTransition } from '../wire/step-codec.ts'
import type { CountReason } from './count-reason.ts'
import type { Arrival } from './plan-state.ts'
import { recordValue } from './record-value.ts'

const READ_BYTES_MAX = 262_144

/** Steps of one run of one partition of `transitions`. */
export type InboxBatch = {
  readonly partition: number
  readonly next: number
  readonly arrivals: readonly Arrival[]
  /** What sites told of their steps, where this is a cloud (A77). */
  readonly tolds: readonly Told[]
}

type Waiting = { readonly batch: InboxBatch; readonly taken: () => void }

export type InboxOptions = {
  readonly log: Log
  /** Where to begin, by partition; absent: at the first record. */
  readonly from: readonly number[]
  readonly signal: AbortSignal
  readonly count: CountReason
}

/**
 * All partitions of `transitions` as one source, at most one batch of each in hand: a partition is
 * read on when its batch was taken. Of told records only those of sites are handed on. `failure` is
 * set once reading has failed.
 */
export class TransitionsInbox {
  /** Rung when something arrives, or reading has failed. */
  readonly changed = new Bell()
  failure: { readonly error: unknown } | undefined
  readonly #options: InboxOptions
  readonly #waiting: Waiting[] = []

  constructor(options: InboxOptions) {
    this.#options = options
  }

  /** Reads until the signal aborts; resolves always, then with `failure` where one was met. */
  async run(): Promise<void> {
    const { log, signal } = this.#options
    const spec = {
      topics: ['transitions'],
      start: 'earliest',
      sessionMs: 10_000,
      rebalanceMs: 25_000,
    } as const
    const reading: Promise<void>[] = []
    const claiming = async () => {
      for await (const claim of log.claims(spec, signal))
        reading.push(this.#kept(this.#read(claim)))
    }
    await this.#kept(claiming())
    for (const each of reading) await each
  }

  take(): InboxBatch | undefined {
    const [waiting] = this.#waiting.splice(0, 1)
    waiting?.taken()
    return waiting?.batch
  }

  async #read(claim: Claim): Promise<void> {
    const { log, from, signal } = this.#options
    const bounds = (await log.ends('transitions'))[claim.partition]
    const offset = Math.max(from[claim.partition] ?? 0, bounds?.start ?? 0)
    const position = { offset, note: '' }
    for await (const batch of log.read(claim, { position, bytesMax: READ_BYTES_MAX })) {
      await this.#hand(this.#decode(batch))
      if (signal.aborted) return
    }
  }

  /** Keeps the first failure for whoever takes; the others follow from it. */
  async #kept(work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      this.failure ??= { error }
      this.changed.ring()
      return
    }
  }

  async #hand(batch: InboxBatch): Promise<void> {
    const { signal } = this.#options
    const { promise, resolve } = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => resolve(), { once: true })
    this.#waiting.push({ batch, taken: resolve })
    this.changed.ring()
    if (!signal.aborted) await promise
  }

  #decode(batch: LogBatch): InboxBatch {
    const { partition, next } = batch
    const arrivals: Arrival[] = []
    const tolds: Told[] = []
    for (let row = 0; row < batch.count; row++) {
      const decoded = decodeTransition(recordValue(batch, row))
      const offset = batch.offsets[row] ?? batch.base
      const time = batch.times[row] ?? 0
      if (!decoded.ok) this.#options.count('read', decoded.reason, 1)
      else if (decoded.record.kind !== 'notice') {
        arrivals.push({ step: decoded.record, partition, offset, time, routes: [] })
      } else if (decoded.record.site !== undefined && decoded.record.outcome === 'sent') {
        tolds.push(decoded.record)
      }
    }
    return { partition, next, arrivals, tolds }
  }
}
