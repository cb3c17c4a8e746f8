import type { Command } from 'commander'
import type { CheckFlags } from '../check/check-config.ts'
import type { Terminal } from '../terminal.ts'

const LESSON = `
Examples:
  nocturne check config nocturne.yaml           says all that is wrong, as file:line:column
  nocturne check config nocturne.yaml --print   every value that holds, and where it was said
  NOCTURNE_HTTP_LISTEN=127.0.0.1:0 nocturne check config nocturne.yaml --print

Exit code 3 where the configuration is not right; docs/config.md explains every field.`

/** Adds `nocturne check`. */
export function addCheck(program: Command, terminal: Terminal): void {
  const check = program
    .command('check')
    .description('Say what is wrong with a file, without starting anything.')
  check
    .command('config <file>')
    .description('A configuration: its mistakes, else what its monitors cost and can do.')
    .option('--print', 'print every value that holds, with its origin, one line a field')
    .option('--json', 'print one JSON object')
    .addHelpText('after', LESSON)
    .action(async (file: string, flags: CheckFlags) => {
      const { checkConfig } = await import('../check/check-config.ts')
      checkConfig(file, flags, terminal)
    })
}
