import type { AggregateSpec } from '../src/model/monitor.ts'
import { ByteWriter } from '../src/std/bytes.ts'
import { aggregateState, type AggregateState } from '../src/sketch/aggregate-state.ts'
import { encodePane, paneKey } from '../src/wire/pane-codec.ts'

const writer = new ByteWriter()

/** One pane to be: the states of a monitor's aggregates, in their order. */
export type MadePane = {
  readonly monitor: string
  readonly definition: string
  readonly group: readonly string[]
  readonly start: number
  readonly length: number
  readonly rows: number
  readonly closed?: boolean
}

/** A record of `panes` as the aggregate reader would append it. */
export function madePane(
  made: MadePane,
  aggregates: readonly AggregateSpec[],
  states: readonly AggregateState[],
): { readonly key: Uint8Array; readonly value: Uint8Array } {
  const { monitor, group, start, length, rows, definition, closed = true } = made
  const value = encodePane({
    monitor,
    group,
    definition,
    site: 'ams1',
    partition: 0,
    start,
    length,
    rev: rows,
    late: 0,
    closed,
    endless: false,
    spread: false,
    sampled: false,
    inexact: false,
    eventMax: start + length - 1,
    readAt: start + length,
    appendedMax: start + length,
    states: aggregates.map((spec, i) => aggregateState.encode(spec, states[i]!, writer)),
  })
  return { key: paneKey(monitor, group), value }
}
