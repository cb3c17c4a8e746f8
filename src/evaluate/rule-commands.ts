import { readToEnd, type Log } from '../log/log.ts'
import type { RulesCommand } from '../model/command.ts'
import type { MonitorSpec } from '../model/monitor.ts'
import { bytesOf } from '../model/record-columns.ts'
import { decodeCommand } from '../wire/command-codec.ts'
import { RulesInForce } from './rules-in-force.ts'

/** The commands of kind `rules` that stand in the log before an offset (A75). */
export async function* ruleCommands(log: Log, to = Infinity): AsyncIterable<RulesCommand> {
  for await (const batch of readToEnd(log, { topic: 'commands', partition: 0 })) {
    for (let row = 0; row < batch.count && batch.offsets[row]! < to; row++) {
      const decoded = decodeCommand(bytesOf(batch.values, row))
      if (decoded.ok && decoded.command.kind === 'rules') yield decoded.command
    }
    if (batch.next >= to) return
  }
}

/**
 * What is in force where `commands` are known up to `to` (A75). A monitor that they do not name is
 * taken as it was given: what named it is older than retention. Before the first checkpoint that
 * cannot be, so one that is named later only comes into force then.
 */
export async function rulesAt(
  log: Log,
  given: readonly MonitorSpec[],
  to: number,
): Promise<RulesInForce> {
  const isFirst = to === 0
  const inForce = new RulesInForce([])
  const named = new Set<string>()
  for await (const command of ruleCommands(log, isFirst ? Infinity : to)) {
    named.add(command.target)
    if (!isFirst) inForce.apply(command)
  }
  inForce.assume(given.filter(({ id }) => !named.has(id)))
  return inForce
}
