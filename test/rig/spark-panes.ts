import type { AggregateSpec, MonitorSpec } from '../../src/model/monitor.ts'
import type { Pane } from '../../src/model/pane.ts'
import { aggregateState, type AggregateState } from '../../src/sketch/aggregate-state.ts'
import type { DistinctState } from '../../src/sketch/distinct.ts'
import type { SampleError } from '../../src/sketch/sample-error.ts'
import { utf8 } from '../../src/std/bytes.ts'
import { decodePanesRecord } from '../../src/wire/pane-codec.ts'

type PaneRow = { readonly key: Uint8Array; readonly value: Uint8Array }
type Json = Readonly<Record<string, unknown>>

/** A list of DataSketches has room for so many coupons, a set for three quarters of 512. */
const LIST_MAX = 7
const SET_SLOTS = 512

/**
 * Records of `panes` as Spark would have made them: its panes as JSON that nobody closes, each
 * revision once; all other records as they are.
 */
export function sparkRows(rows: readonly PaneRow[], spec: MonitorSpec): readonly PaneRow[] {
  const revisions = new Map<string, number>()
  return rows.flatMap((row) => {
    const record = decodePanesRecord(row)
    if (record.kind !== 'pane') return [row]
    const { pane } = record
    const { site, partition, group, start, rev } = pane
    const identity = JSON.stringify([site, partition, group, start])
    if (revisions.get(identity) === rev) return []
    revisions.set(identity, rev)
    return [{ key: row.key, value: utf8(JSON.stringify(sparkPane(pane, spec))) }]
  })
}

/** A pane as the JSON that a Spark query writes (spark.md 5.6). */
export function sparkPane(pane: Pane, spec: MonitorSpec): Json {
  const { monitor, definition, group, site, partition, start, length, rev } = pane
  const states = spec.aggregates.map((aggregate, i) => {
    const state = aggregateState.decode(aggregate, pane.states[i]!)
    return namedState(aggregate, state!)
  })
  return {
    ...{ v: 1, monitor, definition, group, site, partition, start, length, rev, closed: null },
    ...{ spread: pane.spread, sampled: pane.sampled, states: Object.assign({}, ...states) },
    ...{ event_max: pane.eventMax, read_at: pane.readAt, appended_max: pane.appendedMax },
  }
}

function namedState({ name }: AggregateSpec, state: AggregateState): Json {
  const error = 'error' in state && state.error && { [`${name}.e`]: errorList(state.error) }
  if ('units' in state && 'count' in state) {
    return { [`${name}.sum`]: state.units / 1000, [`${name}.count`]: state.count }
  }
  if ('units' in state) return { [name]: state.units / 10 ** state.digits, ...error }
  if ('count' in state) return { [name]: state.count, ...error }
  if ('byWeight' in state) return { [name]: distinctMap(state) }
  if ('buckets' in state) {
    const entries = state.buckets.map((bucket, i) => [bucket, state.counts[i]!] as const)
    return { [name]: entries.toSorted((a, b) => b[1] - a[1]) }
  }
  return Number.isFinite(state.value) ? { [name]: state.value } : {}
}

const errorList = (error: Readonly<SampleError>): readonly (number | null)[] =>
  Array.from({ length: 64 }, (_, bucket) => {
    for (let i = 0; i < error.length; i += 2) if (error[i] === bucket) return error[i + 1]!
    return null
  })

const distinctMap = ({ byWeight }: Readonly<DistinctState>): Json =>
  Object.fromEntries(
    byWeight.map(({ weight, coupons, registers }) => [
      String(weight),
      (registers ? registerBytes(registers) : couponBytes(coupons)).toBase64(),
    ]),
  )

function registerBytes(registers: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(40 + registers.length)
  bytes.set([10, 1, 7, 12, 0, 0, 0, 10])
  bytes.set(registers, 40)
  return bytes
}

/** A list in order of arrival, a set in order of a hash: here from the last one to the first. */
function couponBytes(coupons: readonly number[]): Uint8Array {
  const isList = coupons.length <= LIST_MAX
  const from = isList ? 8 : 12
  const bytes = new Uint8Array(from + 4 * (isList ? LIST_MAX + 1 : SET_SLOTS))
  const view = new DataView(bytes.buffer)
  bytes.set(isList ? [2, 1, 7, 12, 3, 0, coupons.length, 8] : [3, 1, 7, 12, 9, 0, 0, 9])
  if (!isList) view.setUint32(8, coupons.length, true)
  coupons.toReversed().forEach((coupon, i) => {
    view.setUint32(from + 4 * (isList ? i : i + 3), coupon, true)
  })
  return bytes
}
