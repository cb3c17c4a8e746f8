import { NocturneError } from '../../model/nocturne-error.ts'

/**
 * One append call that waits for its partitions: settles when all have answered, so that a failure
 * says that whatever could be written is. `expect` is called once a partition before it answers.
 */
export class AppendTicket {
  readonly #settled = Promise.withResolvers<void>()
  #open = 1
  #failure: Error | undefined

  constructor() {
    // A call refused half-way has thrown already: what its first partitions say is nobody's then.
    this.#settled.promise.catch(() => undefined)
  }

  expect(): void {
    this.#open++
  }

  done(): void {
    if (--this.#open > 0) return
    if (this.#failure === undefined) this.#settled.resolve()
    else this.#settled.reject(this.#failure)
  }

  fail(error: Error): void {
    this.#note(error)
    this.done()
  }

  /** Calls `append`; a partition that refuses holds up none of the others. */
  try(append: () => void): void {
    try {
      append()
    } catch (error) {
      if (!(error instanceof NocturneError)) throw error
      return this.#note(error)
    }
  }

  /** No more partitions will be named; the outcome of those that were. */
  settle(): Promise<void> {
    this.done()
    return this.#settled.promise
  }

  /** The first failure is told, but any other before that of a poisoned partition. */
  #note(error: Error): void {
    if (this.#failure === undefined || isPoison(this.#failure)) this.#failure = error
  }
}

const isPoison = (error: Error): boolean =>
  error instanceof NocturneError && error.code === 'LOG_POISONED'
