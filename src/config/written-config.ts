import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { pathText, type ConfigError, type ConfigPath, type Finding } from './config-error.ts'
import { withSettings, type EnvironmentSetting } from './environment-settings.ts'
import { yamlSource, type YamlSource } from './yaml-source.ts'

/** All that was written, from however many files, as one value that knows its places. */
export type WrittenConfig = {
  readonly value: unknown
  readonly errors: readonly ConfigError[]
  readonly locate: (finding: Finding) => ConfigError
}

type Entry = { readonly source: YamlSource; readonly path: ConfigPath; readonly value: unknown }

/** No configuration needs more; a larger file is a mistake (D5). */
const FILE_BYTES_MAX = 4 * 1024 * 1024

/** Reads a file's text, or says why not as an error about whoever names it. */
export function fileText(path: string): { readonly text: string } | { readonly reason: string } {
  try {
    const text = readFileSync(path, 'utf8')
    return text.length > FILE_BYTES_MAX ? { reason: 'is larger than 4 MiB' } : { text }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return { reason: code === 'ENOENT' ? 'is not there' : `cannot be read (${code})` }
  }
}

/** Lays monitors from other files, and the environment's settings, into what the file says. */
export function writtenConfig(
  main: YamlSource,
  settings: readonly EnvironmentSetting[],
): WrittenConfig {
  const errors: ConfigError[] = [...main.errors]
  const monitors = listOf(main.value, 'monitors')
  const entries = monitors?.flatMap((value, i) =>
    typeof value === 'string'
      ? entriesOfFile(value, { main, path: ['monitors', i], errors })
      : [{ source: main, path: ['monitors', i], value }],
  )
  const joined =
    entries === undefined || typeof main.value !== 'object'
      ? main.value
      : { ...main.value, monitors: entries.map(({ value }) => value) }
  return {
    value: withSettings(joined ?? {}, settings),
    errors,
    locate: (finding) => {
      const [section, number, ...rest] = finding.path
      const setting = settings.find(({ path }) => pathText(path) === pathText(finding.path))
      if (setting !== undefined) return inEnvironment(setting, finding)
      const entry =
        section === 'monitors' && typeof number === 'number' ? entries?.[number] : undefined
      if (entry === undefined) return main.locate(finding)
      const path = [...entry.path, ...rest]
      return entry.source.locate({ ...finding, path })
    },
  }
}

const inEnvironment = ({ variable }: EnvironmentSetting, finding: Finding): ConfigError => ({
  file: `environment variable ${variable}`,
  line: 1,
  column: 1,
  path: pathText(finding.path),
  message: finding.message,
  advice: finding.advice,
})

function entriesOfFile(
  name: string,
  named: { main: YamlSource; path: ConfigPath; errors: ConfigError[] },
): readonly Entry[] {
  const { main, path, errors } = named
  const file = resolve(dirname(main.file), name)
  const read = fileText(file)
  if ('reason' in read) {
    const message = `names the file ${name}, which ${read.reason}`
    const advice = 'write its name from the folder of this file, or the monitor itself'
    errors.push(main.locate({ path, message, advice }))
    return []
  }
  const source = yamlSource(file, read.text)
  errors.push(...source.errors)
  if (source.errors.length > 0) return []
  const isList = Array.isArray(source.value)
  const list = isList ? source.value : listOf(source.value, 'monitors')
  if (!isList) errors.push(...strayKeys(source))
  if (list === undefined) {
    const advice = 'write monitors: and below it a list'
    errors.push(source.locate({ path: [], message: 'holds no list of monitors', advice }))
    return []
  }
  const above: ConfigPath = isList ? [] : ['monitors']
  return list.map((value: unknown, i: number) => ({ source, path: [...above, i], value }))
}

/** A file of monitors says `version` and `monitors`, and nothing else. */
function strayKeys(source: YamlSource): readonly ConfigError[] {
  if (typeof source.value !== 'object' || source.value === null) return []
  return Object.keys(source.value)
    .filter((key) => key !== 'version' && key !== 'monitors')
    .map((key) =>
      source.locate({
        path: [key],
        isKey: true,
        message: `there is no ${JSON.stringify(key)} in a file of monitors`,
        advice: 'write it into the main file',
      }),
    )
}

function listOf(value: unknown, key: string): readonly unknown[] | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  const list: unknown = Object.getOwnPropertyDescriptor(value, key)?.value
  return Array.isArray(list) ? list : undefined
}
