/** A value that may be replaced while others work by it, and who wants to know is told. */
export class Replaceable<T> {
  #current: T
  #replacing = new AbortController()

  constructor(value: T) {
    this.#current = value
  }

  get current(): T {
    return this.#current
  }

  /** Aborts when what is now current no longer is. */
  get replaced(): AbortSignal {
    return this.#replacing.signal
  }

  replace(value: T): void {
    const before = this.#replacing
    this.#current = value
    this.#replacing = new AbortController()
    before.abort()
  }
}
