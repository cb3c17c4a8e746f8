/** Readers that wait for one thing to change; each waits at most once at a time. */
export class Waiters {
  #wakes = new Set<() => void>()

  /** Resolves at the next `wake`, or at once when the signal aborts. */
  wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    const end = () => {
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
