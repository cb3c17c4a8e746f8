// The states of a JSON pane, by name (spark.md 5.3); a state that lacks is its kind's zero, since
// Spark leaves nulls away:
//   count: integer · sum: decimal, or "name.units" integer, of 10^-digits each · min, max: number
//   mean: "name.sum" decimal, or "name.sum.units" in thousandths, "name.count"
//   count and sum of a sample: "name.e" [64 sums, null for 0] or base64 of a tuple sketch (Z18)
//   quantile: [[bucket, values], …] in any order (Z9)
//   distinct: {"weight": base64 of an HllSketch} (Z10)
import type { AggregateKind, AggregateSpec } from '../../model/monitor.ts'
import type { PaneState } from '../../model/pane.ts'
import { ByteWriter } from '../../std/bytes.ts'
import { shape } from '../json-shape.ts'
import { readTupleSums } from './datasketches-tuple.ts'
import { readHll, registersOfCoupons, type HllContent } from './datasketches-hll.ts'

/** A pane's states by name, without a prototype: a name that lacks is found nowhere else. */
export type NamedStates = Readonly<Record<string, unknown>>

/** `isExact`: no sum is beyond what a double counts (P3). */
export type JsonState = { readonly state: PaneState; readonly isExact: boolean }

/** As many as a sample's clusters fall into (Z18). */
const BUCKETS = 64
const NO_SUMS: readonly number[] = new Array(BUCKETS).fill(0)
/** What Spark's long holds, and what a varint of ours does. */
const LONG_MAX = 2 ** 63
const TRAVEL_UNITS_MAX = 2 ** 60
/** A decimal that was read as a double is off by less than half a unit up to here. */
const DECIMAL_UNITS_MAX = 2 ** 51
/** Of the greatest value that a reading may have: buckets −2 − this to this (Z9). */
const EXPONENT_MAX = 2183
/** More different values of one weight are kept as registers (Z10). */
const COUPONS_MAX = 256

type Verdict = 'exact' | 'inexact' | 'strange'
type Writer = (aggregate: AggregateSpec, states: NamedStates) => Verdict

type Row = {
  readonly code: number
  /** Makes the payload that `sketch/` reads. */
  readonly write: Writer
  /** Rows of a sample give it an error, which comes with version 2 of its payload. */
  readonly isTotal?: true
}

const writer = new ByteWriter()

/** By kind, with the numbers of formats.md 2. */
const WRITERS: { readonly [K in AggregateKind]: Row } = {
  count: { code: 1, isTotal: true, write: ({ name }, states) => writeUnits(states[name] ?? 0, 0) },
  sum: { code: 2, isTotal: true, write: writeSum },
  min: { code: 3, write: writeExtremum },
  max: { code: 4, write: writeExtremum },
  mean: { code: 5, write: writeMean },
  quantile: { code: 6, write: writeQuantile },
  distinct: { code: 7, write: writeDistinct },
}

/** An aggregate's state as it travels in binary panes; undefined where it is not as asked for. */
export function readJsonState(
  aggregate: AggregateSpec,
  states: NamedStates,
): JsonState | undefined {
  const row = WRITERS[aggregate.kind]
  const error = row.isTotal ? states[`${aggregate.name}.e`] : undefined
  const isSampled = error !== undefined
  const verdict = row.write(aggregate, states)
  const ok = verdict !== 'strange' && (!isSampled || writeError(error))
  const payload = writer.take()
  if (!ok) return undefined
  const state = { kind: row.code, version: isSampled ? 2 : 1, payload }
  return { state, isExact: verdict === 'exact' }
}

const isLong = (value: unknown): value is number =>
  Number.isInteger(value) && Math.abs(Number(value)) <= LONG_MAX

const travelling = (units: number): number =>
  Math.max(-TRAVEL_UNITS_MAX, Math.min(TRAVEL_UNITS_MAX, units))

const isErrorList = shape.list(shape.orNull(isLong))

/**
 * The error of a sample (Z18, ADR 0014): its buckets' sums in hundredths of a unit, null as 0; on
 * the wire a mask of those that are not 0, u64be, and then they.
 */
function writeError(said: unknown): boolean {
  const sums = shape.text(said) ? sketchedSums(said) : said
  if (!isErrorList(sums) || sums.length !== BUCKETS) return false
  const units = sums.map((sum) => sum ?? 0)
  const maskOf = (half: readonly number[]) =>
    half.reduce((mask, sum, bit) => mask | (sum === 0 ? 0 : 1 << bit), 0) >>> 0
  writer.u64be(maskOf(units.slice(BUCKETS / 2)), maskOf(units.slice(0, BUCKETS / 2)))
  for (const sum of units) if (sum !== 0) writer.svarint(travelling(sum))
  return true
}

