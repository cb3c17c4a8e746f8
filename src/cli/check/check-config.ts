import type { Config } from '../../config/config.ts'
import { configErrorText } from '../../config/config-error.ts'
import { readNotedConfig } from '../read-config.ts'
import type { Terminal } from '../terminal.ts'
import { effectiveSettings } from './effective-settings.ts'
import { monitorReport, monitorReportText } from './monitor-report.ts'

export type CheckFlags = { readonly print?: boolean; readonly json?: boolean }

/** Prints what a configuration asks for. @throws CONFIG_INVALID with every mistake in it. */
export function checkConfig(file: string, flags: CheckFlags, terminal: Terminal): void {
  const { config, notes } = readNotedConfig({ config: file }, terminal)
  const monitors = config.monitors.map(monitorReport)
  const settings = flags.print === true ? effectiveSettings(file, terminal.env) : undefined
  if (flags.json === true) {
    terminal.print(JSON.stringify({ ok: true, site: config.site, monitors, notes, settings }))
    return
  }
  if (settings === undefined) {
    terminal.print(`${file} is right: ${contentsText(config)}`)
    for (const report of monitors) terminal.print(`\n${monitorReportText(report)}`)
    for (const note of notes) terminal.print(`\nnote: ${configErrorText(note)}`)
    return
  }
  const width = Math.max(0, ...settings.map(({ path, value }) => path.length + value.length + 3))
  for (const { path, value, origin } of settings) {
    terminal.print(`${`${path} = ${value}`.padEnd(Math.min(width, 72))}  # ${origin}`)
  }
}

function contentsText({ site, collect, monitors, notify }: Config): string {
  const ruleCount = monitors.reduce((count, { rules }) => count + rules.length, 0)
  const parts = [
    counted(collect.sources.length, 'source'),
    counted(monitors.length, 'monitor'),
    counted(ruleCount, 'rule'),
    counted(notify.receivers.length, 'receiver'),
  ]
  return `site ${site}, ${parts.join(', ')}`
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
