import type { Offset } from '../log/log.ts'
import { SPANS_MAX, type Span } from './record-note.ts'

/**
 * What of one partition is in the store: everything before `offset`, and beyond it some spans that
 * were recorded before what lies between, because they were fresh.
 */
export class Recorded {
  #offset: Offset
  /** In order, apart from each other, all beyond the offset. */
  #done: Span[]

  constructor(offset: Offset, done: readonly Span[]) {
    this.#offset = offset
    this.#done = []
    for (const span of done) this.add(span)
  }

  get offset(): Offset {
    return this.#offset
  }

  get done(): readonly Span[] {
    return this.#done
  }

  /** Behind everything that was recorded. */
  get end(): Offset {
    return this.#done.at(-1)?.to ?? this.#offset
  }

  /** These are in the store now. */
  add({ from, to }: Span): void {
    if (to <= this.#offset) return
    if (from > this.#offset) return this.#keep({ from, to })
    this.#offset = to
    const reached = this.#done.filter((span) => span.from <= this.#offset)
    this.#done = this.#done.slice(reached.length)
    const next = reached.at(-1)
    if (next !== undefined && next.to > this.#offset) this.add({ from: this.#offset, to: next.to })
  }

  #keep(span: Span): void {
    let { from, to } = span
    const apart = this.#done.filter((each) => {
      const isApart = each.to < from || each.from > to
      if (!isApart) [from, to] = [Math.min(from, each.from), Math.max(to, each.to)]
      return isApart
    })
    this.#done = [...apart, { from, to }].sort((a, b) => a.from - b.from)
    // Forgetting a span is safe: what was in it is recorded once more, and changes nothing (V4).
    if (this.#done.length > SPANS_MAX) this.#done.splice(this.#done.length - 2, 1)
  }
}
