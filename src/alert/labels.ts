import type { Severity } from '../model/monitor.ts'

/** The labels of an alert: name to value. */
export type Labels = Readonly<Record<string, string>>

/** Whose labels these are: `site` is given for a local instance and absent for a global one. */
export type LabelSource = {
  readonly alert: string
  readonly group: Labels
  readonly site?: string
}

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

/** `alertname`, the group's labels, and `site` if local: what makes an instance (A10). */
export function identityLabels({ alert, group, site }: LabelSource): Labels {
  return { alertname: alert, ...group, ...(site !== undefined && { site }) }
}

/**
 * What is shown and routed by: identity, `severity` and the rule's own labels. None of the latter
 * can change the identity, so a name that is there already keeps its value (A10).
 */
export function shownLabels(identity: Labels, severity: Severity, own: Labels): Labels {
  return { ...own, severity, ...identity }
}
