import { bucketOf } from '../../sketch/quantile-bucket.ts'
import type { FieldBatch } from '../rows/field-batch.ts'
import type { RowFacts } from '../rows/row-facts.ts'

/** No bucket. */
const UNKNOWN = -32_768

/** The quantile buckets (Z9) of one field in the batch in hand: found once for all who ask. */
export class BucketColumn {
  readonly #batch: FieldBatch
  readonly #field: number
  #buckets = new Int16Array(0)
  #values: Float64Array = new Float64Array(0)
  #serial = -1

  constructor(batch: FieldBatch, field: number) {
    this.#batch = batch
    this.#field = field
  }

  /** Turns to a batch. */
  take(facts: RowFacts): this {
    if (this.#serial === facts.serial) return this
    this.#serial = facts.serial
    this.#values = this.#batch.numbers[this.#field]!
    const { count } = this.#batch
    if (this.#buckets.length < count) this.#buckets = new Int16Array(this.#values.length)
    this.#buckets.fill(UNKNOWN, 0, count)
    return this
  }

  /** The bucket of a row that has the field. */
  of(row: number): number {
    const known = this.#buckets[row]!
    return known === UNKNOWN ? (this.#buckets[row] = bucketOf(this.#values[row]!)) : known
  }
}
