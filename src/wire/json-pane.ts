// A JSON pane (formats.md 2), for people and tests; Spark writes it too:
//   {"v":1,"monitor":…,"definition":…,"group":[…],"site":…,"partition":…,"start":…,"length":…,
//    "rev":…,"closed":…,"late":…,"spread":…,"sampled":…,"states":{…},"event_max":…,"read_at":…}
import type { AggregateSpec } from '../model/monitor.ts'
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
})

const writer = new ByteWriter()

/**
 * The pane behind a parsed record; undefined where it is none or a state is not what its aggregate
 * asks for. Counts, sums and extrema are read; means and sketches travel in binary panes.
 */
export function readJsonPane(
  value: unknown,
  aggregatesOf: (monitor: string, definition: string) => readonly AggregateSpec[] | undefined,
): Pane | undefined {
  if (!isJsonPane(value)) return undefined
  const { monitor, definition, group, site, partition, start, length, rev, closed, late } = value
  const states: PaneState[] = []
  for (const aggregate of aggregatesOf(monitor, definition) ?? [undefined]) {
    const state = aggregate && readState(aggregate, value.states)
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
    states,
  }
}

const KIND_COUNT = 1
const KIND_SUM = 2
const KIND_MIN = 3
const KIND_MAX = 4

/** A state that lacks is its kind's zero, since other engines leave nulls away. */
const ZERO = { count: 0, sum: 0, min: Infinity, max: -Infinity }

function readState(
  aggregate: AggregateSpec,
  states: Readonly<Record<string, unknown>>,
): PaneState | undefined {
  const { kind, name, digits } = aggregate
  if (kind !== 'count' && kind !== 'sum' && kind !== 'min' && kind !== 'max') return undefined
  const value = own(states, name) ?? ZERO[kind]
  if (typeof value !== 'number') return undefined
  if (kind === 'min' || kind === 'max') {
    writer.f64(value)
    return { kind: kind === 'min' ? KIND_MIN : KIND_MAX, version: 1, payload: writer.take() }
  }
  const units = Math.round(value * 10 ** (kind === 'sum' ? digits : 0))
  if (!Number.isSafeInteger(units)) return undefined
  if (kind === 'sum') writer.u8(digits)
  writer.svarint(units)
  const errorSquares = own(states, `${name}.q`)
  if (kind === 'sum' && shape.count(errorSquares)) writer.svarint(errorSquares)
  return { kind: kind === 'sum' ? KIND_SUM : KIND_COUNT, version: 1, payload: writer.take() }
}

const own = (states: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(states, name) ? states[name] : undefined
