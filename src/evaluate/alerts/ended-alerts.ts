import { bareReceipt, buildStep } from '../../alert/build-step.ts'
import { endInstance, type InstanceState } from '../../alert/instance.ts'
import type { Step } from '../../model/step.ts'
import type { GroupDump, ScopeDump } from '../checkpoint.ts'

/**
 * The steps that close what nobody judges any more (A37): alerts of a rule that is gone, or whose
 * groups are cut otherwise now; that is, whose rule is not `judged`. `at` is the clock's time then,
 * so a repeat is equal.
 */
export function endedAlerts(
  dump: ScopeDump,
  judged: ReadonlySet<string>,
  at: number,
): readonly Step[] {
  return dump.groups.flatMap((group) =>
    group.alerts.flatMap(([rule, state]) =>
      judged.has(rule) ? [] : endedSteps(state, { dump, group, rule, at }),
    ),
  )
}

function endedSteps(
  state: InstanceState,
  of: {
    readonly dump: ScopeDump
    readonly group: GroupDump
    readonly rule: string
    readonly at: number
  },
): readonly Step[] {
  const { dump, group, rule, at } = of
  const alert = rule.slice(rule.indexOf('/') + 1)
  const labels: Record<string, string> = { severity: state.level, alertname: alert }
  dump.groupBy.forEach((name, i) => {
    const value = group.group[i]
    if (value !== null && value !== undefined) labels[name] = value
  })
  if (dump.scope !== 'all') labels['site'] = dump.scope
  const receipt = bareReceipt(at)
  const facts = { alert, monitor: dump.monitor, rule, labels, annotations: {}, value: {}, receipt }
  return endInstance(state, at).drafts.map((draft) => buildStep(draft, facts))
}
