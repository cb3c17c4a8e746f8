/** Those who wait for one thing to change. */
export class Waiters {
  readonly #wakes = new Set<() => void>()

  /** Resolves at the next `wake`, or when the signal aborts. */
  wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    const end = (): void => {
      this.#wakes.delete(end)
      signal.removeEventListener('abort', end)
      resolve()
    }
    this.#wakes.add(end)
    signal.addEventListener('abort', end, { once: true })
    return promise
  }

  wake(): void {
    for (const wake of [...this.#wakes]) wake()
  }
}
