import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startGuarded, type GuardedChild } from '../scripts/stack/guarded-child.ts'
import { systemClock } from '../src/std/clock.ts'

const LOOK_EVERY_MS = 5
/** A server that is not ready by then never will be. */
const PATIENCE_MS = 60_000
const METRICS_EVERY_MS = 1100
/** No bench keeps a server for longer. */
const RUN_MS_MAX = 180_000

/** How long one may take to finish what it has in hand. */
const STOP_MS_MAX = 60_000

/**
 * A `nocturne up` in a process of its own, as people start it, on a port that the system gives. It
 * does not outlive us.
 */
export class ServerProcess {
  readonly url: string
  /** When it was started, by this process' clock. */
  readonly startedAt: number
  readonly #child: GuardedChild

  private constructor(child: GuardedChild, url: string, startedAt: number) {
    this.#child = child
    this.url = url
    this.startedAt = startedAt
  }

  /** Starts it over what lies in the folder; resolves once it has said where it listens. */
  static async start(
    folder: string,
    config: string,
    parts: readonly string[] = ['up'],
  ): Promise<ServerProcess> {
    const file = join(folder, 'nocturne.yaml')
    await writeFile(file, config)
    const startedAt = performance.now()
    const words = [...parts, '--config', file, '--data', join(folder, 'data')]
    const command = [join(import.meta.dirname, '../bin/nocturne'), ...words]
    const logFile = join(folder, `server-${Math.round(startedAt)}.log`)
    const child = await startGuarded([...command, '--listen', '127.0.0.1:0'], logFile)
    return new ServerProcess(child, await addressOf(child, logFile), startedAt)
  }

  /** Waits until it says that it is ready; answers how long after its start that was, in ms. */
  async ready(): Promise<number> {
    while (performance.now() - this.startedAt < PATIENCE_MS) {
      const answer = await fetch(`${this.url}/readyz`)
      await answer.arrayBuffer()
      if (answer.status === 200) return performance.now() - this.startedAt
      await systemClock.sleep(LOOK_EVERY_MS)
    }
    throw new Error('the server is not ready')
  }

  /**
   * Waits until its readers have judged all that was posted: metrics are taken once a second.
   * Where rows are read in batches, `lagMax` heartbeats always wait for the next one.
   */
  async caughtUp(lagMax = 0): Promise<void> {
    for (let quiet = 0; quiet < 2;) {
      await systemClock.sleep(METRICS_EVERY_MS)
      const metrics = await (await fetch(`${this.url}/metrics`)).text()
      const lags = metrics.matchAll(
        /^nocturne_lag_records\{reader="(?:aggregate|evaluate)".* (\d+)$/gm,
      )
      const all = [...lags]
      const behind = all.flatMap(([line, count]) => (Number(count) > lagMax ? [line] : []))
      quiet = all.length > 0 && behind.length === 0 ? quiet + 1 : 0
      const isPatient = performance.now() - this.startedAt < RUN_MS_MAX
      assert.ok(isPatient, `its readers do not catch up: ${behind.join(', ')}`)
    }
  }

  /** Memory that the whole process holds now, in bytes. */
  async rss(): Promise<number> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
  }

  /** The most that it held so far, in bytes. */
  async rssMax(): Promise<number> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8')
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024
  }

  /** Time of all its threads so far, in seconds. */
  async cpuSeconds(): Promise<number> {
    const stat = await readFile(`/proc/${this.#child.pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  }

  /** Ends it as people do; it finishes what it has in hand. */
  async stop(): Promise<void> {
    this.#child.signal('SIGTERM')
    await this.#end()
    assert.equal(this.#child.howEnded(), 'code 0')
  }

  /** Ends it in the middle of whatever it does. */
  async kill(): Promise<void> {
    this.#child.signal('SIGKILL')
    await this.#end()
  }

  /** The child keeps no process alive, so a timer has to. */
  async #end(): Promise<void> {
    const waiting = new AbortController()
    await Promise.race([this.#child.ended, systemClock.sleep(STOP_MS_MAX, waiting.signal)])
    waiting.abort()
  }
}

/** The address that it prints. */
async function addressOf(child: GuardedChild, logFile: string): Promise<string> {
  for (;;) {
    const how = child.howEnded()
    const said = await readFile(logFile, 'utf8')
    const [, url] = /is up at (http:\/\/[0-9.:]+)\n/.exec(said) ?? []
    if (url !== undefined) return url
    if (how !== undefined) throw new Error(`the server ended with ${how}: ${said}`)
    await systemClock.sleep(LOOK_EVERY_MS)
  }
}
