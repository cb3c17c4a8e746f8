import { runCli } from './cli/run-cli.ts'
import { processTerminal } from './cli/terminal.ts'

const terminal = processTerminal(process)

/** A bug ends the process at once: restarting is always safe (R5). */
function endOnBug(error: unknown): never {
  terminal.say(error instanceof Error ? (error.stack ?? error.message) : String(error))
  process.exit(70)
}

process.on('uncaughtException', endOnBug)
process.on('unhandledRejection', endOnBug)
// Whoever read our output has enough of it, as in `nocturne tail windows | head`.
process.stdout.on('error', () => process.exit(0))

process.exit(await runCli(process.argv.slice(2), terminal))
