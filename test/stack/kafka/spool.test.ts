import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startKafka, type KafkaCluster } from '../../../scripts/stack/kafka-cluster.ts'
import { FinalWindows } from '../../../src/app/replay-results.ts'
import { openCodecs } from '../../../src/log/codecs/open-codecs.ts'
import { openKafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import type { WindowResult } from '../../../src/model/window-result.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { startUp, temporaryFolder } from '../../rig/cli.ts'
import { withoutJava } from '../rig/servers.ts'

const skip = withoutJava()
const POST_ROWS = 20
const STREAMS = 6
const PATIENCE_MS = 600_000

const config = (cluster: KafkaCluster): string => `version: 1
site: here
workers: 0
log:
  kind: kafka
  partitions: 2
  kafka:
    brokers: [${cluster.bootstrap.map(({ host, port }) => `"${host}:${port}"`).join()}]
    replication: 1
monitors:
  - id: counts
    group_by: [stream]
    window: { size: 1s, lateness: 2s }
    aggregates: { count: { count: rows }, x: { sum: x } }
    rules: [{ alert: Busy, when: count > 100000, severity: warning }]
`

/** Posts rows without numbers of their own, request by request, and counts what was taken. */
class Poster {
  sent = 0
  url = ''
  #posting: Promise<void> = Promise.resolve()
  #isOver = false

  begin(): void {
    this.#isOver = false
    this.#posting = this.#post()
  }

  /** Resolves when the last request has its answer. */
  async end(): Promise<void> {
    this.#isOver = true
    await this.#posting
  }

  async until(count: number): Promise<void> {
    while (this.sent < count) await systemClock.sleep(20)
  }

  async #post(): Promise<void> {
    while (!this.#isOver) {
      const rows = Array.from({ length: POST_ROWS }, (_, i) => {
        const x = this.sent + i
        return JSON.stringify({ ts: Date.now(), stream: `arena-${x % STREAMS}`, x })
      })
      const answer = await fetch(`${this.url}/v1/readings`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: rows.join('\n'),
      })
      assert.equal(answer.status, 202, await answer.text())
      this.sent += POST_ROWS
      await systemClock.sleep(10)
    }
  }
}

type Check = { readonly name: string; readonly ok: boolean; readonly code: string | null }

async function spoolCheck(url: string): Promise<Check | undefined> {
  const answer = await fetch(`${url}/readyz?verbose`)
  const { checks } = (await answer.json()) as { readonly checks: readonly Check[] }
  return checks.find(({ name }) => name === 'spool')
}

async function spoolIs(url: string, code: string | null): Promise<void> {
  while ((await spoolCheck(url))?.code !== code) await systemClock.sleep(20)
}

async function ready(url: string): Promise<void> {
  while ((await fetch(`${url}/readyz`)).status !== 200) await systemClock.sleep(20)
}

/** Rows and the sum of their numbers in the final windows of all streams. */
async function counted({ bootstrap: brokers }: KafkaCluster) {
  const codecs = await openCodecs()
  const options = { brokers, promise: 'available', replication: 1, codec: 'lz4' } as const
  const log = openKafkaLog(options, { clock: systemClock, codecs })
  try {
    const lines = [...(await FinalWindows.of(log)).lines()]
    const windows = lines.map((line) => JSON.parse(line) as WindowResult)
    const sumOf = (name: string): number =>
      windows.reduce((sum, { values }) => sum + (values[name] ?? 0), 0)
    return { count: sumOf('count'), x: sumOf('x') }
  } finally {
    await log.close()
  }
}

async function up(t: TestContext, folder: string) {
  const words = ['--config', 'c.yaml', '--data', 'data', '--no-simulation']
  return startUp(t, words, { cwd: folder, patienceMs: PATIENCE_MS })
}

test(
  '[D9] rows posted while the brokers are away, over a kill of ours, are in the windows once',
  { skip, timeout: PATIENCE_MS },
  async (t) => {
    const cluster = await startKafka({ shape: 'one' })
    t.after(() => cluster.close())
    const folder = await temporaryFolder(t)
    await writeFile(join(folder, 'c.yaml'), config(cluster))
    const poster = new Poster()
    const first = await up(t, folder)
    poster.url = first.url
    await ready(poster.url)
    poster.begin()
    await poster.until(1_000)

    await cluster.kill('k1')
    const killedAt = Date.now()
    await spoolIs(poster.url, 'LOG_SPOOLING')
    t.diagnostic(`spooling ${Date.now() - killedAt} ms after the kill`)
    await poster.until(poster.sent + 2_000)
    await poster.end()
    const gone = once(first.child, 'exit')
    first.child.kill('SIGKILL')
    await gone
    const second = await up(t, folder)
    poster.url = second.url
    poster.begin()
    await poster.until(poster.sent + 2_000)
    assert.equal((await spoolCheck(poster.url))?.ok, true)
    const metrics = await (await fetch(`${poster.url}/metrics`)).text()
    const [spooled] = /^nocturne_spool_rows \d+/m.exec(metrics) ?? []

    await cluster.start('k1')
    const startedAt = Date.now()
    await spoolIs(poster.url, null)
    t.diagnostic(`${spooled}, drained ${Date.now() - startedAt} ms after the broker was back`)
    await poster.until(poster.sent + 1_000)
    await poster.end()

    const expected = { count: poster.sent, x: (poster.sent * (poster.sent - 1)) / 2 }
    let found = await counted(cluster)
    while (found.count < expected.count) {
      await systemClock.sleep(200)
      found = await counted(cluster)
    }
    assert.deepEqual(found, expected)
    t.diagnostic(`${poster.sent} rows`)
    const last = await (await fetch(`${poster.url}/metrics`)).text()
    t.diagnostic(String(/^nocturne_rows_total\{outcome="repeated"\} \d+/m.exec(last)?.[0]))
  },
)
