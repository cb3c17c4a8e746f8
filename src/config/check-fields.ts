import { foldFields, monitorFields } from '../aggregate/wanted-fields.ts'
import type { MonitorSpec } from '../model/monitor.ts'
import { wantedFieldsMax, type WantedField } from '../wire/fields/field-plan.ts'
import { fieldByName } from '../wire/reading-rules.ts'
import type { Findings } from './expressions.ts'

type Kind = WantedField['kind']

const ADVICE: Readonly<Record<Kind, string>> = {
  text: 'group by, compare and count distinct texts; measure numbers',
  number:
    'compare and measure it as one, or make a text of it in collect: ' +
    'map: { NAME: NAME, NAME_text: { from: NAME, as: text } }',
}

/**
 * A field that readings define is read as what it is there: as anything else it would always be
 * absent. One pass over a row serves all monitors, so together they read each other field as one
 * kind, and at most `wantedFieldsMax` of them (D5).
 */
export function checkFields(monitors: readonly MonitorSpec[], findings: Findings): void {
  const known = new Map<string, { readonly kind: WantedField['kind']; readonly by: string }>()
  for (const { name, kind } of foldFields) known.set(name, { kind, by: 'Nocturne itself' })
  for (const [i, monitor] of monitors.entries()) {
    const before = known.size
    for (const { name, kind } of monitorFields(monitor)) {
      const is = kindOf(name)
      if (is !== undefined && is !== kind) {
        const isGroup = monitor.groupBy.includes(name)
        findings.push({
          path: ['monitors', i, ...(isGroup ? ['group_by'] : [])],
          message: `reads ${name} as ${kind}, and it is a ${is}`,
          advice: ADVICE[is].replaceAll('NAME', name),
        })
        continue
      }
      const other = known.get(name)
      if (other === undefined) known.set(name, { kind, by: `monitor ${monitor.id}` })
      if (other === undefined || other.kind === kind) continue
      findings.push({
        path: ['monitors', i],
        message: `reads ${name} as ${kind}, and ${other.by} reads it as ${other.kind}`,
        advice: ADVICE.text,
      })
    }
    if (before > wantedFieldsMax || known.size <= wantedFieldsMax) continue
    findings.push({
      path: ['monitors', i],
      message: `is the one at which ${known.size} fields are read of every row`,
      advice: `read at most ${wantedFieldsMax} different fields over all monitors`,
    })
  }
}

/** What a known field holds; undefined of one that readings do not define. */
function kindOf(name: string): Kind | undefined {
  const kind = fieldByName.get(name)?.kind
  return kind === undefined ? undefined : kind === 'X' ? 'text' : 'number'
}
