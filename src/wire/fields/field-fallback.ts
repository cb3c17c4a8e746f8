import { readingLimits, type RejectReason } from '../../model/reading.ts'
import type { FieldPlan } from './field-plan.ts'
import { parseRow, rowFault, textFault, type RawRow } from '../reading-rules.ts'

/** The wanted fields of one row; `masks` say which are there, as in `FieldColumns`. */
export type SlowFields = {
  readonly ok: true
  readonly masks: Int32Array
  readonly numbers: readonly number[]
  readonly texts: readonly (string | undefined)[]
}

/**
 * What the field scanner bails out on, read by JSON.parse under the rules of formats.md 1.3: a
 * wanted field with a fault is absent, and a row is refused only as a whole.
 */
export function readFieldsSlowly(
  plan: FieldPlan,
  bytes: Uint8Array,
): SlowFields | { readonly ok: false; readonly reason: RejectReason } {
  const parsed = parseRow(bytes)
  if (!parsed.ok) return parsed
  const fault = rowFault(own(parsed.row, 'ts'), own(parsed.row, 'stream'), own(parsed.row, 'p'))
  if (fault !== undefined) return { ok: false, reason: fault }
  const masks = new Int32Array((plan.fields.length + 31) >>> 5)
  const numbers: number[] = []
  const texts: (string | undefined)[] = []
  for (const [i, { name, kind }] of plan.fields.entries()) {
    const value = own(parsed.row, name)
    const isThere = kind === 'text' ? isText(value) : isNumber(value, plan.isUnsigned[i] === 1)
    if (isThere) masks[i >>> 5] = masks[i >>> 5]! | (1 << (i & 31))
    numbers.push(isThere && typeof value === 'number' ? value : 0)
    texts.push(isThere && typeof value === 'string' ? value : undefined)
  }
  return { ok: true, masks, numbers, texts }
}

const own = (row: RawRow, name: string): unknown =>
  Object.hasOwn(row, name) ? row[name] : undefined

const isText = (value: unknown): boolean =>
  typeof value === 'string' && value !== '' && textFault(value) === undefined

const isNumber = (value: unknown, unsigned: boolean): boolean =>
  typeof value === 'number' &&
  Math.abs(value) <= readingLimits.numberMax &&
  !(unsigned && value < 0)
