import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { MonitorSpec } from '../model/monitor.ts'
import { Secret } from '../std/secret.ts'
import { utf8 } from '../std/bytes.ts'
import { checkFields } from './check-fields.ts'
import { compileCollect } from './compile-collect.ts'
import { checkSites, compileForward, compileLogKafka } from './compile-kafka.ts'
import { compileMonitor } from './compile-monitor.ts'
import { compileNotify, type ReadSecret } from './compile-notify.ts'
import { checkSpark } from './spark/check-spark.ts'
import { compileAggregate } from './spark/compile-spark.ts'
import { compileStore } from './compile-store.ts'
import type { Config, KafkaSpec } from './config.ts'
import { pathText, type ConfigError, type ConfigPath, type Finding } from './config-error.ts'
import {
  environmentSettings,
  type Environment,
  type EnvironmentSetting,
} from './environment-settings.ts'
import type { Findings } from './expressions.ts'
import { schemaFindings } from './schema/schema-findings.ts'
import { settingsSchema, type Settings } from './schema/settings-schema.ts'
import { fileText, writtenConfig, type WrittenConfig } from './written-config.ts'
import { yamlSource } from './yaml-source.ts'

/** What to load: a file, or its text under that name; the environment wins over both (R8). */
export type ConfigInput = {
  readonly file?: string
  readonly text?: string
  readonly env: Environment
}

/** Either everything checked and complete, with what to know of it, or every mistake. */
export type LoadedConfig =
  | { readonly ok: true; readonly config: Config; readonly notes: readonly ConfigError[] }
  | { readonly ok: false; readonly errors: readonly ConfigError[] }

const NOTHING_WRITTEN = 'version: 1\n'

/**
 * Loads one configuration. Relative paths in it start from its own folder, or from the working
 * folder where there is no file. Never throws for what people wrote.
 */
export function loadConfig({ file, text, env }: ConfigInput): LoadedConfig {
  const name = file ?? 'built-in defaults'
  const read = text === undefined && file !== undefined ? fileText(file) : { text }
  if ('reason' in read) {
    const advice = 'name a configuration file; examples/nocturne.yaml is a start'
    return {
      ok: false,
      errors: [{ ...TOP, file: name, message: `the file ${read.reason}`, advice }],
    }
  }
  const main = yamlSource(name, read.text ?? NOTHING_WRITTEN)
  const given = environmentSettings(env)
  const written = writtenConfig(main, given)
  if (written.errors.length > 0) return { ok: false, errors: inOrder(written.errors) }
  const parsed = settingsSchema.safeParse(written.value)
  if (!parsed.success) return refused(schemaFindings(parsed.error.issues, written.value), written)
  const findings: Findings = []
  const notes: Findings = []
  const folder = resolve(file === undefined ? '.' : dirname(file))
  const config = compile(parsed.data, { folder, findings, notes, written, given })
  // What Spark cannot run is asked of what is right otherwise.
  if (findings.length === 0) checkSpark(config, { findings, notes })
  if (findings.length > 0) return refused(findings, written)
  return { ok: true, config, notes: inOrder(notes.map(written.locate)) }
}

const TOP = { line: 1, column: 1, path: '' } as const

const refused = (findings: readonly Finding[], written: WrittenConfig): LoadedConfig => ({
  ok: false,
  errors: inOrder(findings.map(written.locate)),
})

const inOrder = (errors: readonly ConfigError[]): readonly ConfigError[] =>
  errors.toSorted((a, b) => a.line - b.line || a.column - b.column)

type Site = {
  readonly folder: string
  readonly findings: Findings
  /** What is right and still worth knowing. */
  readonly notes: Findings
  readonly written: WrittenConfig
  /** What the environment says. */
  readonly given: readonly EnvironmentSetting[]
}

