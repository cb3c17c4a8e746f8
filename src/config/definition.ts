import type { MonitorSpec } from '../model/monitor.ts'
import { fnv1a64 } from '../std/hash.ts'

type Defining = Pick<MonitorSpec, 'where' | 'groupBy' | 'window' | 'aggregates'>

/**
 * The hash under which panes merge (formats.md 2): over aggregates in their order, where, group_by,
 * and the window but for `emit`, which changes only how often panes are shown.
 */
export function definitionOf({ where, groupBy, window, aggregates }: Defining): string {
  const { sizeMs, hopMs, latenessMs, correctionMs } = window
  const parts = { where, groupBy, window: { sizeMs, hopMs, latenessMs, correctionMs }, aggregates }
  return fnv1a64([canonical(parts)])
}

/** JSON with sorted keys, so that equal data gives equal text; undefined members are left out. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`)
  return `{${members.join(',')}}`
}
