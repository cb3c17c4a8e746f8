import type { Command } from 'commander'
import type { Config } from '../../config/config.ts'
import { effectiveSettings } from '../check/effective-settings.ts'
import { monitorReport, monitorReportText } from '../check/monitor-report.ts'
import { readConfig } from '../read-config.ts'
import type { Terminal } from '../terminal.ts'

const LESSON = `
Examples:
  nocturne check config nocturne.yaml           says all that is wrong, as file:line:column
  nocturne check config nocturne.yaml --print   every value that holds, and where it was said
  NOCTURNE_HTTP_LISTEN=127.0.0.1:0 nocturne check config nocturne.yaml --print

Exit code 3 where the configuration is not right; docs/config.md explains every field.`

type CheckFlags = { readonly print?: boolean; readonly json?: boolean }

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
    .action((file: string, flags: CheckFlags) => checkConfig(file, flags, terminal))
}

function checkConfig(file: string, flags: CheckFlags, terminal: Terminal): void {
  const config = readConfig({ config: file }, terminal)
  const monitors = config.monitors.map(monitorReport)
  const settings = flags.print === true ? effectiveSettings(file, terminal.env) : undefined
  if (flags.json === true) {
    terminal.print(JSON.stringify({ ok: true, site: config.site, monitors, settings }))
    return
  }
  if (settings === undefined) {
    terminal.print(`${file} is right: ${contentsText(config)}`)
    for (const report of monitors) terminal.print(`\n${monitorReportText(report)}`)
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