function compile(settings: Settings, site: Site): Config {
  const { folder, findings } = site
  const readSecret = secretReader(site)
  const monitors = settings.monitors.map((fields, i) =>
    compileMonitor(fields, { path: ['monitors', i], findings }),
  )
  checkUnique(monitors, site)
  checkFields(monitors, findings)
  const { log, store, http, forward } = settings
  checkSites(settings, findings)
  const kafka = compileLogKafka(log, { folder, findings, readSecret })
  const { host, port } = addressOf(http.listen)
  const externalUrl = http.external_url?.replace(/\/+$/, '') ?? `http://${http.listen}`
  return {
    site: settings.site,
    dataFolder: resolve(folder, settings.data),
    skewMs: settings.skew,
    absentMs: settings.absent,
    workers: settings.workers,
    log: {
      kind: log.kind,
      ...(kafka !== undefined && { kafka }),
      spoolBytesMax: log.spool,
      partitions: log.partitions,
      durability: log.durability,
      retention: retentionOf(log.retention),
    },
    store: compileStore(store, { folder, findings, readSecret }),
    collect: compileCollect(settings.collect, site, (path, at) => {
      const key = readSecret(path, at)
      return key === undefined ? undefined : new Secret(utf8(key.trimEnd()))
    }),
    aggregate: aggregateOf(settings, kafka, { ...site, readSecret }),
    http: { host, port },
    monitors,
    notify: { ...compileNotify(settings.notify, findings, readSecret), externalUrl },
    ...(forward !== undefined && {
      forward: compileForward(forward, { folder, findings, readSecret }),
    }),
    sites: settings.sites,
  }
}

function aggregateOf(
  { site: name, absent: absentMs, log, aggregate }: Settings,
  kafka: KafkaSpec | undefined,
  place: Site & { readonly readSecret: ReadSecret },
): Config['aggregate'] {
  const isEngineGiven = place.given.some(({ path }) => pathText(path) === 'aggregate.engine')
  const home = { site: name, absentMs, logKind: log.kind, kafka, isEngineGiven }
  return compileAggregate(aggregate, home, place)
}

function addressOf(listen: string): { readonly host: string; readonly port: number } {
  const at = listen.lastIndexOf(':')
  return { host: listen.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(listen.slice(at + 1)) }
}

function retentionOf(written: Settings['log']['retention']): Config['log']['retention'] {
  const of = ({ age, bytes }: { readonly age: number; readonly bytes: number }) => ({
    ageMs: age,
    bytesMax: bytes,
  })
  return {
    readings: of(written.readings),
    panes: of(written.panes),
    windows: of(written.windows),
    rollups: of(written.rollups),
    transitions: of(written.transitions),
    notices: of(written.notices),
    commands: of(written.commands),
    late: of(written.late),
    rejected: of(written.rejected),
  }
}

/** A monitor's id and an alert's name occur once over all files; the error names both (A10). */
function checkUnique(monitors: readonly MonitorSpec[], site: Site): void {
  const seen = new Map<string, ConfigPath>()
  const once = (what: string, name: string, path: ConfigPath): void => {
    const before = seen.get(`${what} ${name}`)
    seen.set(`${what} ${name}`, before ?? path)
    if (before === undefined) return
    const { file, line, column } = site.written.locate({ path: before, message: '', advice: '' })
    site.findings.push({
      path,
      message: `the ${what} ${name} is at ${file}:${line}:${column} already`,
      advice: 'give one of them another name: people and silences know it by name',
    })
  }
  for (const [i, { id, rules }] of monitors.entries()) {
    once('monitor', id, ['monitors', i, 'id'])
    for (const [j, { alert }] of rules.entries()) {
      once('alert', alert, ['monitors', i, 'rules', j, 'alert'])
    }
  }
}

/** A secret that others may read is none (R9), so it is refused before it is used. */
function secretReader({ folder, findings }: Site): ReadSecret {
  return (name, path) => {
    const file = resolve(folder, name)
    const read = fileText(file)
    if ('reason' in read) {
      const message = `names the file ${name}, which ${read.reason}`
      findings.push({ path, message, advice: 'write the file, readable by its owner alone' })
      return undefined
    }
    if ((statSync(file).mode & 0o077) === 0) return read.text
    const message = `names the file ${name}, which others may read`
    findings.push({ path, message, advice: `run chmod 600 ${name}` })
    return undefined
  }
}
