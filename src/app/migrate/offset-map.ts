import type { Offset } from '../../log/log.ts'

type Run = { readonly from: Offset; readonly to: Offset; count: number }

/**
 * Where the rows of one partition lie in another log. Rows keep their order and lose their gaps
 * (expired, compacted, rejected), so that what is kept is one run for each stretch without any.
 */
export class OffsetMap {
  readonly #runs: Run[] = []
  readonly #base: Offset

  /** `base`: where the first row will lie. */
  constructor(base: Offset) {
    this.#base = base
  }

  /** Where the next row will lie. */
  get end(): Offset {
    const last = this.#runs.at(-1)
    return last === undefined ? this.#base : last.to + last.count
  }

  /** The next row was copied; offsets grow. */
  add(from: Offset): void {
    const last = this.#runs.at(-1)
    if (last !== undefined && last.from + last.count === from) last.count++
    else this.#runs.push({ from, to: this.end, count: 1 })
  }

  /** Where the first row at or after this offset lies now; the end where there is none. */
  of(offset: Offset): Offset {
    let low = 0
    let high = this.#runs.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const { from, count } = this.#runs[middle]!
      if (from + count <= offset) low = middle + 1
      else high = middle
    }
    const run = this.#runs[low]
    return run === undefined ? this.end : run.to + Math.max(0, offset - run.from)
  }
}
