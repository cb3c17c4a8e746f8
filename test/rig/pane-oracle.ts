import type { AggregateSpec, MonitorSpec } from '../../src/model/monitor.ts'
import type { Expression } from '../../src/model/expression.ts'
import type { Group, Pane } from '../../src/model/pane.ts'
import { aggregateState, type AggregateState } from '../../src/sketch/aggregate-state.ts'
import { clusterOfName, clusterOfRow } from '../../src/sketch/cluster.ts'
import { count, type CountState } from '../../src/sketch/count.ts'
import { couponOf } from '../../src/sketch/coupon.ts'
import { distinct, type DistinctState } from '../../src/sketch/distinct.ts'
import { max, min, type ExtremumState } from '../../src/sketch/extrema.ts'
import { mean, type MeanState } from '../../src/sketch/mean.ts'
import { quantile, type QuantileState } from '../../src/sketch/quantile.ts'
import type { SampleError } from '../../src/sketch/sample-error.ts'
import { isExactSum, sum, type SumState } from '../../src/sketch/sum.ts'
import { weightOf } from '../../src/sketch/weight.ts'
import { ByteWriter, utf8 } from '../../src/std/bytes.ts'

/** A row as a test writes it. */
export type OracleRow = { readonly ts: number; readonly stream: string } & Readonly<
  Record<string, string | number>
>

type Facts = { readonly appendedAt: number; readonly readAt: number }

type Held = {
  readonly monitor: MonitorSpec
  readonly site: string
  readonly group: Group
  readonly start: number
  rev: number
  late: number
  closed: boolean
  spread: boolean
  sampled: boolean
  eventMax: number
  readAt: number
  appendedMax: number
  changed: boolean
  readonly states: AggregateState[]
}

/**
 * Panes as the rules say them, a row and a monitor at a time over maps and objects, with the
 * sketches of `sketch/`: an independent computation of what `PartitionFold` does with columns.
 */
export class PaneOracle {
  readonly #monitors: readonly MonitorSpec[]
  readonly #site: string
  readonly #skewMs: number
  readonly watermarks = new Map<string, number>()
  readonly #numbers = new Map<string, number>()
  readonly #panes = new Map<string, Held>()
  /** Rows that came too late, as `monitor|ts`. */
  readonly lost: string[] = []

  constructor(given: {
    readonly monitors: readonly MonitorSpec[]
    readonly site: string
    readonly skewMs: number
  }) {
    this.#monitors = given.monitors
    this.#site = given.site
    this.#skewMs = given.skewMs
  }

  /** One row in partition order. */
  row(row: OracleRow, facts: Facts): void {
    const site = String(row.site ?? this.#site)
    const before = this.watermarks.get(site) ?? -Infinity
    this.watermarks.set(site, before)
    if (row.n !== undefined && row.collector !== undefined) {
      const last = this.#numbers.get(String(row.collector)) ?? -1
      if (Number(row.n) <= last) return
      this.#numbers.set(String(row.collector), Number(row.n))
    }
    const isSkewed = row.ts > facts.appendedAt + this.#skewMs
    const watermark = isSkewed ? before : Math.max(before, row.ts)
    this.watermarks.set(site, watermark)
    if (row.src === 'beat') return
    for (const monitor of this.#monitors) {
      if (monitor.where === undefined || passes(monitor.where, row)) {
        this.#fold(monitor, row, { ...facts, site, watermark })
      }
    }
  }

  /**
   * The panes that leave, in no order. When it is the turn of an open one that changed, its reader
   * may say.
   */
  due(isShown: (id: string) => boolean = () => true): readonly Pane[] {
    const due: Pane[] = []
    for (const [id, held] of this.#panes) {
      const { latenessMs, correctionMs } = held.monitor.window
      const watermark = this.watermarks.get(held.site) ?? -Infinity
      if (watermark === -Infinity) continue
      const behindMs = watermark - (held.start + sliceMsOf(held.monitor)) - latenessMs
      const closes = behindMs >= 0 && !held.closed
      held.closed ||= closes
      const leaves = held.closed || (isEarly(held.monitor) && isShown(id))
      if (closes || (held.changed && leaves)) {
        due.push(paneOf(held))
        held.changed = false
      }
      if (behindMs >= correctionMs) this.#panes.delete(id)
    }
    return due
  }

  /** The open panes that changed and are to be shown (P5). */
  get waiting(): readonly string[] {
    const isWaiting = ({ changed, monitor, site }: Held): boolean =>
      changed && isEarly(monitor) && this.watermarks.get(site)! > -Infinity
    return [...this.#panes].flatMap(([id, held]) => (isWaiting(held) ? [id] : []))
  }

  #fold(
    monitor: MonitorSpec,
    row: OracleRow,
    facts: Facts & { readonly site: string; readonly watermark: number },
  ): void {
    const sliceMs = sliceMsOf(monitor)
    const start = row.ts - (row.ts % sliceMs)
    const behindMs = facts.watermark - (start + sliceMs) - monitor.window.latenessMs
    if (behindMs >= monitor.window.correctionMs) {
      if (behindMs >= 0) this.lost.push(`${monitor.id}|${row.ts}`)
      if (behindMs >= 0) return
    }
    const group = monitor.groupBy.map((name) =>
      row[name] === undefined ? null : String(row[name]),
    )
    const held = this.#held(monitor, { site: facts.site, group, start })
    const weight = row.p === undefined ? 1 : weightOf(Number(row.p))
    monitor.aggregates.forEach((spec, i) => add(spec, held.states[i]!, { row, weight }))
    held.rev++
    if (behindMs >= 0) held.late++
    held.eventMax = Math.max(held.eventMax, row.ts)
    held.appendedMax = Math.max(held.appendedMax, facts.appendedAt)
    held.readAt = facts.readAt
    held.spread ||= row.spread !== undefined
    held.sampled ||= weight > 1
    held.changed = true
  }

  #held(
    monitor: MonitorSpec,
    { site, group, start }: { site: string; group: Group; start: number },
  ): Held {
    const id = JSON.stringify([monitor.id, site, group, start])
    const known = this.#panes.get(id)
    if (known !== undefined) return known
    const held: Held = {
      monitor,
      site,
      group,
      start,
      rev: 0,
      late: 0,
      closed: false,
      spread: false,
      sampled: false,
      eventMax: -Infinity,
      readAt: 0,
      appendedMax: -Infinity,
      changed: false,
      states: monitor.aggregates.map((spec) => aggregateState.zero(spec)),
    }
    this.#panes.set(id, held)
    return held
  }
}

