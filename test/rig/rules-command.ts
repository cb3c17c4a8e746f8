import type { RulesCommand } from '../../src/model/command.ts'
import type { MonitorSpec } from '../../src/model/monitor.ts'

/** The command that puts a monitor in force, or with null lets it go. */
export function rulesCommand(target: string, spec: MonitorSpec | null): RulesCommand {
  const asked = { v: 1, id: `r-${target}`, at: 0, by: 'config', kind: 'rules', target } as const
  const hash = JSON.stringify(spec)
  if (spec === null) return { ...asked, hash, part: 0, parts: 1, monitor: null, rules: [] }
  const { rules, ...monitor } = spec
  return { ...asked, hash, part: 0, parts: 1, monitor, rules }
}
