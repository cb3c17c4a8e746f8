import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import type { KafkaCluster } from '../../../scripts/stack/kafka-cluster.ts'
import { openCodecs } from '../../../src/log/codecs/open-codecs.ts'
import { openKafkaLog, type KafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import type { Step } from '../../../src/model/step.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { decodeTransition } from '../../../src/wire/step-codec.ts'
import { decodeWindow } from '../../../src/wire/window-codec.ts'
import { eachValue } from './log-values.ts'
import type { Expected } from './steady-load.ts'
import { SiteProcess } from './site-process.ts'

const MAIN = resolve(import.meta.dirname, '../../../src/main.ts')
const LATENESS_MS = 2000
const LOOK_EVERY_MS = 1000
const OTHER_MONITOR = `  - id: others
    group_by: [stream]
    window: { size: 5s, lateness: 2s }
    aggregates: { x: { max: x } }
`
const PATIENCE_MS = 180_000

export type SiteSettings = {
  readonly cluster: KafkaCluster
  readonly replication: number
  readonly promise: 'available' | 'strict'
  readonly webhook: string
  readonly workers?: number
  readonly partitions?: number
  /** Whose rows those are that name no site; `noc`, when not said. */
  readonly site?: string
  /** Lines of the configuration about who makes panes. */
  readonly aggregate?: string
}

const configOf = (settings: SiteSettings): string => {
  const { cluster, replication, promise, webhook, workers = 1, partitions = 4 } = settings
  const { aggregate = '', site = 'noc' } = settings
  const brokers = cluster.bootstrap.map(({ host, port }) => `"${host}:${port}"`).join(', ')
  return `version: 1
site: ${site}
workers: ${workers}
log:
  kind: kafka
  partitions: ${partitions}
  kafka: { brokers: [${brokers}], replication: ${replication}, promise: ${promise} }
${aggregate}
monitors:
  - id: counts
    group_by: [stream]
    window: { size: 1s, lateness: ${LATENESS_MS}ms }
    aggregates: { count: { count: rows }, x: { sum: x }, spikes: { sum: spike } }
    rules: [{ alert: Spike, when: spikes >= 1, clear: spikes < 1, severity: warning }]
notify:
  receivers: [{ name: hook, kind: webhook, url: "${webhook}" }]
  route: { receiver: hook, group_by: [stream], group_wait: 10ms, group_interval: 100ms }
`
}

/** What the log says of the windows of the monitor `counts`, the highest revision of each. */
export type SiteWindows = {
  readonly values: ReadonlyMap<string, Readonly<Record<string, number>>>
  /** How long after its end and lateness each was first in the log as closed, ms. */
  readonly delays: readonly number[]
}

/** A site on a cluster: its configuration, its processes, and what its log holds. */
export class KafkaSite {
  readonly log: KafkaLog
  readonly #t: TestContext
  readonly #folder: string
  #processes = 0

  private constructor(t: TestContext, folder: string, log: KafkaLog) {
    this.#t = t
    this.#folder = folder
    this.log = log
  }

  static async open(t: TestContext, settings: SiteSettings): Promise<KafkaSite> {
    const folder = await mkdtemp(join(tmpdir(), 'nocturne-site-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    await writeFile(join(folder, 'site.yaml'), configOf(settings))
    const { cluster, replication, promise } = settings
    const options = { brokers: cluster.bootstrap, replication, promise, codec: 'none' } as const
    const log = openKafkaLog(options, { clock: systemClock, codecs: await openCodecs() })
    t.after(() => log.close())
    return new KafkaSite(t, folder, log)
  }

  /** Starts one process with these roles, each with a data folder of its own. */
  start(...roles: readonly string[]): SiteProcess {
    const data = join(this.#folder, `data-${++this.#processes}`)
    return new SiteProcess(this.#t, { config: join(this.#folder, 'site.yaml'), data, roles })
  }

  /** Adds a monitor to the configuration; who runs reads it on SIGHUP. */
  async addMonitor(): Promise<void> {
    const file = join(this.#folder, 'site.yaml')
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace('\nnotify:', `\n${OTHER_MONITOR}notify:`))
  }

  /** Runs a command of ours with this site’s configuration to its end. */
  async command(...words: readonly string[]): Promise<{ code: number | null; said: string }> {
    const files = ['--config', join(this.#folder, 'site.yaml'), '--data', this.#folder]
    const child = spawn(process.execPath, [MAIN, ...words, ...files], {
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes: Buffer) => (said += bytes.toString()))
    }
    await once(child, 'close')
    return { code: child.exitCode, said }
  }

  async windows(): Promise<SiteWindows> {
    const revisions = new Map<string, number>()
    const values = new Map<string, Readonly<Record<string, number>>>()
    const firstAt = new Map<string, number>()
    await eachValue(this.log, 'windows', ({ value, at }) => {
      const decoded = decodeWindow(value)
      assert.ok(decoded.ok, 'a window can be read')
      const { window } = decoded
      if (!window.closed || window.monitor !== 'counts') return
      const id = `${window.group['stream']} ${window.start}`
      firstAt.set(id, firstAt.get(id) ?? at - window.end - LATENESS_MS)
      if ((revisions.get(id) ?? -1) > window.rev) return
      revisions.set(id, window.rev)
      values.set(id, window.values)
    })
    return { values, delays: [...firstAt.values()] }
  }

  async steps(): Promise<readonly Step[]> {
    const steps: Step[] = []
    await eachValue(this.log, 'transitions', ({ value }) => {
      const decoded = decodeTransition(value)
      if (decoded.ok && decoded.record.kind !== 'notice') steps.push(decoded.record)
    })
    return steps
  }

  /** Waits until the windows that begin before an instant are those, and nothing else. */
  async settled(expected: ReadonlyMap<string, Expected>, before: number): Promise<SiteWindows> {
    const wanted = new Map([...expected].filter(([id]) => startOf(id) < before))
    let found = await this.windows()
    for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_EVERY_MS) {
      if (differences(wanted, found.values).length === 0) break
      await systemClock.sleep(LOOK_EVERY_MS)
      found = await this.windows()
    }
    assert.deepEqual(differences(wanted, found.values).slice(0, 10), [])
    const invented = [...found.values.keys()].filter(
      (id) => startOf(id) < before && !wanted.has(id),
    )
    assert.deepEqual(invented.slice(0, 10), [])
    return found
  }

  /** Waits until each window with a spike that begins before an instant has fired; each once. */
  async fired(expected: ReadonlyMap<string, Expected>, before: number): Promise<number> {
    const wanted = [...expected].flatMap(([id, { spikes }]) =>
      spikes > 0 && startOf(id) < before ? [id] : [],
    )
    let found = await this.#firings(before)
    for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_EVERY_MS) {
      if (wanted.every((id) => found.includes(id))) break
      await systemClock.sleep(LOOK_EVERY_MS)
      found = await this.#firings(before)
    }
    assert.deepEqual(found.sort(), wanted.sort())
    return wanted.length
  }

  /** The windows that raised an alert, each as often as a step of another id says so. */
  async #firings(before: number): Promise<string[]> {
    // That the whole site was dark for a while is an alert too, and of no window.
    const isOurs = ({ step, alert }: Step): boolean => step === 'firing' && alert === 'Spike'
    const firings = (await this.steps()).filter(isOurs)
    const byId = new Map(firings.map((step) => [step.id, step]))
    return [...byId.values()].flatMap(({ labels, window }) => {
      const start = (window?.end ?? 0) - 1000
      return start < before ? [`${labels['stream']} ${start}`] : []
    })
  }
}

const startOf = (id: string): number => Number(id.split(' ')[1])

function differences(
  wanted: ReadonlyMap<string, Expected>,
  found: SiteWindows['values'],
): readonly string[] {
  return [...wanted].flatMap(([id, { count, x, spikes }]) => {
    const is = found.get(id)
    const isEqual = is?.['count'] === count && is['x'] === x && is['spikes'] === spikes
    return isEqual
      ? []
      : [`${id}: ${JSON.stringify(is)} for ${JSON.stringify({ count, x, spikes })}`]
  })
}
