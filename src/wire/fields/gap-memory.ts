import { FieldGap, tailOf, type GapMeaning, type Span } from './field-gap.ts'

/** Longer gaps are read by the grammar each time. */
const BYTES_MAX = 64
/** Different gaps that are remembered; with one more all are forgotten, which costs time alone. */
const GAPS_MAX = 512
/** Gaps of one tail that are looked through; behind them one may be remembered twice. */
const ALIKE_MAX = 8

/**
 * The gaps that rows of one kind have shown, each with those that came next: rows of one writer
 * repeat their keys in order, so that the next gap is nearly always known before it is read.
 */
export class GapMemory {
  /** Where such rows begin: no gap itself, but others follow it. */
  readonly start: FieldGap = new FieldGap(new DataView(new ArrayBuffer(4)), NOWHERE, NOTHING)
  readonly #byTail = new Map<number, FieldGap>()
  #count = 0

  /** The gap that the grammar read at `span`, from now on the likely one behind `before`. */
  remember(
    view: DataView,
    span: Span,
    meaning: GapMeaning & { readonly before: FieldGap },
  ): FieldGap {
    const { before } = meaning
    if (span.to - span.from > BYTES_MAX) return new FieldGap(view, span, meaning)
    const gap = this.#known(view, span) ?? this.#keep(new FieldGap(view, span, meaning))
    if (before.likely !== gap) before.other = before.likely
    before.likely = gap
    return gap
  }

  #known(view: DataView, span: Span): FieldGap | undefined {
    let gap = this.#byTail.get(tailOf(view, span))
    for (let i = 0; i < ALIKE_MAX && gap !== undefined; i++, gap = gap.alike) {
      if (gap.length === span.to - span.from && gap.stands(view, span.from)) return gap
    }
    return undefined
  }

  #keep(gap: FieldGap): FieldGap {
    if (this.#count === GAPS_MAX) {
      this.#byTail.clear()
      this.start.likely = undefined
      this.start.other = undefined
      this.#count = 0
    }
    gap.alike = this.#byTail.get(gap.tail)
    this.#byTail.set(gap.tail, gap)
    this.#count++
    return gap
  }
}

const NOWHERE: Span = { from: 0, to: 4 }
const NOTHING: GapMeaning = { action: 0, field: -1 }
