import type { Expression } from '../../model/expression.ts'
import type { FieldBatch } from '../rows/field-batch.ts'
import { compileNarrowing, type Narrowing } from './narrowing.ts'
import type { RowFacts } from '../rows/row-facts.ts'

/**
 * Rows of the batch in hand that pass some tests, rising: found when first asked for in a batch,
 * then shared by all who ask. Each narrows another one, so what monitors test alike is tested once.
 */
export class RowSelection {
  rows: Int32Array = new Int32Array(0)
  count = 0
  readonly #batch: FieldBatch
  readonly #within: RowSelection | undefined
  readonly #narrow: Narrowing | undefined
  readonly #narrower = new Map<string, RowSelection>()
  #serial = -1

  /** Without `within`: all rows that are folded. */
  constructor(batch: FieldBatch, within?: { of: RowSelection; narrow: Narrowing }) {
    this.#batch = batch
    this.#within = within?.of
    this.#narrow = within?.narrow
  }

  /** Those of these rows that pass a test; the same test gives the same selection. */
  narrowed(test: Expression | undefined): RowSelection {
    if (test === undefined) return this
    if (test.op === '&&') return this.narrowed(test.left).narrowed(test.right)
    const name = JSON.stringify(test)
    let found = this.#narrower.get(name)
    if (found === undefined) {
      const narrow = compileNarrowing(test, this.#batch)
      found = new RowSelection(this.#batch, { of: this, narrow })
      this.#narrower.set(name, found)
    }
    return found
  }

  /** Finds the rows of this batch: `rows[0 … count)`. */
  take(facts: RowFacts): this {
    if (this.#serial === facts.serial) return this
    this.#serial = facts.serial
    if (this.#within === undefined || this.#narrow === undefined) {
      this.rows = facts.rows
      this.count = facts.count
      return this
    }
    const { rows, count } = this.#within.take(facts)
    if (this.rows.length < count) this.rows = new Int32Array(rows.length)
    for (let i = 0; i < count; i++) this.rows[i] = rows[i]!
    this.count = count === 0 ? 0 : this.#narrow(this.rows, count)
    return this
  }
}
