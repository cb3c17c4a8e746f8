import type { RuleSpec, Severity } from '../model/monitor.ts'

/** The labels of an alert: name to value. */
export type Labels = Readonly<Record<string, string>>

/** Byte order of UTF-8, which is that of code points: no locale, so every machine sorts alike. */
export function byText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** Surrogates stand for code points above all others, although their units are not the greatest. */
const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit)

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
