import type { HandlingCommand } from '../model/command.ts'
import type { FactRecord, Group } from '../model/pane.ts'
import type { WindowResult } from '../model/window-result.ts'
import type { ErrorBars } from '../sketch/error-bars.ts'
import { windowEnds } from '../window/slice.ts'
import type { ScopeDump } from './checkpoint.ts'
import type { CompiledMonitor } from './compiled-monitor.ts'
import { FORGET_AFTER_MS, isComplete, unwatchedTo } from './completeness.ts'
import { EarlyWindow } from './early-window.ts'
import type { ArrivedPane, PaneVerdict } from './panes/group-panes.ts'
import { LeftBehind } from './left-behind.ts'
import { newGroup, noteSource, type GroupState, type ScopeParts } from './group-state.ts'
import { InstanceBudget } from './alerts/instance-budget.ts'
import { GroupPast } from './past/group-past.ts'
import { PaneTable } from './panes/pane-table.ts'
import type { Results } from './results.ts'
import { RuleSet } from './alerts/rule-set.ts'
import { SliceOffsets } from './panes/slice-offsets.ts'
import type { SourceTable } from './source-table.ts'
import { WindowMaker } from './window-maker.ts'
import { WindowMerge } from './window-merge.ts'

/** Groups of one monitor in one scope (D5): panes of more are refused and counted. */
const GROUPS_MAX = 250_000

/** What became of a pane here: `beyond` every correction, or of one group too many. */
export type ScopeVerdict = PaneVerdict | 'beyond' | 'groups'

/** A pane as it arrived: its group by number and by name, and where its record stands. */
export type ScopedPane = ArrivedPane & {
  readonly key: number
  readonly group: Group
  readonly offset: number
}

/** The windows of one monitor in one scope (a site, or `all`): what closes, and what it means. */
export class ScopeEvaluator {
  readonly #sources: SourceTable
  readonly #isJudged: boolean
  readonly #groups = new Map<number, GroupState>()
  readonly #changed = new Set<GroupState>()
  readonly #offsets = new SliceOffsets()
  readonly #leftBehind = new LeftBehind()
  #parts: ScopeParts
  #merge: WindowMerge
  #maker: WindowMaker
  #early: EarlyWindow
  /** Every window that ends at or before this is closed (V1). */
  #closedTo = -Infinity

  /** Where others judge a scope (A77) its windows are made, and no rule looks at them. */
  constructor(
    monitor: CompiledMonitor,
    { scope, isJudged }: { readonly scope: string; readonly isJudged: boolean },
    sources: SourceTable,
  ) {
    this.#sources = sources
    this.#isJudged = isJudged
    const table = new PaneTable(monitor.spec.aggregates, monitor.sliceMs)
    const rules = this.#rulesOf(monitor, scope)
    this.#parts = { monitor, scope, table, rules, budget: new InstanceBudget() }
    const { merge, maker, early } = this.#made()
    this.#merge = merge
    this.#maker = maker
    this.#early = early
  }

