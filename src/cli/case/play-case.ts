import { dirname, resolve } from 'node:path'
import { runCase } from '../../app/run-case.ts'
import type { CaseFailure } from '../../app/case-script.ts'
import { configErrorText } from '../../config/config-error.ts'
import { loadConfig } from '../../config/load-config.ts'
import { parseCase, type ParsedCase } from './parse-case.ts'

/** How one file went: it was not understood, or these lines of it were not met. */
export type CaseOutcome = {
  readonly file: string
  readonly title: string
  readonly problems: readonly string[]
  readonly failures: readonly CaseFailure[]
}

/** Plays one `.case` file; the environment has no say in it. */
export function playCase(file: string, text: string): CaseOutcome {
  const result = parseCase(file, text)
  if (!result.ok) return { file, title: file, problems: result.problems, failures: [] }
  const { parsed } = result
  const loaded = loadConfig({ ...configOf(file, parsed), env: {} })
  const { title } = parsed
  if (!loaded.ok) return { file, title, problems: loaded.errors.map(configErrorText), failures: [] }
  return { file, title, problems: [], failures: runCase(loaded.config, parsed.script) }
}

/** The version may be left out; at the end it moves no line. */
function configOf(
  file: string,
  { head, configFile }: ParsedCase,
): { readonly file: string; readonly text?: string } {
  if (configFile !== undefined) return { file: resolve(dirname(file), configFile) }
  return { file, text: /^version:/m.test(head) ? head : `${head}\nversion: 1\n` }
}
