/** Wakes one waiter; a ring while nobody waits is kept for the next one, so none is missed. */
export class Bell {
  #rung = false
  #wake: (() => void) | undefined

  ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  /** Resolves at the next ring, at once after a kept one, or when the signal aborts. */
  wait(signal?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const end = () => {
      this.#rung = false
      this.#wake = undefined
      signal?.removeEventListener('abort', end)
      resolve()
    }
    if (this.#rung || signal?.aborted === true) end()
    else {
      this.#wake = end
      signal?.addEventListener('abort', end, { once: true })
    }
    return promise
  }
}
