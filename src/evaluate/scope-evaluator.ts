import type { CompiledRule } from '../alert/compile-rule.ts'
import type { Command } from '../model/command.ts'
import type { Group, Pane } from '../model/pane.ts'
import type { Step } from '../model/step.ts'
import type { WindowResult } from '../model/window-result.ts'
import { windowId, windowKey } from '../wire/window-codec.ts'
import { windowEnds } from '../window/slice.ts'
import { AlertInstances } from './alert-instances.ts'
import { namedValues, type CompiledMonitor } from './compiled-monitor.ts'
import { finite, GroupPanes, type MergedWindow, type PaneVerdict } from './group-panes.ts'
import { PaneTable, type PaneRecordFacts } from './pane-table.ts'
import type { GroupDump, ScopeDump } from './checkpoint.ts'
import { isDarkIn, type Source, type SourceTable } from './source-table.ts'

/** A group that was INACTIVE and without rows for this long is forgotten (A45). */
const FORGET_AFTER_MS = 3_600_000

/** Where results go; `wall` is the wall time of this turn, for receipts alone. */
export type Results = {
  /** Each with the key of its group in the `windows` log. */
  readonly windows: { readonly key: Uint8Array; readonly window: WindowResult }[]
  readonly steps: Step[]
  readonly wall: number
}

type GroupState = {
  readonly key: Uint8Array
  /** What the ids of its windows begin with (V4). */
  readonly idPrefix: string
  readonly named: Readonly<Record<string, string>>
  readonly group: Group
  readonly panes: GroupPanes
  readonly alerts: AlertInstances
  /** End of the newest slice with rows by source: what an incomplete window may lack (A16). */
  readonly rowsAtBySource: Map<string, number>
  /** Ends of closed windows whose panes changed since they were issued. */
  readonly changed: Set<number>
}

/** The windows of one monitor in one scope (a site, or `all`): what closes, and what it means. */
export class ScopeEvaluator {
  readonly #monitor: CompiledMonitor
  readonly #scope: string
  readonly #sources: SourceTable
  readonly #groups = new Map<string, GroupState>()
  readonly #table: PaneTable
  readonly #changed = new Set<GroupState>()
  readonly rules: readonly CompiledRule[]
  /** Every window that ends at or before this is closed (V1). */
  #closedTo = -Infinity

  constructor(monitor: CompiledMonitor, scope: string, sources: SourceTable) {
    this.#monitor = monitor
    this.#scope = scope
    this.#sources = sources
    this.#table = new PaneTable(monitor.spec.aggregates)
    const kind = scope === 'all' ? 'all' : 'site'
    this.rules = monitor.rules.filter((rule) => rule.spec.scopes.includes(kind))
  }

