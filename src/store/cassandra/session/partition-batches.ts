import type { Statement } from './session.ts'

/** More rows in one batch bring nothing, and longer waits for it. */
const ROWS_MAX = 50
/** A node warns of batches of 64 KiB. */
const BYTES_MAX = 49_152

/** Statements of many partitions, put together as batches of one partition each. */
export class PartitionBatches {
  readonly #open = new Map<string, { rows: Statement[]; bytes: number }>()
  readonly #full: (readonly Statement[])[] = []

  add(partition: string, statement: Statement, bytes: number): void {
    let batch = this.#open.get(partition)
    if (batch === undefined || batch.rows.length >= ROWS_MAX || batch.bytes + bytes > BYTES_MAX) {
      if (batch !== undefined) this.#full.push(batch.rows)
      batch = { rows: [], bytes: 0 }
      this.#open.set(partition, batch)
    }
    batch.rows.push(statement)
    batch.bytes += bytes
  }

  *batches(): Generator<readonly Statement[], void> {
    yield* this.#full
    for (const { rows } of this.#open.values()) yield rows
  }
}
