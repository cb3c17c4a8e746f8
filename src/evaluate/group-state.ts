import type { TextSlots } from '../alert/compile-expression.ts'
import type { MonitorSpec } from '../model/monitor.ts'
import type { Group } from '../model/pane.ts'
import { windowFrame, type WindowFrame } from '../wire/window-codec.ts'
import { AlertInstances } from './alerts/alert-instances.ts'
import type { CompiledMonitor } from './compiled-monitor.ts'
import { GroupPanes } from './panes/group-panes.ts'
import type { GroupPast } from './past/group-past.ts'
import type { InstanceBudget } from './alerts/instance-budget.ts'
import type { PaneTable } from './panes/pane-table.ts'
import type { RuleSet } from './alerts/rule-set.ts'

/** What an evaluator holds of one group in one scope. */
export type GroupState = {
  readonly group: Group
  readonly frame: WindowFrame
  readonly named: Readonly<Record<string, string>>
  readonly texts: TextSlots
  readonly panes: GroupPanes
  readonly alerts: AlertInstances
  /**
   * The sources that rows of the group came from, by number, and beside each the end of its newest
   * slice with rows: what an incomplete window may lack (A16). Nearly always one.
   */
  sources: number[]
  rowsAt: number[]
  /** What its past was; undefined where nothing was said. */
  past: GroupPast | undefined
  /** Ends of closed windows whose panes changed since they were issued. */
  changed: Set<number> | undefined
}

/** What all groups of a scope share. */
export type ScopeParts = {
  readonly monitor: CompiledMonitor
  readonly scope: string
  readonly table: PaneTable
  readonly rules: RuleSet
  readonly budget: InstanceBudget
}

/** A group as windows show it: without the labels that its rows did not have. */
export function namedGroup(
  { groupBy }: Pick<MonitorSpec, 'groupBy'>,
  group: Group,
): Readonly<Record<string, string>> {
  const named: Record<string, string> = {}
  groupBy.forEach((name, i) => {
    const value = group[i]
    if (value !== null && value !== undefined) named[name] = value
  })
  return named
}

/** A group of which nothing is known yet. */
export function newGroup(group: Group, parts: ScopeParts): GroupState {
  const { monitor, scope, table, rules, budget } = parts
  const { spec } = monitor
  const named = namedGroup(spec, group)
  // A local alert names its site (A10).
  const labels = scope === 'all' ? named : { ...named, site: scope }
  return {
    group,
    frame: windowFrame({ scope, monitor: spec.id, definition: spec.definition, group, named }),
    named,
    texts: monitor.textsOf(group),
    panes: new GroupPanes(table),
    alerts: new AlertInstances(rules.of(group), labels, budget),
    sources: [],
    rowsAt: [],
    past: undefined,
    changed: undefined,
  }
}

/** Notes that a source has rows of the group in a slice that ends here. */
export function noteSource(state: GroupState, source: number, sliceEnd: number): void {
  const place = state.sources.indexOf(source)
  if (place < 0) {
    // Anew, since a list that grows takes room for seventeen.
    state.sources = [...state.sources, source]
    state.rowsAt = [...state.rowsAt, sliceEnd]
  } else if (sliceEnd > state.rowsAt[place]!) state.rowsAt[place] = sliceEnd
}
