import assert from 'node:assert/strict'
import test from 'node:test'
import { NocturneError } from '../model/nocturne-error.ts'
import { runCli } from './run-cli.ts'
import type { Terminal } from './terminal.ts'

/** A terminal that keeps what is said to it; `print` may do otherwise. */
function terminalOf(print: (line: string) => void): Terminal & { readonly said: string[] } {
  const said: string[] = []
  return {
    said,
    print,
    say: (line) => void said.push(line),
    write: () => undefined,
    draw: () => undefined,
    isWatched: false,
    isColored: false,
    env: {},
    input: (async function* () {})(),
  }
}

const ENDS = [
  [new TypeError('x is undefined'), 70, 'TypeError: x is undefined\n    at'],
  [new NocturneError('CLI_SERVER_REFUSED', 'no'), 1, 'nocturne: Nocturne refused the request: no'],
  [new NocturneError('LOG_LOCKED', '/data'), 3, 'nocturne: another process holds the log in /data'],
  [
    Object.assign(new Error('EACCES: permission denied'), { syscall: 'mkdir', code: 'EACCES' }),
    1,
    'nocturne: the machine refuses: EACCES: permission denied',
  ],
] as const

for (const [error, exit, sentence] of ENDS) {
  test(`[R5] [R6] "${error.message}" ends a command with ${exit}`, async () => {
    const terminal = terminalOf(() => {
      throw error
    })

    const code = await runCli(['tail'], terminal)

    assert.equal(code, exit)
    const [first = ''] = terminal.said
    assert.ok(first.startsWith(sentence), first)
  })
}
