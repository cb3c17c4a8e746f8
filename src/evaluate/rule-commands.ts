import { readToEnd, type Log } from '../log/log.ts'
import type { RulesCommand } from '../model/command.ts'
import { bytesOf } from '../model/record-columns.ts'
import { decodeCommand } from '../wire/command-codec.ts'

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
