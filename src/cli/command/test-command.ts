import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { NocturneError } from '../../model/nocturne-error.ts'
import { playCase, type CaseOutcome } from '../case/play-case.ts'
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
    .action((path: string, { json }: { readonly json?: boolean }) =>
      testCases(path, json === true, terminal),
    )
}

function testCases(path: string, isJson: boolean, terminal: Terminal): void {
  const outcomes = filesOf(path).map((file) => playCase(file, readFileSync(file, 'utf8')))
  for (const outcome of outcomes) {
    terminal.print(isJson ? JSON.stringify(outcome) : outcomeText(outcome))
  }
  const unread = outcomes.filter(({ problems }) => problems.length > 0)
  const failed = outcomes.filter(({ failures }) => failures.length > 0)
  if (unread.length > 0) {
    const lines = unread.flatMap(({ problems }) => problems)
    throw new NocturneError('CLI_CASE_INVALID', lines.map((line) => `\n${line}`).join(''))
  }
  const count = `${outcomes.length} case${outcomes.length === 1 ? '' : 's'}`
  if (failed.length > 0) {
    throw new NocturneError('CLI_CASE_FAILED', `${failed.length} of ${count} failed`)
  }
  terminal.say(`${count} passed`)
}

function filesOf(path: string): readonly string[] {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) throw new NocturneError('CLI_FILE_MISSING', path)
  if (!stat.isDirectory()) return [path]
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' })
  const files = names.filter((name) => name.endsWith('.case')).sort()
  if (files.length === 0) throw new NocturneError('CLI_FILE_MISSING', `.case file in ${path}`)
  return files.map((name) => join(path, name))
}

function outcomeText({ file, title, problems, failures }: CaseOutcome): string {
  if (problems.length > 0) return `?     ${file}`
  if (failures.length === 0) return `ok    ${title} (${file})`
  const lines = [`FAIL  ${title} (${file})`]
  for (const { line, text, differences } of failures) {
    lines.push(`  ${file}:${line}  ${text}`)
    const width = Math.max(...differences.map(({ name }) => name.length))
    for (const { name, expected, got } of differences) {
      lines.push(`    ${name.padEnd(width)}  expected ${expected}`)
      lines.push(`    ${' '.repeat(width)}  but got  ${got}`)
    }
  }
  return lines.join('\n')
}
