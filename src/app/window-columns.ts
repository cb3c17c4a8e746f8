import type { WindowResult } from '../model/window-result.ts'

/** What a replay keeps of a window beside its group. */
export type WindowFacts = Pick<WindowResult, 'start' | 'end' | 'rev' | 'complete' | 'values'>

/** Windows of one monitor as columns of numbers: a replay ends with hundreds of thousands. */
export class WindowColumns {
  readonly #starts = new NumberColumn()
  readonly #ends = new NumberColumn()
  readonly #revs = new NumberColumn()
  readonly #completes = new NumberColumn()
  /** By name; NaN where a window has no such value. */
  readonly #values = new Map<string, NumberColumn>()
  #count = 0

  /** The row of a new window. */
  add(window: WindowFacts): number {
    const row = this.#count++
    this.write(row, window)
    return row
  }

  /** Writes a window over the one in that row. */
  write(row: number, { start, end, rev, complete, values }: WindowFacts): void {
    this.#starts.set(row, start)
    this.#ends.set(row, end)
    this.#revs.set(row, rev)
    this.#completes.set(row, complete ? 1 : 0)
    for (const name of Object.keys(values)) {
      if (!this.#values.has(name)) this.#values.set(name, new NumberColumn())
    }
    for (const [name, column] of this.#values) column.set(row, values[name] ?? NaN)
  }

  endOf(row: number): number {
    return this.#ends.get(row)
  }

  revOf(row: number): number {
    return this.#revs.get(row)
  }

  read(row: number): WindowFacts {
    const values: Record<string, number> = {}
    for (const [name, column] of this.#values) {
      const value = column.get(row)
      if (!Number.isNaN(value)) values[name] = value
    }
    const complete = this.#completes.get(row) === 1
    return {
      start: this.#starts.get(row),
      end: this.endOf(row),
      rev: this.revOf(row),
      complete,
      values,
    }
  }
}

const CHUNK_ROWS = 8192

/** Numbers by row in chunks: growing copies nothing and leaves nothing behind. NaN until set. */
class NumberColumn {
  readonly #chunks: (Float64Array | undefined)[] = []

  set(row: number, value: number): void {
    const chunk = (this.#chunks[Math.floor(row / CHUNK_ROWS)] ??= emptyChunk())
    chunk[row % CHUNK_ROWS] = value
  }

  get(row: number): number {
    return this.#chunks[Math.floor(row / CHUNK_ROWS)]?.[row % CHUNK_ROWS] ?? NaN
  }
}

const emptyChunk = (): Float64Array => new Float64Array(CHUNK_ROWS).fill(NaN)
