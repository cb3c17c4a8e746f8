import type { Clock } from '../../../src/std/clock.ts'
import type { Prng } from '../../../src/std/prng.ts'
import type { Life, Scheduler } from './scheduler.ts'

/** When every simulated world begins, epoch ms. */
export const WORLD_BEGAN_AT = 1_795_383_150_000

/** What the machine's clock shows beside the world's own time: stepped by faults. */
export class ClockOffset {
  ms = 0
  /** The most that it was ever off. */
  offMsMax = 0

  step(ms: number): void {
    this.ms += ms
    this.offMsMax = Math.max(this.offMsMax, Math.abs(this.ms))
  }
}

const LATE_US_MAX = 1_500

/**
 * The clock of one process: its time is the world's and what the machine's clock is off, its sleeps
 * end a little late, as a busy event loop's do, and never once the process is gone.
 */
export class ProcessClock implements Clock {
  /** How many sleeps have not ended: what a process that has stopped in order leaves none of. */
  sleeperCount = 0
  readonly #scheduler: Scheduler
  readonly #life: Life
  readonly #random: Prng
  readonly #offset: ClockOffset

  constructor(
    scheduler: Scheduler,
    life: Life,
    given: { readonly random: Prng; readonly offset: ClockOffset },
  ) {
    this.#scheduler = scheduler
    this.#life = life
    this.#random = given.random
    this.#offset = given.offset
  }

  now(): number {
    return WORLD_BEGAN_AT + Math.floor(this.#scheduler.nowUs / 1000) + this.#offset.ms
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted || ms <= 0) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.sleeperCount++
    const end = (): void => {
      this.sleeperCount--
      cancel()
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const us = ms * 1000 + this.#random.below(LATE_US_MAX)
    const cancel = this.#scheduler.after(us, this.#life, end)
    signal?.addEventListener('abort', end, { once: true })
    return promise
  }
}
