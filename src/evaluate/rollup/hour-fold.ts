import type { RolledUpTo, RollUp } from '../../model/roll-up.ts'
import { aggregateState, type AggregateState } from '../../sketch/aggregate-state.ts'
import { ByteWriter } from '../../std/bytes.ts'
import type { CompiledMonitor } from '../compiled-monitor.ts'
import { revisionOf } from '../window-maker.ts'
import { HOUR_MS } from './roll-up-monitor.ts'

/** Open hours at once (D5): minutes of more groups are refused and counted. */
const HOURS_MAX = 500_000

/** What became of a minute: counted before, of a definition not in force, a group too many. */
export type HourVerdict = 'new' | 'repeated' | 'definition' | 'groups'

type Hour = {
  readonly monitor: CompiledMonitor
  readonly id: string
  readonly end: number
  /** Where its first minute stands. */
  readonly offset: number
  readonly states: readonly AggregateState[]
  /** Ends of the minutes that are in it: each is counted once. */
  readonly minutes: number[]
  /** Rows of another definition that were in it before: they count in its revision alone. */
  readonly rowsBefore: number
  isSampled: boolean
  hasChanged: boolean
  /** What the minutes have in common and what is known over all of them. */
  window: Omit<RollUp, 'states' | 'values' | 'stderr'>
}

const writer = new ByteWriter()

/**
 * Minutes of one partition of `rollups` folded to hours (T4). An hour is closed once its minutes
 * were all made, and issued before that each time more of them were: with fewer rows, hence with a
 * lower revision.
 */
export class HourFold {
  readonly #monitorOf: (id: string) => CompiledMonitor | undefined
  /** By monitor and scope, then by id. */
  readonly #hours = new Map<string, Map<string, Hour>>()
  #count = 0

  constructor(monitorOf: (id: string) => CompiledMonitor | undefined) {
    this.#monitorOf = monitorOf
  }

