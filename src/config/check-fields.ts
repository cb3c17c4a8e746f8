import { foldFields, monitorFields } from '../aggregate/wanted-fields.ts'
import type { MonitorSpec } from '../model/monitor.ts'
import { wantedFieldsMax, type WantedField } from '../wire/fields/field-plan.ts'
import type { Findings } from './expressions.ts'

/**
 * One pass over a row serves all monitors, so together they read each field as one kind, and at
 * most `wantedFieldsMax` of them (D5).
 */
export function checkFields(monitors: readonly MonitorSpec[], findings: Findings): void {
  const known = new Map<string, { readonly kind: WantedField['kind']; readonly by: string }>()
  for (const { name, kind } of foldFields) known.set(name, { kind, by: 'Nocturne itself' })
  for (const [i, monitor] of monitors.entries()) {
    const before = known.size
    for (const { name, kind } of monitorFields(monitor)) {
      const other = known.get(name)
      if (other === undefined) known.set(name, { kind, by: `monitor ${monitor.id}` })
      if (other === undefined || other.kind === kind) continue
      findings.push({
        path: ['monitors', i],
        message: `reads ${name} as ${kind}, and ${other.by} reads it as ${other.kind}`,
        advice: 'group by, compare and count distinct texts; measure numbers',
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