  /** Takes a pane in; with `early`, tries the open windows that hold it (V3, A15). */
  put(pane: Pane, record: PaneRecordFacts, early: Results | undefined): PaneVerdict | 'beyond' {
    const verdict = this.rebuild(pane, record)
    if (verdict !== 'new') return verdict
    const state = this.#group(pane.group)
    // Below it a window's older slices are forgotten: what is left of it would be wrong.
    const wholeFrom = this.#closedTo - this.#monitor.spec.window.correctionMs
    for (const end of windowEnds(pane.start, this.#monitor.spec.window)) {
      if (end < wholeFrom) continue
      if (end <= this.#closedTo) {
        state.changed.add(end)
        this.#changed.add(state)
      } else if (early !== undefined) this.#tryEarly(state, end, early)
    }
    return verdict
  }

  /** Takes a pane in whose windows were judged before the checkpoint (A74). */
  rebuild(pane: Pane, record: PaneRecordFacts): PaneVerdict | 'beyond' {
    const sliceEnd = pane.start + this.#monitor.sliceMs
    // Its neighbours are gone: a window made of what is left would be wrong.
    if (sliceEnd <= this.#keepFrom()) return 'beyond'
    const state = this.#group(pane.group)
    const verdict = state.panes.put(pane, record)
    if (verdict === 'repeated' || verdict === 'unreadable') return verdict
    const source = `${pane.site}\0${pane.partition}`
    const before = state.rowsAtBySource.get(source) ?? -Infinity
    state.rowsAtBySource.set(source, Math.max(before, sliceEnd))
    return verdict
  }

  /** Issues what changed and closes what the sources have passed (V1). */
  close(into: Results): void {
    for (const state of this.#changed) {
      for (const end of [...state.changed].sort((a, b) => a - b)) {
        const { result } = this.#window(state, end, { into, corrected: true })
        into.windows.push({ key: state.key, window: result })
      }
      state.changed.clear()
    }
    this.#changed.clear()
    const { hopMs, latenessMs } = this.#monitor.spec.window
    const watermark = this.#sources.watermark(this.#scope)
    const to = Math.floor((watermark - latenessMs) / hopMs) * hopMs
    if (!Number.isFinite(to) || to <= this.#closedTo) return
    const from = this.#closedTo
    this.#closedTo = to
    for (const [key, state] of this.#groups) {
      this.#closeGroup(state, from, into)
      state.panes.forget(this.#keepFrom())
      if (this.#isForgettable(state)) this.#groups.delete(key)
    }
  }

  act(command: Command, into: Results): void {
    for (const { alerts } of this.#groups.values()) {
      into.steps.push(...alerts.act(command, this.#sources.now))
    }
  }

  expire(into: Results): void {
    for (const { alerts } of this.#groups.values()) {
      into.steps.push(...alerts.expire(this.#sources.now))
    }
  }

  /** The oldest record that the panes kept here stand in, or Infinity (A74). */
  get oldestOffset(): number {
    let oldest = Infinity
    for (const { panes } of this.#groups.values()) oldest = Math.min(oldest, panes.oldestOffset)
    return oldest
  }

  get groupCount(): number {
    return this.#groups.size
  }

  dump(): { readonly closedTo: number | null; readonly groups: readonly GroupDump[] } {
    const groups = Array.from(this.#groups.values(), (state) => ({
      group: state.group,
      rowsAt: finite(state.panes.forgottenTo),
      rowsAtBySource: [...state.rowsAtBySource],
      alerts: state.alerts.dump(),
    }))
    return { closedTo: finite(this.#closedTo), groups }
  }

  load(dump: ScopeDump): void {
    this.#closedTo = dump.closedTo ?? -Infinity
    for (const group of dump.groups) {
      const state = this.#group(group.group)
      state.panes.forgottenTo = group.rowsAt ?? -Infinity
      for (const [source, at] of group.rowsAtBySource) state.rowsAtBySource.set(source, at)
      const known = group.alerts.map((alert, i) => [dump.rules[i]!, alert] as const)
      state.alerts.load(Object.fromEntries(known))
    }
  }

  #group(group: Group): GroupState {
    const key = JSON.stringify(group)
    let state = this.#groups.get(key)
    if (state === undefined) {
      const id = windowId(this.#monitor.spec.id, group, { scope: this.#scope, end: 0 })
      state = {
        group,
        key: windowKey(this.#monitor.spec.id, group),
        idPrefix: id.slice(0, -1),
        named: this.#named(group),
        panes: new GroupPanes(this.#monitor.spec, this.#table),
        alerts: new AlertInstances(this.rules, this.#labels(group)),
        rowsAtBySource: new Map(),
        changed: new Set(),
      }
      this.#groups.set(key, state)
    }
    return state
  }

  #named(group: Group): Readonly<Record<string, string>> {
    const named: Record<string, string> = {}
    this.#monitor.spec.groupBy.forEach((name, i) => {
      const value = group[i]
      if (value !== null && value !== undefined) named[name] = value
    })
    return named
  }

  /** Labels of the group; a local alert names its site (A10). */
  #labels(group: Group): Readonly<Record<string, string>> {
    const labels = this.#named(group)
    return this.#scope === 'all' ? labels : { ...labels, site: this.#scope }
  }

  /** Slices that end at or before this can change no window any more. */
  #keepFrom(): number {
    const { correctionMs, sizeMs } = this.#monitor.spec.window
    return this.#closedTo - correctionMs - sizeMs
  }

  #closeGroup(state: GroupState, from: number, into: Results): void {
    const { hopMs, sizeMs } = this.#monitor.spec.window
    const silenceTo = this.#sources.silenceTo
    for (let end = this.#nextEnd(state, from); end <= this.#closedTo;) {
      const hasRows = state.panes.firstSlice(end - sizeMs) < end
      if (!hasRows && end > silenceTo) {
        // Behind a recording's last row silence means nothing, but a row ahead of its time counts.
        end = this.#nextEndWithRows(state, end)
        continue
      }
      const { merged, result, values } = this.#window(state, end, { into, corrected: false })
      if (hasRows) into.windows.push({ key: state.key, window: result })
      this.#judge(state, { end, merged, result, values, closed: true }, into)
      end = hasRows ? end + hopMs : this.#nextEnd(state, end)
    }
  }

  /** The next window that has rows, or whose lack of rows means something. */
  #nextEnd(state: GroupState, after: number): number {
    const { hopMs } = this.#monitor.spec.window
    const withRows = this.#nextEndWithRows(state, after)
    if (!Number.isFinite(after)) return withRows
    const unwatchedTo = this.#unwatchedTo(state)
    const rowsAt = state.panes.rowsAt(after)
    const quietFrom = unwatchedTo <= after ? Math.max(rowsAt, unwatchedTo) : rowsAt
    if (state.alerts.isAttentive(quietFrom, after)) return after + hopMs
    // Behind what nobody watched silence is counted anew; in it there is none to look for.
    const isAhead = unwatchedTo > after && state.alerts.isAttentive(unwatchedTo, unwatchedTo)
    const watched = isAhead ? Math.ceil(unwatchedTo / hopMs) * hopMs : Infinity
    return Math.min(withRows, Math.max(after + hopMs, watched))
  }

  #nextEndWithRows(state: GroupState, after: number): number {
    const { hopMs, sizeMs } = this.#monitor.spec.window
    const first = state.panes.firstSlice(after + hopMs - sizeMs)
    const withRows = Math.ceil((first + this.#monitor.sliceMs) / hopMs) * hopMs
    return Math.max(after + hopMs, withRows)
  }

  #tryEarly(state: GroupState, end: number, into: Results): void {
    const { hopMs } = this.#monitor.spec.window
    const watermark = this.#sources.watermark(this.#scope)
    if (end > Math.floor(watermark / hopMs) * hopMs + hopMs) return
    const made = this.#window(state, end, { into, corrected: false })
    this.#judge(state, { end, ...made, closed: false }, into)
  }

  #judge(
    state: GroupState,
    made: Made & { readonly end: number; readonly closed: boolean },
    into: Results,
  ): void {
    const { end, merged, result, values, closed } = made
    const window = {
      end,
      rev: result.rev,
      closed,
      complete: this.#isComplete(state, end),
      rows: merged.rows,
      rowsAt: finite(state.panes.rowsAt(end)) ?? undefined,
      unwatchedTo: this.#unwatchedTo(state),
      values,
      texts: this.#monitor.textsOf(state.group),
    }
    const evidence = () => ({
      value: result.values,
      receipt: {
        event: merged.eventMax,
        read: merged.readAt,
        pane: merged.appendedAt,
        closed: closed ? into.wall : null,
        fired: into.wall,
      },
    })
    into.steps.push(...state.alerts.tick(window, evidence))
  }

  /** A16: no source is missing, or was in the window, that had rows of this group lately. */
  #isComplete(state: GroupState, end: number): boolean {
    const start = end - this.#monitor.spec.window.sizeMs
    for (const source of this.#sourcesOf(state, end)) {
      if (source.silent || isDarkIn(source, { start, end })) return false
    }
    return true
  }

  /** Up to where a source that rows of the group came from was not watched; 0 for none (A18). */
  #unwatchedTo(state: GroupState): number {
    if (this.#sources.unwatchedTo === 0) return 0
    let to = 0
    for (const source of this.#sourcesOf(state, this.#closedTo)) {
      to = Math.max(to, source.unwatchedTo)
    }
    return to
  }

  /** The sources that had rows of this group within `forget_after`. */
  *#sourcesOf(state: GroupState, end: number): Iterable<Readonly<Source>> {
    for (const [name, rowsAt] of state.rowsAtBySource) {
      const [site = '', partition] = name.split('\0')
      if (rowsAt < end - FORGET_AFTER_MS) continue
      const source = this.#sources.find(site, Number(partition))
      if (source !== undefined) yield source
    }
  }

  #window(
    state: GroupState,
    end: number,
    how: { readonly into: Results; readonly corrected: boolean },
  ): Made {
    const { spec, names } = this.#monitor
    const merged = state.panes.merge(end)
    const values = this.#monitor.valuesOf(merged.states)
    const closed = end <= this.#closedTo
    const start = end - spec.window.sizeMs
    const closesAt = end + spec.window.latenessMs
    const sources = this.#sources.coverage(this.#scope, { start, end, closesAt })
    const result: WindowResult = {
      v: 1,
      id: `${state.idPrefix}${end}`,
      scope: this.#scope,
      monitor: spec.id,
      definition: spec.definition,
      group: state.named,
      start,
      end,
      rev: merged.revSum * 4096 + 2 * sources.reported + (closed ? 1 : 0),
      closed,
      rows: merged.rows,
      values: namedValues(names, values),
      sources,
      complete: sources.missing.length === 0,
      corrected: how.corrected,
      receipt: {
        event: merged.eventMax,
        read: merged.readAt,
        pane: merged.appendedAt,
        closed: closed ? how.into.wall : null,
      },
    }
    return { merged, result, values }
  }

  #isForgettable(state: GroupState): boolean {
    return (
      state.panes.isEmpty &&
      state.alerts.isQuiet &&
      state.panes.forgottenTo <= this.#closedTo - FORGET_AFTER_MS
    )
  }
}

type Made = {
  readonly merged: MergedWindow
  readonly result: WindowResult
  readonly values: Float64Array
}
