import { utf8 } from '../std/bytes.ts'
import type { ClockRecord, Watermark } from '../model/pane.ts'
import { shape, type Shape } from './json-shape.ts'

/** A watermark record (P6): JSON, its counts optional on the wire and 0 where they lack. */
export const encodeWatermark = (watermark: Watermark): Uint8Array => utf8(JSON.stringify(watermark))

/** The clock record of the `panes` partition's owner (A7): JSON. */
export const encodeClock = (clock: ClockRecord): Uint8Array => utf8(JSON.stringify(clock))

/** Whether a parsed record is the owner's clock. */
export const isClock: Shape<ClockRecord> = shape.object<ClockRecord>({
  v: shape.one(1),
  site: shape.one('clock'),
  partition: shape.count,
  epoch: shape.count,
  commands_to: shape.count,
  at: shape.integer,
})

const isWatermarkRecord = shape.object<Omit<Watermark, CountName> & Partial<Counts>>({
  v: shape.one(1),
  site: shape.text,
  partition: shape.count,
  of: shape.count,
  watermark: shape.integer,
  rows: shape.optional(shape.count),
  late: shape.optional(shape.count),
  skewed: shape.optional(shape.count),
  rejected: shape.optional(shape.count),
  at: shape.integer,
  final: shape.optional(shape.integer),
  since: shape.optional(shape.integer),
  lane: shape.optional(shape.count),
  lanes: shape.optional(shape.count),
})

type CountName = 'rows' | 'late' | 'skewed' | 'rejected'
type Counts = { readonly [Name in CountName]: number | undefined }

/** The watermark behind a parsed record; undefined where it is another kind of record. */
export function readWatermark(value: unknown): Watermark | undefined {
  if (!isWatermarkRecord(value)) return undefined
  const { rows = 0, late = 0, skewed = 0, rejected = 0 } = value
  return { ...value, rows, late, skewed, rejected }
}
