/** What to do with the value behind a gap. */
export const gapAction = {
  /** On a `v` row: nothing behind is wanted. */
  stop: 0,
  skip: 1,
  /** A text that nobody wants; the gap took its opening quote. */
  skipText: 2,
  readNumber: 3,
  /** A wanted text; the gap took its opening quote. */
  readText: 4,
  /** A wanted text where something else stood. */
  readLoose: 5,
} as const

/** What a gap says of the value behind it: a `gapAction`, and the wanted field or less than 0. */
export type GapMeaning = { readonly action: number; readonly field: number }

/** Bytes `[from, to)` of a batch. */
export type Span = { readonly from: number; readonly to: number }

const NONE = new Float64Array(0)

/** What `FieldGap.tail` of these bytes is. */
export const tailOf = (view: DataView, { from, to }: Span): number =>
  to - from < 8 ? view.getInt32(to - 4, true) : view.getFloat64(to - 8, true)

/**
 * The bytes between two values of a row as the grammar once read them: from the end of one value to
 * the begin of the next, key, colon and blanks among them. Equal bytes at such a place mean the
 * same again. They are compared eight at once, as doubles: equal doubles other than 0 have equal
 * bytes, a gap has no zero byte, and a NaN is never recognised, which costs time alone.
 */
export class FieldGap implements GapMeaning {
  /** At least 4: a brace or a comma, two quotes, a colon. */
  readonly length: number
  readonly action: number
  readonly field: number
  /** The first and the last bytes, which may overlap: eight, or four where it is shorter. */
  readonly head: number
  readonly tail: number
  readonly #inner: Float64Array
  /** What came next when this gap was last met, and what else did before. */
  likely: FieldGap | undefined
  other: FieldGap | undefined
  /** A gap of the same tail that was remembered before. */
  alike: FieldGap | undefined

  constructor(view: DataView, { from, to }: Span, { action, field }: GapMeaning) {
    const length = to - from
    this.length = length
    this.action = action
    this.field = field
    this.head = length < 8 ? view.getInt32(from, true) : view.getFloat64(from, true)
    this.tail = tailOf(view, { from, to })
    this.#inner = length <= 16 ? NONE : new Float64Array((length - 9) >> 3)
    for (let i = 0; i < this.#inner.length; i++) {
      this.#inner[i] = view.getFloat64(from + 8 + 8 * i, true)
    }
    this.likely = undefined
    this.other = undefined
    this.alike = undefined
  }

  /** Whether the same bytes stand at `at`, where at least as many are. */
  stands(view: DataView, at: number): boolean {
    if (this.length < 8) {
      const last = at + this.length - 4
      return view.getInt32(at, true) === this.head && view.getInt32(last, true) === this.tail
    }
    const last = at + this.length - 8
    if (view.getFloat64(at, true) !== this.head) return false
    if (view.getFloat64(last, true) !== this.tail) return false
    for (let i = 0, place = at + 8; place < last; i++, place += 8) {
      if (view.getFloat64(place, true) !== this.#inner[i]) return false
    }
    return true
  }
}
