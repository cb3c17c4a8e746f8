import { systemClock, type Clock } from '../../../src/std/clock.ts'
import type { SimulatedClock } from '../../../src/std/simulated-clock.ts'

/** The machine's time, since servers go by it; but a sleep ends early when a test says so. */
export class BothClocks implements Clock {
  readonly #simulated: SimulatedClock

  constructor(simulated: SimulatedClock) {
    this.#simulated = simulated
  }

  now(): number {
    return systemClock.now()
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const over = new AbortController()
    const end = (): void => over.abort()
    signal?.addEventListener('abort', end, { once: true })
    if (signal?.aborted === true) end()
    const sleeps = [systemClock, this.#simulated].map((clock) => clock.sleep(ms, over.signal))
    await Promise.race(sleeps)
    end()
    signal?.removeEventListener('abort', end)
  }
}
