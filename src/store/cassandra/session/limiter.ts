/** So many things at once and no more; reads go before writes that wait, since people wait too. */
export class Limiter {
  #free: number
  readonly #reads: (() => void)[] = []
  readonly #writes: (() => void)[] = []

  constructor(limit: number) {
    this.#free = limit
  }

  /** Resolves when there is room, which is then the caller's until `leave`. */
  async enter(kind: 'read' | 'write'): Promise<void> {
    if (this.#free > 0) {
      this.#free--
      return
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiting = kind === 'read' ? this.#reads : this.#writes
    waiting.push(resolve)
    return promise
  }

  /** Gives the room to the next one that waits. */
  leave(): void {
    const next = this.#reads.shift() ?? this.#writes.shift()
    if (next === undefined) this.#free++
    else next()
  }
}
