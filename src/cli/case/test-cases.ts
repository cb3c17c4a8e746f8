import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { NocturneError } from '../../model/nocturne-error.ts'
import type { Terminal } from '../terminal.ts'
import { playCase, type CaseOutcome } from './play-case.ts'

/**
 * Plays a `.case` file, or all below a folder, and prints how each went.
 * @throws CLI_CASE_INVALID, CLI_CASE_FAILED, CLI_FILE_MISSING.
 */
export function testCases(path: string, isJson: boolean, terminal: Terminal): void {
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
