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
  readonly end: number
  /** Where its first minute stands, of whatever definition. */
  readonly offset: number
  /** Rows of other definitions: they count in its revision alone. */
  rowsBefore: number
  hasChanged: boolean
  /** Absent while all that came is of another definition. */
  readonly folded?: Folded
}

/** What minutes of one definition make. */
type Folded = {
  readonly monitor: CompiledMonitor
  readonly states: readonly AggregateState[]
  /** Ends of the minutes that are in it: each is counted once. */
  readonly minutes: number[]
  isSampled: boolean
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
  /** Hours that begin before this may lack minutes. */
  #wholeFrom = -Infinity

  constructor(monitorOf: (id: string) => CompiledMonitor | undefined) {
    this.#monitorOf = monitorOf
  }

  minute(rollUp: RollUp, offset: number): HourVerdict {
    const monitor = this.#monitorOf(rollUp.monitor)
    if (monitor === undefined) return 'definition'
    const key = keyOf(rollUp)
    let byId = this.#hours.get(key)
    if (byId === undefined) this.#hours.set(key, (byId = new Map()))
    const end = Math.ceil(rollUp.end / HOUR_MS) * HOUR_MS
    const id = `${rollUp.id.slice(0, rollUp.id.lastIndexOf('|'))}|${end}`
    const held = byId.get(id)
    const isInForce = monitor.spec.definition === rollUp.definition
    const folded = held?.folded
    const known = folded?.monitor.spec.definition === rollUp.definition ? folded : undefined
    if (isInForce && known?.minutes.includes(rollUp.end) === true) return 'repeated'
    if (held === undefined && this.#count >= HOURS_MAX) return isInForce ? 'groups' : 'definition'
    const states = isInForce ? statesOf(monitor, rollUp) : undefined
    if (held !== undefined && known !== undefined && states !== undefined) {
      add(known, rollUp, states)
      held.hasChanged = true
      return 'new'
    }
    if (held === undefined) this.#count++
    if (states === undefined) {
      // Before a restart it may have been in this hour, and what was issued then is to be replaced.
      if (held !== undefined) held.rowsBefore += rollUp.rows
      else byId.set(id, { end, offset, rowsBefore: rollUp.rows, hasChanged: false })
      return 'definition'
    }
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
    const made = { monitor, states, minutes: [rollUp.end], isSampled, window }
    const rowsBefore = (held?.rowsBefore ?? 0) + (folded?.window.rows ?? 0)
    const first = held?.offset ?? offset
    byId.set(id, { end, offset: first, rowsBefore, hasChanged: true, folded: made })
    return 'new'
  }

  /**
   * Minutes were made up to here: what changed since is issued. To be run to its end; `isQuiet`
   * only lets go what was closed before.
   */
  *past(
    { monitor, scope, to, from = -Infinity }: RolledUpTo,
    { wall, isQuiet }: { readonly wall: number; readonly isQuiet: boolean },
  ): Generator<RollUp> {
    const byId = this.#hours.get(keyOf({ monitor, scope }))
    for (const [id, hour] of byId ?? []) {
      const closed = hour.end <= to
      const { folded, rowsBefore } = hour
      if (folded !== undefined && (closed || hour.hasChanged) && !isQuiet) {
        const wholeFrom = Math.max(from, this.#wholeFrom)
        yield issued(folded, { closed, wall, rowsBefore, wholeFrom })
      }
      hour.hasChanged = false
      if (!closed) continue
      byId?.delete(id)
      this.#count--
    }
  }

  /** Minutes from before this are not all here. */
  beginAt(at: number): void {
    this.#wholeFrom = Math.max(this.#wholeFrom, at)
  }

  get wholeFrom(): number {
    return this.#wholeFrom
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

function add(hour: Folded, minute: RollUp, states: readonly AggregateState[]): void {
  const { aggregates } = hour.monitor.spec
  for (const [i, state] of states.entries()) {
    aggregateState.merge(aggregates[i]!, hour.states[i]!, state)
  }
  hour.minutes.push(minute.end)
  hour.isSampled ||= minute.stderr !== undefined
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

type Issue = {
  readonly closed: boolean
  readonly wall: number
  readonly rowsBefore: number
  readonly wholeFrom: number
}

/** The hour as it is now; of one that is open, no source counts as closed in its revision. */
function issued(
  { monitor, states, isSampled, window }: Folded,
  { closed, wall, rowsBefore, wholeFrom }: Issue,
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
    complete: window.complete && window.start >= wholeFrom,
    values: named(results),
    ...(isSampled && { stderr: named(errorBars(states, results).stderr) }),
    receipt: { ...window.receipt, closed: closed ? wall : null },
    states: states.map((state, i) => aggregateState.encode(spec.aggregates[i]!, state, writer)),
  }
}

const latest = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.max(a, b)
