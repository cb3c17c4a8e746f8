import { Bell } from '../std/bell.ts'
import type { Clock } from '../std/clock.ts'

/** A burst may take as much as this long at full speed. */
const BURST_MS = 1000
/** A pane's turn looks again this often, though a bell wakes it. */
const LOOK_EVERY_MS = 1000

/**
 * Who of a site's readers may send now: steps at once, panes while no step waits and while they
 * keep below the bandwidth. Steps count against it too, so that panes make room for them.
 */
export class ForwardPace {
  readonly #clock: Clock
  readonly #bytesPerSecond: number
  /** Partitions of `transitions` that have steps which are not in the cloud. */
  readonly #behind = new Set<number>()
  readonly #caughtUp = new Map<object, Bell>()
  #tokens: number
  #at: number

  /** `bytesPerSecondMax`: absent where nothing bounds it. */
  constructor(clock: Clock, bytesPerSecondMax: number | undefined) {
    this.#clock = clock
    this.#bytesPerSecond = bytesPerSecondMax ?? Infinity
    this.#tokens = this.#burst
    this.#at = clock.now()
  }

  /** Whether steps of a partition wait; a reader that stops says no: nobody sends them then. */
  stepsWait(partition: number, isWaiting: boolean): void {
    if (isWaiting) this.#behind.add(partition)
    else this.#behind.delete(partition)
    if (this.#behind.size === 0) for (const bell of this.#caughtUp.values()) bell.ring()
  }

  /** Steps leave at once, and panes pay for them. */
  chargeSteps(bytes: number): void {
    this.#refill()
    this.#tokens -= bytes
  }

  /** Resolves when so many bytes of panes may leave, or when the signal aborts. */
  async paneTurn(bytes: number, signal: AbortSignal): Promise<void> {
    await this.#stepsFirst(signal)
    // A turn larger than a burst leaves when the purse is full, and is paid for afterwards.
    const price = Math.min(bytes, this.#burst)
    for (this.#refill(); this.#tokens < price && !signal.aborted; this.#refill()) {
      const lackMs = Math.ceil(((price - this.#tokens) / this.#bytesPerSecond) * 1000)
      await this.#clock.sleep(Math.max(1, lackMs), signal)
    }
    this.#tokens -= bytes
    await this.#stepsFirst(signal)
  }

  async #stepsFirst(signal: AbortSignal): Promise<void> {
    if (this.#behind.size === 0) return
    const waiter = {}
    const bell = new Bell()
    this.#caughtUp.set(waiter, bell)
    while (this.#behind.size > 0 && !signal.aborted) {
      const pause = new AbortController()
      const ending = AbortSignal.any([pause.signal, signal])
      await Promise.race([bell.wait(ending), this.#clock.sleep(LOOK_EVERY_MS, ending)])
      pause.abort()
    }
    this.#caughtUp.delete(waiter)
  }

  get #burst(): number {
    return (this.#bytesPerSecond * BURST_MS) / 1000
  }

  #refill(): void {
    const now = this.#clock.now()
    if (this.#bytesPerSecond === Infinity) this.#tokens = Infinity
    else {
      const earned = (Math.max(0, now - this.#at) / 1000) * this.#bytesPerSecond
      this.#tokens = Math.min(this.#burst, this.#tokens + earned)
    }
    this.#at = now
  }
}
