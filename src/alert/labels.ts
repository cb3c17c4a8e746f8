import type { RuleSpec, Severity } from '../model/monitor.ts'

/** The labels of an alert: name to value. */
export type Labels = Readonly<Record<string, string>>

/**
 * `alertname`, the group's labels, and `site` if local: what makes an instance (A10). The caller
 * puts `site` into `group` for a local instance.
 */
export function identityLabels({ alert }: Pick<RuleSpec, 'alert'>, group: Labels): Labels {
  return { alertname: alert, ...group }
}

/**
 * What is shown and routed by: identity, `severity` and the rule's own labels. None of the latter
 * can change the identity, so a name that is there already keeps its value (A10).
 */
export function shownLabels(
  rule: Pick<RuleSpec, 'alert' | 'labels'>,
  group: Labels,
  severity: Severity,
): Labels {
  return { ...rule.labels, severity, ...identityLabels(rule, group) }
}
