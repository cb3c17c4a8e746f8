import type { Clock } from './clock.ts'

/**
 * Where work that can wait goes through one piece at a time, each in a pass of the event loop of
 * its own: what is urgent waits for one piece at most, however many readers have some.
 */
export class Lane {
  readonly #clock: Clock
  #last: Promise<void> = Promise.resolve()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves when it is the caller's turn, in the order of the calls; the piece must not await. */
  turn(): Promise<void> {
    this.#last = this.#last.then(() => this.#clock.sleep(0))
    return this.#last
  }
}
