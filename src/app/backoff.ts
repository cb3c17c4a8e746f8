import type { Clock } from '../std/clock.ts'

/** What every first wait is. */
export const WAIT_MS_MIN = 100
/** Where a repeat is expected to help in time, and where it is not. */
const WAIT_MS_MAX = 10_000
const HOPELESS_WAIT_MS_MAX = 60_000
/** Whoever ran this long without failing begins anew. */
const HEALTHY_AFTER_MS = 60_000

/** How long to wait before the next try: doubling from 100 ms up to a bound. */
export class Backoff {
  readonly #clock: Clock
  #startedAt = 0
  #waitMs = WAIT_MS_MIN

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A try begins now. */
  begins(): void {
    this.#startedAt = this.#clock.now()
  }

  /** The try has failed; `mayPass` where time alone may cure it. */
  next(mayPass: boolean): number {
    if (this.#clock.now() - this.#startedAt > HEALTHY_AFTER_MS) this.#waitMs = WAIT_MS_MIN
    const waitMs = Math.min(this.#waitMs, mayPass ? WAIT_MS_MAX : HOPELESS_WAIT_MS_MAX)
    this.#waitMs = Math.min(HOPELESS_WAIT_MS_MAX, waitMs * 2)
    return waitMs
  }
}
