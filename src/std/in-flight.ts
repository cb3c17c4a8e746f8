/**
 * Work that goes on while the next is begun: so much of it and no more (D5). The first failure is
 * kept for whoever adds or drains next; nothing that was begun is left unheard.
 */
export class InFlight {
  readonly #limit: number
  readonly #running: Promise<void>[] = []
  #failure: { readonly error: unknown } | undefined

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Takes work that has begun; resolves once there is room for more. */
  async add(work: Promise<void>): Promise<void> {
    this.#running.push(this.#heard(work))
    while (this.#running.length >= this.#limit) await this.#first()
    this.#check()
  }

  /** Resolves when all of it is done. */
  async drain(): Promise<void> {
    while (this.#running.length > 0) await this.#first()
    this.#check()
  }

  async #first(): Promise<void> {
    const [first] = this.#running.splice(0, 1)
    await first
  }

  async #heard(work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      this.#failure ??= { error }
      return
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}
