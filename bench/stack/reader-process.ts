import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../src/std/clock.ts'
import { startGuarded, type GuardedChild } from '../../scripts/stack/guarded-child.ts'
import { costOf } from './process-outcome.ts'

const STOP_MS_MAX = 30_000
const NOCTURNE = join(import.meta.dirname, '../../bin/nocturne')

/** A `nocturne run` of some roles, as people start it; it does not outlive us. */
export class ReaderProcess {
  readonly #child: GuardedChild
  readonly #logFile: string

  private constructor(child: GuardedChild, logFile: string) {
    this.#child = child
    this.#logFile = logFile
  }

  /** Starts it over a folder of its own. */
  static async start(folder: string, config: string, roles: string): Promise<ReaderProcess> {
    await mkdir(folder, { recursive: true })
    const file = join(folder, 'nocturne.yaml')
    await writeFile(file, config)
    const words = ['run', '--roles', roles, '--config', file, '--data', join(folder, 'data')]
    const logFile = join(folder, 'nocturne.log')
    return new ReaderProcess(await startGuarded([NOCTURNE, ...words], logFile), logFile)
  }

  /** What it has used so far; its end is a failure. */
  cost(): ReturnType<typeof costOf> {
    const how = this.#child.howEnded()
    if (how === undefined) return costOf(this.#child.pid)
    const said = readFileSync(this.#logFile, 'utf8').slice(-4096)
    throw new Error(`a process ended with ${how}: ${said}`)
  }

  /** Ends it as people do, and by force where it does not. */
  async stop(): Promise<void> {
    this.#child.signal('SIGTERM')
    const waiting = new AbortController()
    await Promise.race([this.#child.ended, systemClock.sleep(STOP_MS_MAX, waiting.signal)])
    waiting.abort()
    this.#child.signal('SIGKILL')
    await this.#child.ended
  }
}
