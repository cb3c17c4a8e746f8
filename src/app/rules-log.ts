import { ruleCommands } from '../evaluate/rule-commands.ts'
import { monitorHash, RulesInForce } from '../evaluate/rules-in-force.ts'
import type { Log } from '../log/log.ts'
import type { RulesCommand } from '../model/command.ts'
import type { MonitorSpec, RuleSpec } from '../model/monitor.ts'
import { commandKey, encodeCommand } from '../wire/command-codec.ts'

/** Rules of one record as JSON: far below the log's bound of a record. */
const PART_CHARS_MAX = 262_144

/** Which monitors a change concerns, by id. */
export type RulesChange = { readonly changed: readonly string[]; readonly gone: readonly string[] }

/**
 * Asks for these monitors and no others (A75): appends each whose specification is not the one in
 * force by the log, and the end of each that is not among them, as one append.
 */
export async function askForRules(
  log: Log,
  monitors: readonly MonitorSpec[],
  asked: { readonly at: number; readonly by: string },
): Promise<RulesChange> {
  const inForce = new RulesInForce([])
  for await (const command of ruleCommands(log)) inForce.apply(command)
  const wanted = monitors.map((monitor) => ({ monitor, hash: monitorHash(monitor) }))
  const changed = wanted.filter(({ monitor, hash }) => inForce.hashOf(monitor.id) !== hash)
  const ids = new Set(monitors.map(({ id }) => id))
  const gone = inForce.monitors.map(({ id }) => id).filter((id) => !ids.has(id))
  const commands = [
    ...changed.flatMap(({ monitor, hash }) => commandsFor(monitor, { ...asked, hash })),
    ...gone.map((id) => endOf(id, asked)),
  ]
  if (commands.length > 0) {
    const rows = commands.map((command) => ({
      partition: 0,
      key: commandKey(command),
      value: encodeCommand(command),
    }))
    await log.append('commands', rows)
  }
  return { changed: changed.map(({ monitor }) => monitor.id), gone }
}

type Asked = { readonly at: number; readonly by: string }

function commandsFor(spec: MonitorSpec, asked: Asked & { hash: string }): readonly RulesCommand[] {
  const { rules, ...monitor } = spec
  const parts = partsOf(rules)
  return parts.map((some, part) => ({
    v: 1,
    id: `${spec.id}-${asked.at}-${part}`,
    at: asked.at,
    by: asked.by,
    kind: 'rules',
    target: spec.id,
    hash: asked.hash,
    part,
    parts: parts.length,
    monitor,
    rules: some,
  }))
}

const endOf = (target: string, { at, by }: Asked): RulesCommand => ({
  v: 1,
  id: `${target}-${at}-0`,
  at,
  by,
  kind: 'rules',
  target,
  hash: '',
  part: 0,
  parts: 1,
  monitor: null,
  rules: [],
})

function partsOf(rules: readonly RuleSpec[]): readonly (readonly RuleSpec[])[] {
  const parts: RuleSpec[][] = [[]]
  let chars = 0
  for (const rule of rules) {
    const more = JSON.stringify(rule).length
    if (chars + more > PART_CHARS_MAX && chars > 0) {
      parts.push([])
      chars = 0
    }
    parts.at(-1)?.push(rule)
    chars += more
  }
  return parts
}
