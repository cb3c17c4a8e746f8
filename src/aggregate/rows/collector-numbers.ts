import type { Interner } from '../../std/interner.ts'
import { Numbering } from './numbering.ts'

/** Collectors remembered at once; beyond, those unheard for longest are forgotten (D5). */
const COLLECTORS_MAX = 10_000
const COLLECTORS_KEPT = 5_000

const UNKNOWN = -1

type LastNumber = readonly [collector: string, last: number]

/** The last row number that was folded of each collector, so that a repeat is known as one (D7). */
export class CollectorNumbers {
  #names = new Numbering()
  #last: number[] = []
  /** Serial of the batch that last brought something of each collector. */
  #heardIn: number[] = []
  /** Both as they were before that batch; a number of −1 was not known then. */
  #lastBefore: number[] = []
  #heardBefore: number[] = []
  #serial = 0
  /** The string asked for last, and whose it is: rows of one collector come one after another. */
  #id = UNKNOWN
  #who = UNKNOWN

  /** A new batch begins; ids that a renewed string table gave are told by `forgetIds`. */
  begin(serial: number): void {
    if (this.#last.length > COLLECTORS_MAX) this.#forgetOldest()
    this.#serial = serial
  }

  /** Whether this row was folded before; if not, its number is the last one now. */
  isRepeat(id: number, row: number, strings: Interner): boolean {
    const who = this.#whoIs(id, strings)
    if (this.#heardIn[who] !== this.#serial) {
      this.#lastBefore[who] = this.#last[who] ?? UNKNOWN
      this.#heardBefore[who] = this.#heardIn[who] ?? 0
      this.#heardIn[who] = this.#serial
    }
    if (row <= (this.#last[who] ?? UNKNOWN)) return true
    this.#last[who] = row
    return false
  }

  restore(collector: string, last: number): void {
    const who = this.#names.ofName(collector)
    this.#last[who] = last
    this.#heardIn[who] = this.#serial
  }

  /** Collector and last number, those heard last first: a note has room for so many. */
  newestFirst(): readonly LastNumber[] {
    return this.#sorted(
      (who) => this.#last[who]!,
      (who) => this.#heardIn[who]!,
    )
  }

  /** What `newestFirst` would have said before the batch that is under way. */
  newestFirstBefore(): readonly LastNumber[] {
    const isHeard = (who: number) => this.#heardIn[who] === this.#serial
    return this.#sorted(
      (who) => (isHeard(who) ? this.#lastBefore[who]! : this.#last[who]!),
      (who) => (isHeard(who) ? this.#heardBefore[who]! : this.#heardIn[who]!),
    )
  }

  #sorted(last: (who: number) => number, heardIn: (who: number) => number): readonly LastNumber[] {
    const known = this.#last.keys().filter((who) => last(who) !== UNKNOWN)
    return [...known]
      .sort((a, b) => heardIn(b) - heardIn(a))
      .map((who) => [this.#names.names[who]!, last(who)])
  }

  forgetIds(): void {
    this.#id = UNKNOWN
    this.#names.forgetIds()
  }

  #whoIs(id: number, strings: Interner): number {
    if (id !== this.#id) {
      this.#id = id
      this.#who = this.#names.ofId(id, strings)
    }
    return this.#who
  }

  #forgetOldest(): void {
    const kept = this.newestFirst().slice(0, COLLECTORS_KEPT)
    this.#names = new Numbering()
    this.#id = UNKNOWN
    this.#last = []
    this.#heardIn = []
    this.#lastBefore = []
    this.#heardBefore = []
    for (const [collector, last] of kept) this.restore(collector, last)
  }
}