const isEarly = ({ rules }: MonitorSpec): boolean => rules.some((rule) => rule.early)

function sliceMsOf({ window: { sizeMs, hopMs } }: MonitorSpec): number {
  let [a, b] = [sizeMs, hopMs]
  while (b > 0) [a, b] = [b, a % b]
  return a
}

function add(
  spec: AggregateSpec,
  state: AggregateState,
  { row, weight }: { readonly row: OracleRow; readonly weight: number },
): void {
  if (spec.where !== undefined && !passes(spec.where, row)) return
  const value = spec.field === undefined ? 0 : row[spec.field]
  if (value === undefined || value === '') return
  const sampled = weight === 1 ? undefined : { weight, cluster: clusterOf(row) }
  if (spec.kind === 'count') count.add(state as CountState, sampled)
  if (spec.kind === 'sum') sum.add(state as SumState, Number(value), sampled)
  if (spec.kind === 'min') min.add(state as ExtremumState, Number(value))
  if (spec.kind === 'max') max.add(state as ExtremumState, Number(value))
  if (spec.kind === 'mean') mean.add(state as MeanState, Number(value))
  if (spec.kind === 'quantile') quantile.add(state as QuantileState, Number(value))
  if (spec.kind === 'distinct') {
    const scale = row.sampled === 'request' ? 1 : weight
    distinct.add(state as DistinctState, couponOf(utf8(String(value)))!, scale)
  }
}

/** The row's session, or what stands for it (Z18); what is empty is absent. */
function clusterOf(row: OracleRow): number {
  const name = [row.session, row.conn, row.client].find((each) => (each ?? '') !== '')
  if (name === undefined) return clusterOfRow(row.ts)
  const cluster = clusterOfName(utf8(String(name)))
  return row.sampled === 'request' ? clusterOfRow(row.ts, cluster) : cluster
}

function passes(test: Expression, row: OracleRow): boolean {
  switch (test.op) {
    case 'bool':
      return test.value
    case '&&':
      return passes(test.left, row) && passes(test.right, row)
    case '||':
      return passes(test.left, row) || passes(test.right, row)
    case '!':
      return !passes(test.operand, row)
    case 'in':
      return test.list.some((right) => passes({ op: '==', left: test.left, right }, row))
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compares(test.op, valueOf(test.left, row), valueOf(test.right, row))
    default:
      throw new Error(`no row test: ${test.op}`)
  }
}

function compares(
  op: string,
  left: string | number | undefined,
  right: string | number | undefined,
): boolean {
  if (left === undefined || right === undefined) return false
  if (op === '==') return left === right
  if (op === '!=') return left !== right
  if (op === '<') return left < right
  if (op === '<=') return left <= right
  return op === '>' ? left > right : left >= right
}

function valueOf(side: Expression, row: OracleRow): string | number | undefined {
  if (side.op === 'name') return row[side.name]
  if (side.op === 'negate') return -Number(valueOf(side.operand, row))
  if (side.op === 'number' || side.op === 'text') return side.value
  throw new Error(`no value: ${side.op}`)
}

const errorOf = (state: AggregateState): SampleError | undefined =>
  'error' in state ? state.error : undefined

const writer = new ByteWriter()

function paneOf(held: Held): Pane {
  const { monitor, site, group, start, rev, late, closed, spread, sampled } = held
  const { eventMax, readAt, appendedMax, states } = held
  const inexact = states.some(
    (state) => !isExactSum('units' in state ? state.units : 'count' in state ? state.count : 0),
  )
  return {
    monitor: monitor.id,
    group,
    definition: monitor.definition,
    site,
    partition: 0,
    start,
    length: sliceMsOf(monitor),
    rev,
    late,
    closed,
    endless: false,
    spread,
    sampled,
    inexact,
    eventMax,
    readAt,
    appendedMax,
    states: states.map((state, i) => {
      const spec = monitor.aggregates[i]!
      // A total of a sampled pane says that no row of the sample is in it.
      const isTotal = spec.kind === 'sum' || spec.kind === 'count'
      const whole = sampled && isTotal ? { ...state, error: errorOf(state) ?? [] } : state
      return aggregateState.encode(spec, whole, writer)
    }),
  }
}
