import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'

const LESSON = `
Examples:
  nocturne test cases test/cases             every .case file below a folder
  nocturne test cases border.case --json     one JSON object a file

A case is a configuration, a line ---, and then what happens and what must come of it:

  monitors:
    - id: retransmits
      group_by: [stream]
      window: { size: 10s, lateness: 2s }
      aggregates: { retrans: { sum: retrans } }
  ---
  at 3s   row stream=arena-1 retrans=4
  at 12s  heartbeat
  expect window retransmits stream=arena-1 end=10s retrans=4

docs/cases.md has every statement. Exit code 1 where an expectation is not met, 3 where a file is
not understood.`

/** Adds `nocturne test`. */
export function addTest(program: Command, terminal: Terminal): void {
  program
    .command('test')
    .description('Try monitors and rules against a written story.')
    .command('cases <path>')
    .description('Play .case files: rows in, windows and alerts expected.')
    .option('--json', 'print one JSON object a file')
    .addHelpText('after', LESSON)
    .action(async (path: string, { json }: { readonly json?: boolean }) => {
      const { testCases } = await import('../case/test-cases.ts')
      testCases(path, json === true, terminal)
    })
}
