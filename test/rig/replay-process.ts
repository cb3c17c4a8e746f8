import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { text } from 'node:stream/consumers'
import type { ReplaySummary } from '../../src/app/replay.ts'
import { systemClock } from '../../src/std/clock.ts'

/** One `nocturne replay` that may be killed. */
export type ReplayCommand = {
  readonly path: string
  readonly config: string
  readonly dataFolder: string
  readonly transitionsPath: string
}

const LOOK_EVERY_MS = 2

/** Runs the command to its end. */
export async function replayToEnd(command: ReplayCommand): Promise<ReplaySummary> {
  const child = start(command)
  const exited = once(child, 'exit')
  const [out] = [await text(child.stdout), await exited]
  const line = out.trimEnd().split('\n').at(-1) ?? ''
  assert.equal(child.exitCode, 0, out)
  return JSON.parse(line) as ReplaySummary
}

/**
 * Kills the command with SIGKILL as soon as its data folder holds so many bytes and more than it
 * held before; answers whether it was killed, and not already at its end.
 */
export async function replayUntilKilled(command: ReplayCommand, bytes: number): Promise<boolean> {
  const atLeast = Math.max(bytes, (await folderBytes(command.dataFolder)) + 1)
  const child = start(command)
  child.stdout.resume()
  const exited = once(child, 'exit')
  while (child.exitCode === null && (await folderBytes(command.dataFolder)) < atLeast) {
    await systemClock.sleep(LOOK_EVERY_MS)
  }
  child.kill('SIGKILL')
  await exited
  return child.signalCode === 'SIGKILL'
}

/** Bytes of all files below a folder: how far a replay has come. */
export async function folderBytes(folder: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(folder, { recursive: true })) {
    // Files come and go while a replay runs.
    const found = statSync(join(folder, name), { throwIfNoEntry: false })
    if (found?.isFile() === true) bytes += found.size
  }
  return bytes
}

/** The ids of the steps in a T.ndjson, in the order in which they stand there. */
export async function stepIds(path: string): Promise<readonly string[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '')
  return lines.map((line) => (JSON.parse(line) as { id: string }).id)
}

function start({ path, config, dataFolder, transitionsPath }: ReplayCommand) {
  const files = ['--config', config, '--data', dataFolder, '--transitions', transitionsPath]
  const args = ['src/main.ts', 'replay', path, ...files, '--json']
  return spawn(execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
}
