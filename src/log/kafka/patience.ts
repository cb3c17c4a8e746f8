import { NocturneError } from '../../model/nocturne-error.ts'
import type { Clock } from '../../std/clock.ts'
import type { KafkaLimits } from './kafka-limits.ts'

/** What a wait is measured by, and what ends it. */
export type Waiting = {
  readonly clock: Clock
  readonly limits: KafkaLimits
  readonly signal: AbortSignal
}

/** Waits longer with each failure, up to a bound, and from the start again after a success. */
export class Pauses {
  readonly #waiting: Waiting
  #nextMs: number

  constructor(waiting: Waiting) {
    this.#waiting = waiting
    this.#nextMs = waiting.limits.backoffMs
  }

  reset(): void {
    this.#nextMs = this.#waiting.limits.backoffMs
  }

  async pause(): Promise<void> {
    const { clock, limits, signal } = this.#waiting
    const ms = this.#nextMs
    this.#nextMs = Math.min(limits.backoffMsMax, ms * 2)
    await clock.sleep(ms, signal)
  }
}

/** Whether brokers may answer otherwise a moment later. */
export const isPassing = (error: unknown): boolean =>
  error instanceof NocturneError && error.code === 'LOG_UNAVAILABLE'

/** Tries again while brokers are away, for `limits.patienceMs` at most; then says why. */
export async function patiently<T>(waiting: Waiting, work: () => Promise<T>): Promise<T> {
  const { clock, limits, signal } = waiting
  const pauses = new Pauses(waiting)
  const until = clock.now() + limits.patienceMs
  const attempt = async (): Promise<{ readonly done: T } | undefined> => {
    try {
      return { done: await work() }
    } catch (error) {
      if (signal.aborted) throw new NocturneError('LOG_CLOSED', 'Kafka')
      if (isPassing(error) && clock.now() < until) return undefined
      throw error
    }
  }
  for (;;) {
    const outcome = await attempt()
    if (outcome !== undefined) return outcome.done
    await pauses.pause()
  }
}
