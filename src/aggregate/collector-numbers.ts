import type { Interner } from '../std/interner.ts'
import { Numbering } from './numbering.ts'

/** Collectors remembered at once; beyond, those unheard for longest are forgotten (D5). */
const COLLECTORS_MAX = 10_000
const COLLECTORS_KEPT = 5_000

/** The last row number that was folded of each collector, so that a repeat is known as one (D7). */
export class CollectorNumbers {
  #names = new Numbering()
  #last: number[] = []
  /** Serial of the batch that last brought something of each collector. */
  #heardIn: number[] = []
  #serial = 0

  /** A new batch begins; ids that a renewed string table gave are told by `forgetIds`. */
  begin(serial: number): void {
    this.#serial = serial
    if (this.#last.length > COLLECTORS_MAX) this.#forgetOldest()
  }

  /** Whether this row was folded before; if not, its number is the last one now. */
  isRepeat(id: number, row: number, strings: Interner): boolean {
    const who = this.#names.ofId(id, strings)
    this.#heardIn[who] = this.#serial
    if (row <= (this.#last[who] ?? -1)) return true
    this.#last[who] = row
    return false
  }

  restore(collector: string, last: number): void {
    const who = this.#names.ofName(collector)
    this.#last[who] = last
    this.#heardIn[who] = this.#serial
  }

  /** Collector and last number, those heard last first: a note has room for so many. */
  newestFirst(): readonly (readonly [collector: string, last: number])[] {
    const numbers = this.#last.map((_, who) => who)
    numbers.sort((a, b) => this.#heardIn[b]! - this.#heardIn[a]!)
    return numbers.map((who) => [this.#names.names[who]!, this.#last[who]!])
  }

  forgetIds(): void {
    this.#names.forgetIds()
  }

  #forgetOldest(): void {
    const kept = this.newestFirst().slice(0, COLLECTORS_KEPT)
    this.#names = new Numbering()
    this.#last = []
    this.#heardIn = []
    for (const [collector, last] of kept) this.restore(collector, last)
  }
}
