import assert from 'node:assert/strict'
import { bail } from '../../src/wire/fields/field-bail.ts'
import { createFieldColumns, type FieldColumns } from '../../src/wire/fields/field-columns.ts'
import { readFieldsSlowly } from '../../src/wire/fields/field-fallback.ts'
import type { FieldPlan } from '../../src/wire/fields/field-plan.ts'
import { FieldScanner } from '../../src/wire/fields/field-scanner.ts'
import { believed, parsedRow, wantedOf } from './field-oracle.ts'

/** Rows of one batch in one buffer. */
export type Rows = {
  readonly bytes: Uint8Array
  readonly starts: Int32Array
  readonly lengths: Int32Array
}

/** What the scanner answers, by number. */
export const statusNames: readonly string[] = ['read', ...Object.keys(bail)]

/** A scanner of one plan with columns, whose answers for each row can be asked and checked. */
export class CheckedScanner {
  readonly plan: FieldPlan
  readonly #columns: FieldColumns
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  #scanner: FieldScanner
  #rows: Rows | undefined

  constructor(plan: FieldPlan, rowsMax: number) {
    this.plan = plan
    this.#columns = createFieldColumns(plan, rowsMax)
    this.#scanner = new FieldScanner(plan)
  }

  /** Forgets what earlier rows looked like. */
  forget(): void {
    this.#scanner = new FieldScanner(this.plan)
  }

  scan(rows: Rows): void {
    this.#rows = rows
    this.#scanner.scan({ values: rows, count: rows.starts.length }, this.#columns)
  }

  status(row: number): string {
    return statusNames[this.#columns.status[row]!] ?? 'unknown'
  }

  /** The wanted field of a row that was read; undefined where it is absent. */
  value(row: number, field: number): string | number | undefined {
    const { masks, numbers, starts, lengths } = this.#columns
    if ((masks[field >>> 5]![row]! & (1 << (field & 31))) === 0) return undefined
    if (this.plan.fields[field]!.kind === 'number') return numbers[field]![row]
    const from = starts[field]![row]!
    return this.#decoder.decode(this.#bytes().subarray(from, from + lengths[field]![row]!))
  }

  /**
   * Fails where a row was read otherwise than JSON.parse reads it. A row that `keepsPromise` is the
   * same whether its end is looked at or not.
   */
  check(row: number, keepsPromise: boolean): void {
    const bytes = this.bytesOf(row)
    const whole = keepsPromise ? parsedRow(bytes) : undefined
    const parsed = whole ?? parsedRow(believed(this.plan, bytes))
    assert.ok(parsed !== undefined, 'read what JSON.parse refuses')
    for (const [i, field] of this.plan.fields.entries()) {
      const value = this.value(row, i)
      if (!Object.is(value, wantedOf(parsed, field))) assert.fail(`${field.name} is ${value}`)
    }
  }

  /** Fails where a row was read otherwise than the fallback reads it, by the rules of readings. */
  checkRules(row: number): void {
    const slow = readFieldsSlowly(this.plan, believed(this.plan, this.bytesOf(row)))
    assert.ok(slow.ok, 'read what the rules refuse')
    for (const [i, { kind, name }] of this.plan.fields.entries()) {
      const value = this.value(row, i)
      const isThere = (slow.masks[i >>> 5]! & (1 << (i & 31))) !== 0
      const other = kind === 'text' ? slow.texts[i] : slow.numbers[i]
      if (!Object.is(value, isThere ? other : undefined)) assert.fail(`${name} is ${value}`)
    }
  }

  bytesOf(row: number): Uint8Array {
    const from = this.#rows?.starts[row] ?? 0
    return this.#bytes().subarray(from, from + (this.#rows?.lengths[row] ?? 0))
  }

  #bytes(): Uint8Array {
    assert.ok(this.#rows !== undefined, 'rows are scanned before they are asked for')
    return this.#rows.bytes
  }
}