  minute(rollUp: RollUp, offset: number): HourVerdict {
    const monitor = this.#monitorOf(rollUp.monitor)
    if (monitor?.spec.definition !== rollUp.definition) return 'definition'
    const key = keyOf(rollUp)
    let byId = this.#hours.get(key)
    if (byId === undefined) this.#hours.set(key, (byId = new Map()))
    const end = Math.ceil(rollUp.end / HOUR_MS) * HOUR_MS
    const id = `${rollUp.id.slice(0, rollUp.id.lastIndexOf('|'))}|${end}`
    const held = byId.get(id)
    const known = held?.monitor.spec.definition === rollUp.definition ? held : undefined
    if (known?.minutes.includes(rollUp.end) === true) return 'repeated'
    if (held === undefined && this.#count >= HOURS_MAX) return 'groups'
    const states = statesOf(monitor, rollUp)
    if (states === undefined) return 'definition'
    if (known !== undefined) {
      add(known, rollUp, states)
      return 'new'
    }
    if (held === undefined) this.#count++
    const window = {
      ...withoutStates(rollUp),
      id,
      start: end - HOUR_MS,
      end,
      tier: 'hour',
      // States of two definitions do not merge: what came before in this hour is not in it.
      complete: rollUp.complete && held === undefined,
    } as const
    const isSampled = rollUp.stderr !== undefined
    const rowsBefore = held === undefined ? 0 : held.rowsBefore + held.window.rows
    const minutes = [rollUp.end]
    const made = { monitor, id, end, offset, states, minutes, rowsBefore, isSampled, window }
    byId.set(id, { ...made, hasChanged: true })
    return 'new'
  }

  /**
   * Minutes were made up to here: what changed since is issued. To be run to its end; `isQuiet`
   * only lets go what was closed before.
   */
  *past(
    { monitor, scope, to }: RolledUpTo,
    { wall, isQuiet }: { readonly wall: number; readonly isQuiet: boolean },
  ): Generator<RollUp> {
    const byId = this.#hours.get(keyOf({ monitor, scope }))
    for (const [id, hour] of byId ?? []) {
      const closed = hour.end <= to
      if ((closed || hour.hasChanged) && !isQuiet) yield issued(hour, closed, wall)
      hour.hasChanged = false
      if (!closed) continue
      byId?.delete(id)
      this.#count--
    }
  }

  /** The first minute of the oldest open hour, or Infinity. */
  get oldestOffset(): number {
    let oldest = Infinity
    for (const byId of this.#hours.values()) {
      for (const { offset } of byId.values()) oldest = Math.min(oldest, offset)
    }
    return oldest
  }

  get size(): number {
    return this.#count
  }
}

const keyOf = ({ monitor, scope }: Pick<RolledUpTo, 'monitor' | 'scope'>): string =>
  `${monitor}|${scope}`

/** Undefined where they are not those of the monitor's aggregates. */
function statesOf(
  { spec: { aggregates } }: CompiledMonitor,
  { states }: RollUp,
): readonly AggregateState[] | undefined {
  const read = states.flatMap((state, i) => {
    const spec = aggregates[i]
    const decoded = spec && aggregateState.decode(spec, state)
    return decoded === undefined ? [] : [decoded]
  })
  return read.length === aggregates.length ? read : undefined
}

function withoutStates({ states: _, values: __, stderr: ___, ...window }: RollUp) {
  return window
}

function add(hour: Hour, minute: RollUp, states: readonly AggregateState[]): void {
  const { aggregates } = hour.monitor.spec
  for (const [i, state] of states.entries()) {
    aggregateState.merge(aggregates[i]!, hour.states[i]!, state)
  }
  hour.minutes.push(minute.end)
  hour.isSampled ||= minute.stderr !== undefined
  hour.hasChanged = true
  const { window } = hour
  const [a, b] = [window.sources, minute.sources]
  const sites = a.sites ?? b.sites
  hour.window = {
    ...window,
    rows: window.rows + minute.rows,
    sources: {
      expected: Math.max(a.expected, b.expected),
      reported: Math.min(a.reported, b.reported),
      missing: [...new Set([...a.missing, ...b.missing])].sort(),
      ...(sites && {
        sites: {
          expected: Math.max(sites.expected, b.sites?.expected ?? 0),
          reported: Math.min(sites.reported, b.sites?.reported ?? Infinity),
        },
      }),
    },
    complete: window.complete && minute.complete,
    receipt: {
      event: latest(window.receipt.event, minute.receipt.event),
      read: latest(window.receipt.read, minute.receipt.read),
      pane: latest(window.receipt.pane, minute.receipt.pane),
      closed: null,
    },
  }
}

/** The hour as it is now; of one that is open, no source counts as closed in its revision. */
function issued(
  { monitor, states, isSampled, rowsBefore, window }: Hour,
  closed: boolean,
  wall: number,
): RollUp {
  const { names, spec, derive, errorBars } = monitor
  const results = new Float64Array(names.length)
  for (const [i, aggregate] of spec.aggregates.entries()) {
    results[i] = aggregateState.result(aggregate, states[i]!) ?? NaN
  }
  derive(results)
  const named = (slots: Float64Array) =>
    Object.fromEntries(
      names.flatMap((name, slot) =>
        Number.isFinite(results[slot]) && Number.isFinite(slots[slot])
          ? [[name, slots[slot]!] as const]
          : [],
      ),
    )
  const reported = closed ? window.sources.reported : 0
  return {
    ...window,
    rev: revisionOf(rowsBefore + window.rows, { reported, closed }),
    closed,
    values: named(results),
    ...(isSampled && { stderr: named(errorBars(states, results).stderr) }),
    receipt: { ...window.receipt, closed: closed ? wall : null },
    states: states.map((state, i) => aggregateState.encode(spec.aggregates[i]!, state, writer)),
  }
}

const latest = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.max(a, b)
