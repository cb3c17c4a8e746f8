import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openCodecs } from '../../../src/log/codecs/open-codecs.ts'
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { Log } from '../../../src/log/log.ts'
import type { WindowResult } from '../../../src/model/window-result.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { decodeWindow } from '../../../src/wire/window-codec.ts'
import { runCli } from '../../rig/cli.ts'
import { eachValue } from './log-values.ts'
import { SiteProcess } from './site-process.ts'

const ROLES = ['collect', 'aggregate', 'evaluate', 'record', 'notify', 'serve']
const LOOK_EVERY_MS = 500
/** Longer than a late row's window takes to be issued again. */
const QUIET_LOOKS = 12
const LOOKS_MAX = 600

export type CassandraPlan = {
  /** `host:port`, as the configuration has them. */
  readonly contactPoints: readonly string[]
  readonly replication: number
  readonly webhook: string
  /** As a configuration has them below `monitors:`, instead of one that counts. */
  readonly monitors?: string
}

/** The rule counts, so it fires on open windows: how soon does not hang on when they close. */
const COUNTS = `
  - id: counts
    group_by: [stream]
    window: { size: 1s, lateness: 300ms, correction: 60s }
    aggregates:
      count: { count: rows }
      x: { sum: x }
      spikes: { count: rows, where: spike >= 1 }
    rules: [{ alert: Spike, when: spikes >= 1, clear: spikes < 1, severity: warning }]
`

const configOf = ({
  contactPoints,
  replication,
  webhook,
  monitors = COUNTS,
}: CassandraPlan): string => `version: 1
site: noc
workers: 1
store:
  kind: cassandra
  cassandra:
    contact_points: [${contactPoints.map((point) => `"${point}"`).join(', ')}]
    local_data_center: datacenter1
    replication: { datacenter1: ${replication} }
monitors:${monitors}
notify:
  receivers: [{ name: hook, kind: webhook, url: "${webhook}" }]
  route: { receiver: hook, group_by: [stream], group_wait: 10ms, group_interval: 100ms }
`

/** A whole Nocturne on its own log whose store is Cassandra. */
export class CassandraSite {
  readonly #folder: string
  readonly #process: SiteProcess
  #log: Log | undefined

  private constructor(folder: string, process: SiteProcess) {
    this.#folder = folder
    this.#process = process
  }

  /** Makes the schema, as an operator does, and starts. */
  static async open(t: TestContext, plan: CassandraPlan): Promise<CassandraSite> {
    let site: CassandraSite | undefined
    const folder = await mkdtemp(join(tmpdir(), 'nocturne-site-'))
    t.after(async () => {
      // A log whose folder is gone cannot be closed.
      await site?.close()
      await rm(folder, { recursive: true, force: true })
    })
    const config = join(folder, 'site.yaml')
    await writeFile(config, configOf(plan))
    const made = await runCli(['store', 'migrate', '--config', config], { patienceMs: 120_000 })
    assert.equal(made.code, 0, made.err)
    const data = join(folder, 'data')
    return (site = new CassandraSite(folder, new SiteProcess(t, { config, data, roles: ROLES })))
  }

  get process(): SiteProcess {
    return this.#process
  }

  /** Rows of `windows` that are not in the store yet, and how old the oldest of them is, ms. */
  async behind(): Promise<{ readonly rows: number; readonly ms: number }> {
    const answer = await fetch(`${await this.#process.url}/api/v1/lag?group=record-windows`)
    const { total } = (await answer.json()) as { total: { rows: number; ms: number | null } }
    return { rows: total.rows, ms: total.ms ?? Infinity }
  }

  /** Waits until nothing is behind; answers how long that took, ms. */
  async caughtUp(patienceMs: number): Promise<number> {
    const began = systemClock.now()
    // What comes meanwhile is on its way for a moment always.
    while ((await this.behind()).ms > 1_000) {
      assert.ok(systemClock.now() - began < patienceMs, 'it does not catch up')
      await systemClock.sleep(LOOK_EVERY_MS)
    }
    return systemClock.now() - began
  }

  /** Waits until nothing comes any more and all of it is in the store. */
  async settled(): Promise<void> {
    let quietLooks = 0
    for (let look = 0; quietLooks < QUIET_LOOKS; look++) {
      assert.ok(look < LOOKS_MAX, 'it does not settle')
      quietLooks = (await this.behind()).rows === 0 ? quietLooks + 1 : 0
      await systemClock.sleep(LOOK_EVERY_MS)
    }
  }

  /** The log of a process that has ended. */
  async log(): Promise<Log> {
    const folder = join(this.#folder, 'data')
    const codecs = await openCodecs()
    return (this.#log = await openEmbeddedLog({ folder, clock: systemClock, codecs }))
  }

  async close(): Promise<void> {
    await this.#process.kill()
    await this.#log?.close()
  }
}

/** The highest revision of each window of a log, by id. */
export async function finalsOf(log: Log): Promise<ReadonlyMap<string, WindowResult>> {
  const finals = new Map<string, WindowResult>()
  await eachValue(log, 'windows', ({ value }) => {
    const decoded = decodeWindow(value)
    assert.ok(decoded.ok, 'a window can be read')
    const { window } = decoded
    if (window.rev > (finals.get(window.id)?.rev ?? -1)) finals.set(window.id, window)
  })
  return finals
}
