import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { startApp, type App } from '../../src/app/app.ts'
import type { OpenKafka } from '../../src/app/log/open-kafka.ts'
import { roles } from '../../src/app/roles.ts'
import type { Config } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { NocturneError } from '../../src/model/nocturne-error.ts'
import type { AlertsView } from '../../src/serve/contract.ts'
import type { Clock } from '../../src/std/clock.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'

export type AppPlan = {
  readonly folder: string
  /** The configuration's text. */
  readonly text: string
  readonly clock?: Clock
  /** What names a cluster opens, where something does. */
  readonly openKafka?: OpenKafka
}

/** A whole Nocturne in this process, on a port of the system's choice. */
export class RunningApp {
  readonly app: App
  readonly url: string

  readonly #folder: string

  private constructor(app: App, url: string, folder: string) {
    this.app = app
    this.url = url
    this.#folder = folder
  }

  /** Starts it and waits until it is ready; a test stops it before its folder goes. */
  static async start(t: TestContext, plan: AppPlan): Promise<RunningApp> {
    const { folder, text, clock, openKafka } = plan
    const app = await startApp({
      config: configOf(folder, text),
      roles: new Set(roles),
      logger: silentLogger,
      ...(clock === undefined ? {} : { clock }),
      ...(openKafka === undefined ? {} : { openKafka }),
      input: (async function* () {})(),
      terminal: { write: () => undefined, isColored: false },
      wallFolder: join(folder, 'no-wall'),
    })
    t.after(() => app.stop())
    const running = new RunningApp(app, app.url ?? '', folder)
    await running.until('/readyz', async (answer) => answer.status === 200)
    return running
  }

  /** Reloads a configuration of this text; what is wrong with it is thrown as by a file. */
  reload(text: string): Promise<void> {
    return this.app.reload(async () => configOf(this.#folder, text))
  }

  /** Posts rows as one request, and insists that all of them are durable. */
  async post(rows: readonly object[]): Promise<void> {
    const answer = await this.postText(rows.map((row) => JSON.stringify(row)).join('\n'))
    assert.deepEqual(answer, { accepted: rows.length, rejected: [] })
  }

  async postText(text: string): Promise<object> {
    const answer = await fetch(`${this.url}/v1/readings`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: text,
    })
    assert.equal(answer.status, 202)
    return (await answer.json()) as object
  }

  async json<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.url}${path}`)
    assert.equal(answer.status, 200, path)
    return (await answer.json()) as T
  }

  async text(path: string): Promise<string> {
    return (await fetch(`${this.url}${path}`)).text()
  }

  /** Acknowledges as the wall does. */
  async acknowledge(target: string): Promise<void> {
    const answer = await fetch(`${this.url}/api/ack`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.url },
      body: JSON.stringify({ id: `ack-${target}`, target, by: 'noc', comment: 'on it' }),
    })
    assert.equal(answer.status, 202, await answer.text())
  }

  /** Open alerts as soon as they say this; the test's own time limit is the bound. */
  async alerts(say: (view: AlertsView) => boolean): Promise<AlertsView> {
    let view: AlertsView | undefined
    await this.until('/api/alerts', async (answer) => {
      view = (await answer.json()) as AlertsView
      return say(view)
    })
    return view!
  }

  async until(path: string, isIt: (answer: Response) => Promise<boolean>): Promise<void> {
    for (;;) {
      const answer = await fetch(`${this.url}${path}`)
      if (await isIt(answer)) return
      if (!answer.bodyUsed) await answer.body?.cancel()
      await setImmediate()
    }
  }
}

/** @throws CONFIG_INVALID */
function configOf(folder: string, text: string): Config {
  const env = { NOCTURNE_DATA: join(folder, 'data'), NOCTURNE_HTTP_LISTEN: '127.0.0.1:0' }
  const loaded = loadConfig({ text, env })
  if (loaded.ok) return loaded.config
  throw new NocturneError('CONFIG_INVALID', JSON.stringify(loaded.errors))
}
