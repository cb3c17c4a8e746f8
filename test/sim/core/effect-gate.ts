/**
 * Where the process dies: before an effect, in the middle of it, or after it and before its answer.
 */
export type DeathPoint = 'before' | 'torn' | 'after'

/** A death to come. */
export type Death = {
  /** Effects from now on that the process lives through. */
  readonly effects: number
  readonly when: DeathPoint
  readonly end: 'kill' | 'power'
  readonly downMs: number
}

/**
 * Numbers what a process does to the outside (R29: writes, syncs, names, commits) and ends it at
 * one of these, if it was told to.
 */
export class EffectGate {
  /** Effects so far. */
  count = 0
  readonly #end: (kind: Death['end'], downMs: number) => void
  #death: { readonly death: Death; readonly at: number } | undefined

  constructor(end: (kind: Death['end'], downMs: number) => void) {
    this.#end = end
  }

  set(death: Death): void {
    this.#death = { death, at: this.count + death.effects }
  }

  /** Asked before each effect; undefined: it lives on. */
  reach(): DeathPoint | undefined {
    const at = this.count++
    return this.#death?.at === at ? this.#death.death.when : undefined
  }

  /** To be called where the process dies. */
  die(): void {
    if (this.#death !== undefined) this.#end(this.#death.death.end, this.#death.death.downMs)
  }
}
