/** The only way to time: an argument, so that tests and the simulator bring their own. */
export interface Clock {
  /** Epoch milliseconds, an integer. */
  now(): number
  /**
   * Resolves after `ms`, or at once when the signal aborts; never rejects. With 0 it lets the event
   * loop run once.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      if (ms <= 0) return void setImmediate(resolve)
      const end = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      signal?.addEventListener('abort', end, { once: true })
    }),
}
