import { CommanderError } from 'commander'
import { NocturneError } from '../model/nocturne-error.ts'
import { createProgram } from './program.ts'
import type { Terminal } from './terminal.ts'

/** R6: 0 ok · 1 failed · 2 usage · 3 input not understood · 4 refused for safety · 70 bug. */
const FAILED = 1
const USAGE = 2
const BUG = 70

/** Runs one command line to its end and answers its exit code; every error comes to rest here. */
export async function runCli(words: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(words, { from: 'user' })
    return 0
  } catch (error) {
    // Commander has said what is wrong already; help and version are no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE
    return sayError(error, terminal)
  }
}

function sayError(error: unknown, terminal: Terminal): number {
  if (error instanceof NocturneError) {
    terminal.say(`nocturne: ${error.message}`)
    terminal.say(`  ${error.entry.advice} (${error.code})`)
    return error.entry.exit
  }
  if (isSystemError(error)) {
    terminal.say(`nocturne: the machine refuses: ${error.message}`)
    return FAILED
  }
  terminal.say(error instanceof Error ? (error.stack ?? error.message) : String(error))
  terminal.say('nocturne: this is a bug; a restart is safe, nothing durable is lost')
  return BUG
}

/** What the operating system refused (a folder, a port) is nobody's bug. */
const isSystemError = (error: unknown): error is Error =>
  error instanceof Error && 'syscall' in error && 'code' in error
