import type { WindowResult } from '../model/window-result.ts'

/** What a replay keeps of a window beside its group. */
export type WindowFacts = Pick<WindowResult, 'start' | 'end' | 'rev' | 'complete' | 'values'>

/** Windows of one monitor as columns of numbers: a replay ends with hundreds of thousands. */
export class WindowColumns {
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  readonly #revs: number[] = []
  readonly #completes: boolean[] = []
  /** By name; NaN where a window has no such value, and shorter where none after it has. */
  readonly #values = new Map<string, number[]>()

  /** The row of a new window. */
  add(window: WindowFacts): number {
    const row = this.#starts.length
    this.write(row, window)
    return row
  }

  /** Writes a window over the one in that row. */
  write(row: number, { start, end, rev, complete, values }: WindowFacts): void {
    this.#starts[row] = start
    this.#ends[row] = end
    this.#revs[row] = rev
    this.#completes[row] = complete
    for (const column of this.#values.values()) if (row < column.length) column[row] = NaN
    for (const [name, value] of Object.entries(values)) {
      let column = this.#values.get(name)
      if (column === undefined) this.#values.set(name, (column = []))
      // Gaps are filled, since an array with holes takes many times the memory.
      while (column.length < row) column.push(NaN)
      column[row] = value
    }
  }

  revOf(row: number): number {
    return this.#revs[row]!
  }

  read(row: number): WindowFacts {
    const values: Record<string, number> = {}
    for (const [name, column] of this.#values) {
      const value = column[row] ?? NaN
      if (!Number.isNaN(value)) values[name] = value
    }
    const [start, end, rev] = [this.#starts[row]!, this.#ends[row]!, this.#revs[row]!]
    return { start, end, rev, complete: this.#completes[row]!, values }
  }
}
