import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import type { TestContext } from 'node:test'
import { systemClock } from '../../../src/std/clock.ts'

const MAIN = resolve(import.meta.dirname, '../../../src/main.ts')
/** What is kept of what it says, for a failure's message. */
const SAID_MAX = 20_000
const LOOK_EVERY_MS = 50
/** Brokers may have to elect, a partition may have to move: what takes longer never comes. */
const PATIENCE_MS = 120_000

export type SitePlan = {
  readonly config: string
  readonly data: string
  readonly roles: readonly string[]
}

/** One process of a site, as an operator starts it; ended with the test. */
export class SiteProcess {
  readonly #child: ChildProcess
  readonly #url = Promise.withResolvers<string>()
  readonly #ended: Promise<unknown>
  #said = ''

  constructor(t: TestContext, { config, data, roles }: SitePlan) {
    const words = ['run', '--roles', roles.join(), '--config', config, '--data', data]
    const child = spawn(process.execPath, [MAIN, ...words, '--listen', '127.0.0.1:0'], {
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    this.#ended = once(child, 'close')
    t.after(() => this.kill())
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (bytes: Buffer) => this.#hear(bytes.toString()))
    }
    const gone = (code: number | null): void =>
      this.#url.reject(new Error(`it ended with ${code}: ${this.#said}`))
    child.once('close', gone)
    this.#url.promise.catch(() => undefined)
  }

  /** Where its wall is; a process without one never says. */
  get url(): Promise<string> {
    return this.#url.promise
  }

  /** The end of what it said. */
  get said(): string {
    return this.#said
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Waits until `/readyz` answers so. */
  async until(isIt: (status: number, text: string) => boolean): Promise<void> {
    const url = await this.url
    let last = ''
    for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_EVERY_MS) {
      const answer = await fetch(`${url}/readyz?verbose`)
      last = await answer.text()
      if (isIt(answer.status, last)) return
      await systemClock.sleep(LOOK_EVERY_MS)
    }
    assert.fail(`it does not become so: ${last}\n${this.#said}`)
  }

  ready(): Promise<void> {
    return this.until((status) => status === 200)
  }

  /** Has it read its configuration again. */
  reload(): void {
    this.#child.kill('SIGHUP')
  }

  /** Ends as people end it; what it has in hand is finished. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#ended
    assert.equal(this.#child.exitCode, 0, this.#said)
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL')
    }
    await this.#ended
  }

  #hear(text: string): void {
    this.#said = (this.#said + text).slice(-SAID_MAX)
    const [url] = /http:\/\/[0-9.:]+/.exec(text) ?? []
    if (url !== undefined) this.#url.resolve(url)
  }
}
