import { PartitionFold } from '../../../src/aggregate/partition-fold.ts'
import type { AggregateSpec, MonitorSpec } from '../../../src/model/monitor.ts'
import type { Pane, PaneState } from '../../../src/model/pane.ts'
import { aggregateState } from '../../../src/sketch/aggregate-state.ts'
import { utf8 } from '../../../src/std/bytes.ts'
import { decodePanesRecord, paneKey } from '../../../src/wire/pane-codec.ts'
import { valueColumns } from '../../rig/row-columns.ts'
import type { PaneBytes, SourceRow } from './spark-batch.ts'

/** Nothing is late so soon; a heartbeat behind all rows closes what is left nevertheless. */
const LATENESS_MS = 40 * 365 * 86_400_000
const FINAL_AT = 4_102_444_700_000

export type OwnGiven = {
  readonly monitors: readonly MonitorSpec[]
  readonly ownSite: string
  readonly partitions: number
  readonly skewMs: number
}

export type OwnOutcome = {
  readonly panes: readonly Pane[]
  readonly refused: ReadonlyMap<string, number>
}

/** What our own engine makes of the same rows, were none of them late: the last of every pane. */
export function foldRows(given: OwnGiven, rows: readonly SourceRow[]): OwnOutcome {
  const monitors = given.monitors.map((monitor) => ({
    ...monitor,
    window: { ...monitor.window, latenessMs: LATENESS_MS, correctionMs: 0 },
    rules: [],
  }))
  const refused = new Map<string, number>()
  const panes: Pane[] = []
  for (let partition = 0; partition < given.partitions; partition++) {
    const mine = rows.filter((row) => row.partition === partition)
    const sites = sitesOf(mine, given.ownSite)
    const ends = sites.map((site) => ({
      partition,
      timestamp: FINAL_AT,
      value: utf8(JSON.stringify({ ts: FINAL_AT, site, stream: '-', src: 'beat' })),
    }))
    const fold = new PartitionFold(
      {
        site: given.ownSite,
        monitors,
        partitions: given.partitions,
        panesPartitions: 1,
        skewMs: given.skewMs,
        early: false,
      },
      partition,
    )
    for (let base = 0; base < mine.length; base += 1000) {
      const some = mine.slice(base, base + 1000)
      for (const refusal of fold.fold(columnsOf(some, base), 0)) {
        const reason = refusal.kind === 'rejected' ? refusal.reason : 'late'
        refused.set(reason, (refused.get(reason) ?? 0) + 1)
      }
    }
    fold.fold(columnsOf(ends, mine.length), 0)
    for (const { key, value } of fold.emit(FINAL_AT)) {
      const read = decodePanesRecord({ key: key.slice(), value: value.slice() })
      if (read.kind === 'pane') panes.push(read.pane)
    }
  }
  return { panes, refused }
}

function sitesOf(rows: readonly SourceRow[], ownSite: string): readonly string[] {
  const named = rows.map(({ value }) => /"site":"([^"]+)"/.exec(new TextDecoder().decode(value)))
  return [...new Set([ownSite, ...named.flatMap((match) => match?.[1] ?? [])])]
}

const columnsOf = (rows: readonly SourceRow[], base: number) =>
  valueColumns(
    rows.map(({ value }) => value ?? new Uint8Array(0)),
    { base, times: Float64Array.from(rows, ({ timestamp }) => timestamp) },
  )

type Comparable = Readonly<Record<string, unknown>>

/** What both engines have to agree on, by monitor, source, slice and group. */
export function comparable(
  panes: readonly Pane[],
  of: { readonly site: string; readonly monitors: readonly MonitorSpec[] },
): ReadonlyMap<string, Comparable> {
  const out = new Map<string, Comparable>()
  for (const pane of panes) {
    if (pane.site !== of.site) continue
    const { monitor, group, partition, start } = pane
    const id = JSON.stringify([monitor, partition, start, group])
    if (out.has(id)) throw new Error(`two panes of ${id}`)
    const { definition, length, rev, spread, sampled, inexact, eventMax, appendedMax } = pane
    const aggregates = of.monitors.find((each) => each.id === monitor)?.aggregates ?? []
    const states = pane.states.map((state, i) => stateText(aggregates[i]!, state))
    const facts = { definition, length, rev, spread, sampled, inexact, eventMax, appendedMax }
    out.set(id, { ...facts, states })
  }
  return out
}

/** Its bytes; of numbers that a double no longer counts, only that they are such (P3, Z18). */
function stateText(spec: AggregateSpec, state: PaneState): string {
  const { kind, version, payload } = state
  const decoded = aggregateState.decode(spec, state)
  const error = decoded !== undefined && 'error' in decoded ? (decoded.error ?? []) : []
  const units = decoded !== undefined && 'units' in decoded ? [decoded.units] : []
  const isInexact = [...units, ...error].some((each) => Math.abs(each) > Number.MAX_SAFE_INTEGER)
  if (decoded === undefined) return 'unreadable'
  return `${spec.name} ${kind}.${version}:${isInexact ? 'inexact' : payload.toHex()}`
}

/** Spark's panes as they are read; throws of one that cannot be, or has another's key. */
export function readPanes(
  records: readonly PaneBytes[],
  monitors: readonly MonitorSpec[],
): readonly Pane[] {
  return records.map((record) => {
    const read = decodePanesRecord(
      record,
      (id, definition) =>
        monitors.find((monitor) => monitor.id === id && monitor.definition === definition)
          ?.aggregates,
    )
    if (read.kind !== 'pane') throw new Error(`no pane: ${new TextDecoder().decode(record.value)}`)
    const { monitor, group } = read.pane
    if (record.key.toHex() !== paneKey(monitor, group).toHex())
      throw new Error(`key of ${monitor} ${group}`)
    return read.pane
  })
}