/** The sums in a tuple sketch; the empty text is a total that no row of the sample was in. */
function sketchedSums(text: string): unknown {
  const bytes = base64(text)
  return text === '' ? NO_SUMS : bytes && readTupleSums(bytes)?.map(travelling)
}

function writeUnits(value: unknown, digits: number): Verdict {
  const units = shape.number(value) ? Math.round(value * 10 ** digits) : NaN
  if (!isLong(units)) return 'strange'
  writer.svarint(travelling(units))
  const exactMax = digits === 0 ? Number.MAX_SAFE_INTEGER : DECIMAL_UNITS_MAX
  return Math.abs(units) <= exactMax ? 'exact' : 'inexact'
}

function writeSum({ name, digits }: AggregateSpec, states: NamedStates): Verdict {
  writer.u8(digits)
  return writeDecimal(name, states, digits)
}

/** As integer units where the writer has them, else as a decimal. */
function writeDecimal(name: string, states: NamedStates, digits: number): Verdict {
  const units = states[`${name}.units`]
  return units === undefined ? writeUnits(states[name] ?? 0, digits) : writeUnits(units, 0)
}

function writeExtremum({ name }: AggregateSpec, states: NamedStates): Verdict {
  const value = states[name]
  if (value === undefined) return 'exact'
  if (!shape.number(value)) return 'strange'
  writer.f64(value)
  return 'exact'
}

function writeMean({ name }: AggregateSpec, states: NamedStates): Verdict {
  const count = states[`${name}.count`] ?? 0
  const verdict = writeDecimal(`${name}.sum`, states, 3)
  if (!shape.count(count)) return 'strange'
  writer.varint(count)
  return verdict
}

/** How often values fell into a bucket. */
const isEntry = (value: unknown): value is readonly [bucket: number, count: number] =>
  Array.isArray(value) &&
  value.length === 2 &&
  isBucket(value[0]) &&
  shape.count(value[1]) &&
  value[1] > 0

const isBucket = (bucket: unknown): boolean =>
  shape.integer(bucket) && bucket <= EXPONENT_MAX && bucket >= -2 - EXPONENT_MAX

const isEntryList = shape.list(isEntry)

function writeQuantile({ name }: AggregateSpec, states: NamedStates): Verdict {
  const entries = states[name] ?? []
  if (!isEntryList(entries)) return 'strange'
  writer.varint(entries.length)
  let before: number | undefined
  for (const [bucket, count] of entries.toSorted((a, b) => a[0] - b[0])) {
    if (bucket === before) return 'strange'
    writer.svarint(bucket - (before ?? 0))
    writer.varint(count)
    before = bucket
  }
  return 'exact'
}

const isByWeight = shape.map(shape.orNull(shape.text))

/** One sketch for each weight, by rising weight; one that has seen nothing is none. */
function writeDistinct({ name }: AggregateSpec, states: NamedStates): Verdict {
  const byWeight = states[name] ?? {}
  if (!isByWeight(byWeight)) return 'strange'
  const sketches: { weight: number; content: HllContent }[] = []
  for (const [weight, text] of Object.entries(byWeight)) {
    const bytes = text === null ? undefined : base64(text)
    const content = bytes && readHll(bytes)
    if (text !== null && content === undefined) return 'strange'
    if (content !== undefined && !isEmpty(content)) {
      sketches.push({ weight: Number(weight), content })
    }
  }
  sketches.sort((a, b) => a.weight - b.weight)
  writer.varint(sketches.length)
  let before = 0
  for (const { weight, content } of sketches) {
    if (!(weight >= 1 && weight > before && Number.isFinite(weight))) return 'strange'
    writer.f64(weight)
    writeContent(content)
    before = weight
  }
  return 'exact'
}

const isEmpty = (content: HllContent): boolean =>
  content.kind === 'coupons' && content.coupons.length === 0

/** u8 0 and the steps between coupons, or u8 1 and registers. */
function writeContent(content: HllContent): void {
  if (content.kind === 'registers' || content.coupons.length > COUPONS_MAX) {
    writer.u8(1)
    writer.raw(
      content.kind === 'registers' ? content.registers : registersOfCoupons(content.coupons),
    )
    return
  }
  writer.u8(0)
  writer.varint(content.coupons.length)
  let before = 0
  for (const coupon of content.coupons) {
    writer.varint(coupon - before)
    before = coupon
  }
}

function base64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
