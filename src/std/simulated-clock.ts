import type { Clock } from './clock.ts'

type Sleeper = { readonly dueAt: number; readonly wake: () => void }

/** A clock that a test moves by hand; it stands still otherwise. */
export class SimulatedClock implements Clock {
  #now: number
  #sleepers: Sleeper[] = []

  constructor(startAt = 1_795_383_150_000) {
    this.#now = startAt
  }

  now(): number {
    return this.#now
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted || ms <= 0) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    const sleeper = { dueAt: this.#now + ms, wake: () => end() }
    const end = () => {
      this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    signal?.addEventListener('abort', end, { once: true })
    this.#sleepers.push(sleeper)
    return promise
  }

  /** Steps back too, as a machine's clock may; nobody is woken by that. */
  set(atMs: number): void {
    this.#now = atMs
  }

  /**
   * Moves on and wakes whoever is due, the earliest first. Those run after the caller yields, so
   * a loop of short sleeps needs several steps.
   */
  advance(ms: number): void {
    const target = this.#now + ms
    const due = this.#sleepers.filter((sleeper) => sleeper.dueAt <= target)
    due.sort((a, b) => a.dueAt - b.dueAt)
    for (const sleeper of due) {
      this.#now = Math.max(this.#now, sleeper.dueAt)
      sleeper.wake()
    }
    this.#now = target
  }
}
