// A JSON pane (formats.md 2), for people and other engines:
//   {"v":1,"monitor":…,"definition":…,"group":[…],"site":…,"partition":…,"start":…,"length":…,
//    "rev":…,"closed":…,"late":…,"spread":…,"sampled":…,"states":{…},"event_max":…,"read_at":…,
//    "appended_max":…}
// `closed` null: nobody closes panes of this engine. What `states` hold, json-states.ts says.
import type { AggregateSpec } from '../../model/monitor.ts'
import type { Group, Pane, PaneState } from '../../model/pane.ts'
import { readingLimits } from '../../model/reading.ts'
import { shape } from '../json-shape.ts'
import { readJsonState, type NamedStates } from './json-states.ts'

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
  readonly closed: boolean | null
  readonly late: number | undefined
  readonly spread: boolean | undefined
  readonly sampled: boolean | undefined
  readonly states: Readonly<Record<string, unknown>>
  readonly event_max: number
  readonly read_at: number
  readonly appended_max: number | undefined
}

const { tsMin, tsMax } = readingLimits
/** No slice is longer than the longest window. */
const START_MIN = tsMin - 3_600_000

const isJsonPane = shape.object<JsonPane>({
  v: shape.one(1),
  monitor: shape.text,
  definition: (value): value is string => shape.text(value) && /^[0-9a-f]{16}$/.test(value),
  group: shape.list(shape.orNull(shape.text)),
  site: shape.text,
  partition: shape.count,
  // A slice where no row can be would be a place that all others are counted from.
  start: (value): value is number => shape.integer(value) && value > START_MIN && value <= tsMax,
  length: (value): value is number => shape.count(value) && value > 0,
  rev: shape.count,
  closed: shape.orNull(shape.flag),
  late: shape.optional(shape.count),
  spread: shape.optional(shape.flag),
  sampled: shape.optional(shape.flag),
  states: shape.any,
  event_max: shape.integer,
  read_at: shape.integer,
  appended_max: shape.optional(shape.integer),
})

/**
 * The pane behind a parsed record; undefined where it is none or a state is not what its aggregate
 * asks for.
 */
export function readJsonPane(
  value: unknown,
  aggregatesOf: (monitor: string, definition: string) => readonly AggregateSpec[] | undefined,
): Pane | undefined {
  if (!isJsonPane(value)) return undefined
  const { monitor, definition, group, site, partition, start, length, rev, closed } = value
  const named: NamedStates = Object.assign(Object.create(null), value.states)
  const states: PaneState[] = []
  let inexact = false
  for (const aggregate of aggregatesOf(monitor, definition) ?? [undefined]) {
    const read = aggregate && readJsonState(aggregate, named)
    if (read === undefined) return undefined
    states.push(read.state)
    inexact ||= !read.isExact
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
    late: value.late ?? 0,
    closed: closed ?? false,
    endless: closed === null,
    spread: value.spread ?? false,
    sampled: value.sampled ?? false,
    inexact,
    eventMax: value.event_max,
    readAt: value.read_at,
    appendedMax: value.appended_max ?? value.read_at,
    states,
  }
}
