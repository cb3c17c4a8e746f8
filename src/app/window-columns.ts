import type { WindowResult } from '../model/window-result.ts'

/** What a replay keeps of a window beside its group. */
export type WindowFacts = Pick<
  WindowResult,
  'start' | 'end' | 'rev' | 'complete' | 'values' | 'stderr'
>

/** Windows of one monitor as columns of numbers: a replay ends with hundreds of thousands. */
export class WindowColumns {
  readonly #starts = new NumberColumn()
  readonly #ends = new NumberColumn()
  readonly #revs = new NumberColumn()
  readonly #completes = new NumberColumn()
  readonly #values = new NamedColumns()
  readonly #stderrs = new NamedColumns()
  readonly #samples = new NumberColumn()
  #count = 0

  /** The row of a new window. */
  add(window: WindowFacts): number {
    const row = this.#count++
    this.write(row, window)
    return row
  }

  /** Writes a window over the one in that row. */
  write(row: number, { start, end, rev, complete, values, stderr }: WindowFacts): void {
    this.#starts.set(row, start)
    this.#ends.set(row, end)
    this.#revs.set(row, rev)
    this.#completes.set(row, complete ? 1 : 0)
    this.#values.set(row, values)
    this.#samples.set(row, stderr === undefined ? 0 : 1)
    this.#stderrs.set(row, stderr ?? {})
  }

  endOf(row: number): number {
    return this.#ends.get(row)
  }

  revOf(row: number): number {
    return this.#revs.get(row)
  }

  read(row: number): WindowFacts {
    return {
      start: this.#starts.get(row),
      end: this.endOf(row),
      rev: this.revOf(row),
      complete: this.#completes.get(row) === 1,
      values: this.#values.get(row),
      ...(this.#samples.get(row) === 1 && { stderr: this.#stderrs.get(row) }),
    }
  }
}

/** Numbers by row and name; NaN where a row has none of that name. */
class NamedColumns {
  readonly #columns = new Map<string, NumberColumn>()

  set(row: number, numbers: Readonly<Record<string, number>>): void {
    for (const name of Object.keys(numbers)) {
      if (!this.#columns.has(name)) this.#columns.set(name, new NumberColumn())
    }
    for (const [name, column] of this.#columns) column.set(row, numbers[name] ?? NaN)
  }

  get(row: number): Readonly<Record<string, number>> {
    const numbers: Record<string, number> = {}
    for (const [name, column] of this.#columns) {
      const number = column.get(row)
      if (!Number.isNaN(number)) numbers[name] = number
    }
    return numbers
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
