import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { execPath } from 'node:process'
import { text } from 'node:stream/consumers'

/** What a replay of ours and its rival say alike. */
export type ReplayOutcome = {
  readonly rows: number
  readonly rejected: number
  readonly windows: number
  readonly digest: string
  readonly seconds: number
  readonly rss_mb: number
}

/** Runs a script in a process of its own; answers the JSON of its last line. */
export async function replayProcess(args: readonly string[]): Promise<ReplayOutcome> {
  const child = spawn(execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const out = await text(child.stdout)
  await exited
  if (child.exitCode !== 0)
    throw new Error(`${args.join(' ')} ended with ${child.exitCode}: ${out}`)
  return JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as ReplayOutcome
}

/** The product: the whole path, over a log on disk. */
export const replayOurs = (path: string, config: string): Promise<ReplayOutcome> =>
  replayProcess(['src/main.ts', 'replay', path, '--config', config, '--json'])
