/**
 * One append call that waits for its partitions: resolves when all have synced, rejects with the
 * first error. `expect` is called once a partition before any of them can answer.
 */
export class AppendTicket {
  readonly #settled = Promise.withResolvers<void>()
  #open = 1

  constructor() {
    // A call refused half-way has thrown already: what its first partitions say is nobody's then.
    this.#settled.promise.catch(() => undefined)
  }

  expect(): void {
    this.#open++
  }

  done(): void {
    if (--this.#open === 0) this.#settled.resolve()
  }

  fail(error: Error): void {
    this.#settled.reject(error)
  }

  /** No more partitions will be named; the outcome of those that were. */
  settle(): Promise<void> {
    this.done()
    return this.#settled.promise
  }
}
