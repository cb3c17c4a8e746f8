import type { FieldPlan } from './field-plan.ts'

/**
 * The wanted fields of many rows: `numbers[field][row]`, or for text `starts[field][row]` and
 * `lengths[field][row]` in the rows' own bytes. A cell counts only where `status[row]` is 0 and the
 * field is there, `(masks[field >>> 5][row] & (1 << (field & 31))) !== 0`; else it may hold
 * anything. Text is valid UTF-8.
 */
export type FieldColumns = {
  /** 0: read; else one of `bail`, and the row goes through `readFieldsSlowly`. */
  readonly status: Uint8Array
  /** Which fields are there, 32 to a mask. */
  readonly masks: readonly Int32Array[]
  readonly numbers: readonly Float64Array[]
  readonly starts: readonly Int32Array[]
  readonly lengths: readonly Int32Array[]
}

/** Columns for up to `capacity` rows of a plan; a field has cells for its own kind only. */
export function createFieldColumns(plan: FieldPlan, capacity: number): FieldColumns {
  const texts = plan.fields.map((field) => (field.kind === 'text' ? capacity : 0))
  return {
    status: new Uint8Array(capacity),
    masks: Array.from({ length: maskCount(plan) }, () => new Int32Array(capacity)),
    numbers: texts.map((cells) => new Float64Array(capacity - cells)),
    starts: texts.map((cells) => new Int32Array(cells)),
    lengths: texts.map((cells) => new Int32Array(cells)),
  }
}

/** How many masks of 32 fields a plan needs. */
export const maskCount = ({ fields }: FieldPlan): number => (fields.length + 31) >>> 5
