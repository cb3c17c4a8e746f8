import type { FactRecord } from '../../model/pane.ts'

/** What is known of one term of one group; a checkpoint holds it as it is. */
export type KnownFact = {
  /** The last number that was said and is held to; null before the first. */
  readonly number: number | null
  /** Whether that is what was said last. */
  readonly isKnown: boolean
  /** End of the newest window that had closed when it was said, and of the last it is good for. */
  readonly at: number
  readonly until: number
}

/** By the text of the term. */
export type PastDump = readonly (readonly [term: string, fact: KnownFact])[]

/**
 * What the past of one group was, as the log said it (H2). Only records of `panes` change it, so
 * the order of the log alone decides which number a window is judged by (A6).
 */
export class GroupPast {
  readonly #facts = new Map<string, KnownFact>()

  /**
   * Takes what was said of a term. `isFrozen`: an alert that asks it is on, so that the last
   * number stays and a fault does not become the norm (H6); that nothing is known counts at once.
   */
  note(term: string, said: FactRecord, isFrozen: boolean): void {
    const number = said.facts[term]
    const before = this.#facts.get(term)
    if (number === undefined || (before !== undefined && said.at < before.at)) return
    const held = before?.number ?? null
    const isHeld = number === null || (isFrozen && held !== null)
    const { at, until } = said
    this.#facts.set(term, { number: isHeld ? held : number, isKnown: number !== null, at, until })
  }

  /** The number that a window which ends here is judged by; NaN where it is not known (H5). */
  at(term: string, end: number): number {
    const fact = this.#facts.get(term)
    const isGood = fact?.isKnown === true && end <= fact.until
    return isGood ? (fact.number ?? NaN) : NaN
  }

  /** Forgets the terms that no rule asks any more. */
  keep(terms: ReadonlySet<string>): void {
    for (const term of this.#facts.keys()) if (!terms.has(term)) this.#facts.delete(term)
  }

  dump(): PastDump {
    return [...this.#facts]
  }

  load(dump: PastDump): void {
    for (const [term, fact] of dump) this.#facts.set(term, fact)
  }
}
