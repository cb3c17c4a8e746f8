import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { addBacktest } from './command/backtest-command.ts'
import { addCheck } from './command/check-command.ts'
import { addLag } from './command/lag-command.ts'
import { addMigrate } from './command/migrate-command.ts'
import { addProduce } from './command/produce-command.ts'
import { addQuery } from './command/query-command.ts'
import { addReplay } from './command/replay-command.ts'
import { addReset } from './command/reset-command.ts'
import { addSpark } from './command/spark-command.ts'
import { addStore } from './command/store-command.ts'
import { addTail } from './command/tail-command.ts'
import { addTest } from './command/test-command.ts'
import { addUp } from './command/up-command.ts'
import type { Terminal } from './terminal.ts'

const LESSON = `
Begin here:
  nocturne up                          a simulated match night and this host's own connections,
                                       on a wall at http://127.0.0.1:8080
  nocturne replay rows.ndjson          a recording through the whole path, as fast as it goes
  nocturne check config FILE           what is wrong with a configuration, line by line

While "nocturne up" runs, from another terminal:
  nocturne produce rows.ndjson         send it rows
  nocturne query alerts                what is open now
  nocturne tail transitions --follow   every step of every alert, as it happens
  nocturne lag                         what each reader still has to read

Exit codes: 0 ok, 1 failed, 2 usage, 3 input not understood, 4 refused for safety, 70 a bug.
NO_COLOR is respected. Every command teaches itself: nocturne COMMAND --help`

/** The whole command line; parsing it runs a command. @throws CommanderError after saying why. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('nocturne')
    .description('Watches live streams at the edge and tells before anybody sees them fail.')
    .version(versionOf(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', LESSON)
    .exitOverride()
    .configureOutput({
      writeOut: terminal.write,
      writeErr: (text) => terminal.say(text.replace(/\n$/, '')),
      outputError: (text, write) => write(text.replace(/^error: /, 'nocturne: ')),
    })
    .showHelpAfterError('  --help shows what there is')
  addUp(program, terminal)
  addReplay(program, terminal)
  addBacktest(program, terminal)
  addProduce(program, terminal)
  addTail(program, terminal)
  addQuery(program, terminal)
  addLag(program, terminal)
  addReset(program, terminal)
  addMigrate(program, terminal)
  addStore(program, terminal)
  addSpark(program, terminal)
  addCheck(program, terminal)
  addTest(program, terminal)
  return program
}

function versionOf(): string {
  const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}
