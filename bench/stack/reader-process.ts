import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../src/std/clock.ts'
import { costOf } from './process-outcome.ts'

const STOP_MS_MAX = 30_000

/** A `nocturne run` of some roles, as people start it. */
export class ReaderProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#exited = once(child, 'exit')
  }

  /** Starts it over a folder of its own. */
  static async start(folder: string, config: string, roles: string): Promise<ReaderProcess> {
    await mkdir(folder, { recursive: true })
    const file = join(folder, 'nocturne.yaml')
    await writeFile(file, config)
    const words = ['run', '--roles', roles, '--config', file, '--data', join(folder, 'data')]
    const stdio = ['ignore', 'ignore', 'inherit'] as ['ignore', 'ignore', 'inherit']
    const cwd = join(import.meta.dirname, '..', '..')
    return new ReaderProcess(spawn('bin/nocturne', words, { cwd, stdio }))
  }

  /** What it has used so far; its end is a failure. */
  cost(): ReturnType<typeof costOf> {
    const { pid, exitCode } = this.#child
    if (pid === undefined || exitCode !== null) throw new Error(`it ended with ${exitCode}`)
    return costOf(pid)
  }

  /** Ends it as people do, and by force where it does not. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    const waiting = new AbortController()
    await Promise.race([this.#exited, systemClock.sleep(STOP_MS_MAX, waiting.signal)])
    waiting.abort()
    this.#child.kill('SIGKILL')
    await this.#exited
  }
}
