// A JSON pane (formats.md 2), for people and tests; Spark writes it too:
//   {"v":1,"monitor":…,"definition":…,"group":[…],"site":…,"partition":…,"start":…,"length":…,
//    "rev":…,"closed":…,"late":…,"spread":…,"sampled":…,"states":{…},"event_max":…,"read_at":…,
//    "appended_max":…}
import type { AggregateKind, AggregateSpec } from '../model/monitor.ts'
import type { Group, Pane, PaneState } from '../model/pane.ts'
import { ByteWriter } from '../std/bytes.ts'
import { shape } from './json-shape.ts'

type JsonPane = {
  readonly v: 1
  readonly monitor: string
  readonly definition: string
  readonly group: Group
  readonly site: string
  readonly partition: number
  readonly start: number
  readonly length: number
  readonly rev: number
  readonly closed: boolean
  readonly late: number
  readonly spread: boolean | undefined
  readonly sampled: boolean | undefined
  readonly states: Readonly<Record<string, unknown>>
  readonly event_max: number
  readonly read_at: number
  readonly appended_max: number | undefined
}

const isJsonPane = shape.object<JsonPane>({
  v: shape.one(1),
  monitor: shape.text,
  definition: (value): value is string => shape.text(value) && /^[0-9a-f]{16}$/.test(value),
  group: shape.list(shape.orNull(shape.text)),
  site: shape.text,
  partition: shape.count,
  start: shape.integer,
  length: (value): value is number => shape.count(value) && value > 0,
  rev: shape.count,
  closed: shape.flag,
  late: shape.count,
  spread: shape.optional(shape.flag),
  sampled: shape.optional(shape.flag),
  states: shape.any,
  event_max: shape.integer,
  read_at: shape.integer,
  appended_max: shape.optional(shape.integer),
})

const isErrorList = shape.list(shape.orNull(shape.integer))
/** As many as a sample's clusters fall into (Z18). */
const BUCKETS = 64

const writer = new ByteWriter()

/**
 * The pane behind a parsed record; undefined where it is none or a state is not what its aggregate
 * asks for. Counts, sums, extrema and means are read; sketches travel in binary panes.
 */
export function readJsonPane(
  value: unknown,
  aggregatesOf: (monitor: string, definition: string) => readonly AggregateSpec[] | undefined,
): Pane | undefined {
  if (!isJsonPane(value)) return undefined
  const { monitor, definition, group, site, partition, start, length, rev, closed, late } = value
  // Without a prototype, a name that lacks is never found in Object.prototype.
  const named: States = Object.assign(Object.create(null), value.states)
  const states: PaneState[] = []
  for (const aggregate of aggregatesOf(monitor, definition) ?? [undefined]) {
    const state = aggregate && readState(aggregate, named)
    if (state === undefined) return undefined
    states.push(state)
  }
  return {
    monitor,
    group,
    definition,
    site,
    partition,
    start,
    length,
    rev,
    late,
    closed,
    spread: value.spread ?? false,
    sampled: value.sampled ?? false,
    inexact: false,
    eventMax: value.event_max,
    readAt: value.read_at,
    appendedMax: value.appended_max ?? value.read_at,
    states,
  }
}

type States = Readonly<Record<string, unknown>>
type Writer = (aggregate: AggregateSpec, states: States) => boolean

type Row = {
  readonly code: number
  /** Makes the payload that `sketch/` reads; false: not as asked for. */
  readonly write: Writer
  /** Rows of a sample give it an error, which comes with version 2 of its payload. */
  readonly isTotal?: true
}

/** By kind, with the numbers of formats.md 2. */
const WRITERS: Partial<Record<AggregateKind, Row>> = {
  count: { code: 1, isTotal: true, write: ({ name }, states) => writeUnits(states[name] ?? 0, 0) },
  sum: { code: 2, isTotal: true, write: writeSum },
  min: { code: 3, write: writeExtremum },
  max: { code: 4, write: writeExtremum },
  mean: { code: 5, write: writeMean },
}

function readState(aggregate: AggregateSpec, states: States): PaneState | undefined {
  const row = WRITERS[aggregate.kind]
  if (row === undefined) return undefined
  const error = row.isTotal ? states[`${aggregate.name}.e`] : undefined
  const isSampled = error !== undefined
  const ok = row.write(aggregate, states) && (!isSampled || writeError(error))
  const payload = writer.take()
  return ok ? { kind: row.code, version: isSampled ? 2 : 1, payload } : undefined
}

/**
 * The error of a sample (Z18, ADR 0014): its buckets' sums in hundredths of a unit, null as 0; on
 * the wire a mask of those that are not 0, u64be, and then they.
 */
function writeError(sums: unknown): boolean {
  if (!isErrorList(sums) || sums.length !== BUCKETS) return false
  const units = sums.map((sum) => sum ?? 0)
  const maskOf = (half: readonly number[]) =>
    half.reduce((mask, sum, bit) => mask | (sum === 0 ? 0 : 1 << bit), 0) >>> 0
  writer.u64be(maskOf(units.slice(BUCKETS / 2)), maskOf(units.slice(0, BUCKETS / 2)))
  for (const sum of units) if (sum !== 0) writer.svarint(sum)
  return true
}

/** A state that lacks is its kind's zero, since Spark leaves nulls away (spark.md 5.3). */
function writeUnits(value: unknown, digits: number): boolean {
  const units = shape.number(value) ? Math.round(value * 10 ** digits) : NaN
  if (!Number.isSafeInteger(units)) return false
  writer.svarint(units)
  return true
}

function writeSum({ name, digits }: AggregateSpec, states: States): boolean {
  writer.u8(digits)
  return writeUnits(states[name] ?? 0, digits)
}

function writeExtremum({ name }: AggregateSpec, states: States): boolean {
  const value = states[name]
  if (value === undefined) return true
  if (!shape.number(value)) return false
  writer.f64(value)
  return true
}

function writeMean({ name }: AggregateSpec, states: States): boolean {
  const count = states[`${name}.count`] ?? 0
  if (!writeUnits(states[`${name}.sum`] ?? 0, 3) || !shape.count(count)) return false
  writer.varint(count)
  return true
}