  #made() {
    const merge = new WindowMerge(this.#parts.monitor, this.#parts.table)
    const maker = new WindowMaker(this.#parts, this.#sources, merge)
    return { merge, maker, early: new EarlyWindow(this.#parts, this.#sources, merge) }
  }

  /** Takes other rules and values for the same panes (A75); what was known of rules stays. */
  adopt(monitor: CompiledMonitor): void {
    this.#parts = { ...this.#parts, monitor, rules: this.#rulesOf(monitor, this.#parts.scope) }
    const { merge, maker, early } = this.#made()
    this.#merge = merge
    this.#maker = maker
    this.#early = early
    for (const state of this.#groups.values()) {
      state.alerts.reload(this.#parts.rules.of(state.group))
      state.past = monitor.past.keepOf(state.past)
    }
  }

  /** Ids of the rules that judge here. */
  get rules(): ReadonlySet<string> {
    return new Set(this.#parts.rules.rules.map(({ spec }) => spec.id))
  }

  /** Instances that were refused because their rule had as many as it may (A85). */
  get refused(): number {
    return this.#parts.budget.refused
  }

  /** Takes a pane in; with `early`, tries the open windows that hold it (V3, A15). */
  put(arrived: ScopedPane, early: Results | undefined): ScopeVerdict {
    const { start } = arrived.pane
    const state = this.#keep(arrived)
    if (typeof state === 'string') return state
    const { window } = this.#parts.monitor.spec
    const earlyTo = early === undefined ? -Infinity : this.#earlyTo(arrived.pane)
    // Below it a window's older slices are forgotten: what is left of it would be wrong.
    const wholeFrom = this.#closedTo - window.correctionMs
    for (const end of windowEnds(start, window)) {
      if (end < wholeFrom) continue
      if (end <= this.#closedTo) {
        ;(state.changed ??= new Set()).add(end)
        this.#changed.add(state)
      } else if (early !== undefined && end <= earlyTo) this.#tryEarly(state, end, early)
    }
    return 'new'
  }

  /** Takes a pane in whose windows were judged before the checkpoint (A74). */
  rebuild(arrived: ScopedPane): ScopeVerdict {
    const state = this.#keep(arrived)
    return typeof state === 'string' ? state : 'new'
  }

  /** Takes in what the past of a group was (H2); of a group that is not here there is none. */
  fact(key: number, said: FactRecord): 'fact' | 'fact_unasked' {
    const state = this.#groups.get(key)
    if (state === undefined) return 'fact_unasked'
    const { past } = this.#parts.monitor
    if (past.count === 0) return 'fact_unasked'
    past.note((state.past ??= new GroupPast()), said, state.alerts)
    return 'fact'
  }

  /** Issues what changed and closes what the sources have passed (V1). */
  close(into: Results): void {
    this.#maker.refresh()
    this.#complete()
    this.#correct(into)
    const { hopMs, latenessMs } = this.#parts.monitor.spec.window
    const watermark = this.#sources.watermark(this.#parts.scope)
    const to = Math.floor((watermark - latenessMs) / hopMs) * hopMs
    if (!Number.isFinite(to) || to <= this.#closedTo) return
    const from = this.#closedTo
    this.#closedTo = to
    this.#noteBehind()
    const closing = { from, silenceTo: this.#sources.silenceTo, into }
    const keepFrom = this.#keepFrom()
    for (const [key, state] of this.#groups) {
      this.#closeGroup(state, closing)
      state.panes.forget(keepFrom)
      if (!this.#isForgettable(state)) continue
      state.alerts.forget()
      this.#groups.delete(key)
    }
    this.#offsets.forget(keepFrom - this.#parts.monitor.sliceMs)
  }

  act(command: HandlingCommand, into: Results): void {
    for (const { alerts } of this.#groups.values()) {
      if (alerts.isKept) into.steps.push(...alerts.act(command, this.#sources.now))
    }
  }

  expire(into: Results): void {
    for (const { alerts } of this.#groups.values()) {
      if (alerts.isKept) into.steps.push(...alerts.expire(this.#sources.now))
    }
  }

  /** The oldest record that the panes kept here may stand in, or Infinity (A74). */
  get oldestOffset(): number {
    return this.#offsets.oldest
  }

  get groupCount(): number {
    return this.#groups.size
  }

  /** What it knows beside its panes. */
  dump(): ScopeDump {
    const groups = Array.from(this.#groups.values(), (state) => ({
      group: state.group,
      bornAt: state.alerts.bornAt,
      rowsAt: finite(state.panes.forgottenTo),
      sources: state.sources.map((number, i) => [number, state.rowsAt[i]!] as const),
      alerts: state.alerts.dump(),
      ...(state.past && { past: state.past.dump() }),
    }))
    const { monitor, scope } = this.#parts
    const { id, groupBy } = monitor.spec
    return { monitor: id, groupBy, scope, closedTo: finite(this.#closedTo), groups }
  }

  /** Continues from a dump; `keyOf` numbers a group, `sourceOf` a source of the dump. */
  load(
    dump: Pick<ScopeDump, 'closedTo' | 'groups'>,
    names: {
      readonly keyOf: (group: Group) => number
      readonly sourceOf: (number: number) => number | undefined
    },
  ): void {
    this.#closedTo = dump.closedTo ?? -Infinity
    this.#noteBehind()
    for (const group of dump.groups) {
      const state = this.#group(names.keyOf(group.group), group.group)
      state.panes.forgottenTo = group.rowsAt ?? -Infinity
      state.alerts.bornAt = group.bornAt
      state.alerts.load(group.alerts)
      state.past = this.#parts.monitor.past.loaded(group.past)
      for (const [number, at] of group.sources) {
        const source = names.sourceOf(number)
        if (source !== undefined) noteSource(state, source, at)
      }
    }
  }

  /** Numbers its groups anew. */
  renumber(keyOf: (group: Group) => number): void {
    const states = [...this.#groups.values()]
    this.#groups.clear()
    for (const state of states) this.#groups.set(keyOf(state.group), state)
  }

  /** The group's state where the pane is new; else what became of it. */
  #keep(arrived: ScopedPane): GroupState | Exclude<ScopeVerdict, 'new'> {
    const { key, group, source, offset } = arrived
    const { start } = arrived.pane
    const sliceEnd = start + this.#parts.monitor.sliceMs
    // Its neighbours are gone: a window made of what is left would be wrong.
    if (sliceEnd <= this.#keepFrom()) return 'beyond'
    if (this.#groups.size >= GROUPS_MAX && !this.#groups.has(key)) return 'groups'
    const state = this.#group(key, group)
    const verdict = state.panes.put(arrived)
    if (verdict === 'repeated' || verdict === 'unreadable') return verdict
    this.#offsets.note(start, offset)
    noteSource(state, source, sliceEnd)
    return verdict === 'new' ? state : verdict
  }

  #group(key: number, group: Group): GroupState {
    let state = this.#groups.get(key)
    if (state === undefined) this.#groups.set(key, (state = newGroup(group, this.#parts)))
    return state
  }

  /** Slices that end at or before this can change no window any more. */
  #keepFrom(): number {
    const { correctionMs, sizeMs } = this.#parts.monitor.spec.window
    return this.#closedTo - correctionMs - sizeMs
  }

  #noteBehind(): void {
    if (this.#sources.isWhole) return
    const { latenessMs } = this.#parts.monitor.spec.window
    this.#leftBehind.closed(this.#sources.of(this.#parts.scope), this.#closedTo + latenessMs)
  }

  /** Windows that were closed without a source which has brought its part since. */
  #complete(): void {
    const { window } = this.#parts.monitor.spec
    const from = this.#closedTo - window.correctionMs
    for (const end of this.#leftBehind.brought({ ...window, from, to: this.#closedTo })) {
      for (const state of this.#groups.values()) {
        if (state.panes.firstSlice(end - window.sizeMs) >= end) continue
        ;(state.changed ??= new Set()).add(end)
        this.#changed.add(state)
      }
    }
  }

  #correct(into: Results): void {
    for (const state of this.#changed) {
      for (const end of [...(state.changed ?? [])].sort((a, b) => a - b)) {
        this.#merge.gather(state.panes, end).all()
        const bars = this.#merge.errorBars()
        const making = { wall: into.wall, closed: true, corrected: true, bars }
        into.windows.push({ frame: state.frame, window: this.#maker.make(state, end, making) })
      }
      state.changed = undefined
    }
    this.#changed.clear()
  }

  #closeGroup(
    state: GroupState,
    closing: { readonly from: number; readonly silenceTo: number; readonly into: Results },
  ): void {
    const { hopMs, sizeMs } = this.#parts.monitor.spec.window
    const { from, silenceTo, into } = closing
    const making = { wall: into.wall, closed: true, corrected: false }
    for (let end = this.#nextEnd(state, from); end <= this.#closedTo;) {
      const hasRows = state.panes.firstSlice(end - sizeMs) < end
      if (!hasRows && end > silenceTo) {
        // Behind a recording's last row silence means nothing, but a row ahead of its time counts.
        end = this.#nextEndWithRows(state, end)
        continue
      }
      this.#merge.gather(state.panes, end).all()
      const bars = this.#merge.errorBars()
      const window = this.#maker.make(state, end, { ...making, bars })
      if (hasRows) into.windows.push({ frame: state.frame, window })
      if (state.alerts.hasRules) this.#judge(state, { ...window, bars }, into)
      end = hasRows ? end + hopMs : this.#nextEnd(state, end)
    }
  }

  /** The next window that has rows, or whose lack of rows means something. */
  #nextEnd(state: GroupState, after: number): number {
    const { hopMs } = this.#parts.monitor.spec.window
    const withRows = this.#nextEndWithRows(state, after)
    if (!Number.isFinite(after) || withRows === after + hopMs) return withRows
    const quietFrom = unwatchedTo(this.#sources, state, this.#closedTo)
    const rowsAt = state.panes.rowsAt(after)
    const since = quietFrom <= after ? Math.max(rowsAt, quietFrom) : rowsAt
    if (state.alerts.isAttentive(since, after)) return after + hopMs
    // Behind what nobody watched silence is counted anew; in it there is none to look for.
    const isAhead = quietFrom > after && state.alerts.isAttentive(quietFrom, quietFrom)
    const watched = isAhead ? Math.ceil(quietFrom / hopMs) * hopMs : Infinity
    return Math.min(withRows, Math.max(after + hopMs, watched))
  }

  #nextEndWithRows(state: GroupState, after: number): number {
    const { hopMs, sizeMs } = this.#parts.monitor.spec.window
    const first = state.panes.firstSlice(after + hopMs - sizeMs)
    const withRows = Math.ceil((first + this.#parts.monitor.sliceMs) / hopMs) * hopMs
    return Math.max(after + hopMs, withRows)
  }

  /**
   * The last window that a pane's rows may raise an alert in: the one that event time has reached
   * (A15). Rows do not wait for watermarks of other partitions; but a row that claims to be from
   * the future, by the clock of the log, waits for that.
   */
  #earlyTo({ eventMax, appendedMax }: ArrivedPane['pane']): number {
    const { hopMs } = this.#parts.monitor.spec.window
    const watermark = this.#sources.watermark(this.#parts.scope)
    const reached = Math.max(watermark, Math.min(eventMax, appendedMax))
    return Math.floor(reached / hopMs) * hopMs + hopMs
  }

  #tryEarly(state: GroupState, end: number, into: Results): void {
    if (!state.alerts.hasEarlyRules) return
    into.steps.push(...state.alerts.early(this.#early.begin(state, end, into.wall)))
  }

  #judge(
    state: GroupState,
    window: Pick<WindowResult, 'start' | 'end' | 'rev'> & { readonly bars: ErrorBars | undefined },
    into: Results,
  ): void {
    const { end, rev, bars } = window
    const { rows, values } = this.#merge
    const { past } = this.#parts.monitor
    const isPastUnknown = past.count > 0 && !past.fill(values, state.past, end)
    const judged = {
      end,
      rev,
      closed: true,
      complete: isComplete(this.#sources, state, window),
      rows,
      rowsAt: finite(state.panes.rowsAt(end)) ?? undefined,
      unwatchedTo: unwatchedTo(this.#sources, state, this.#closedTo),
      values,
      isPastUnknown,
      ...(bars === undefined ? {} : { margins: past.margins(bars.margin) }),
      texts: state.texts,
    }
    const stderr = this.#merge.namedErrors(bars)
    const evidence = () => ({
      value: { ...this.#merge.named(), ...past.named(values) },
      ...(stderr === undefined ? {} : { stderr }),
      receipt: { ...this.#merge.receipt(), closed: into.wall, fired: into.wall },
    })
    into.steps.push(...state.alerts.tick(judged, evidence))
  }

  #rulesOf(monitor: CompiledMonitor, scope: string): RuleSet {
    const kind = scope === 'all' ? 'all' : 'site'
    const rules = monitor.rules.filter((rule) => rule.spec.scopes.includes(kind))
    return new RuleSet(this.#isJudged ? rules : [], monitor.spec.groupBy)
  }

  #isForgettable(state: GroupState): boolean {
    return (
      state.panes.isEmpty &&
      state.alerts.isQuiet &&
      state.panes.forgottenTo <= this.#closedTo - FORGET_AFTER_MS
    )
  }
}

/** Null for an infinity: how an instant that is not there travels. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)
