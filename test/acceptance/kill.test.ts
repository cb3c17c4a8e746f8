import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { EventEmitter, once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { FinalWindows, replayedSteps } from '../../src/app/replay-results.ts'
import type { WindowResult } from '../../src/model/window-result.ts'
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import { systemClock } from '../../src/std/clock.ts'
import { prng } from '../../src/std/prng.ts'
import { startUp, temporaryFolder } from '../rig/cli.ts'

const START = 1_795_383_150_000
const STREAMS = ['arena-0', 'arena-1', 'arena-2', 'arena-3'] as const
const BATCH_ROWS = 500
const KILLS = 10

const config = (webhook: string, workers: number) => `version: 1
site: here
workers: ${workers}
log: { partitions: 4 }
monitors:
  - id: counts
    group_by: [stream]
    window: { size: 1s, lateness: 2s }
    aggregates: { count: { count: rows }, x: { sum: x } }
    rules: [{ alert: Busy, when: count > 5, clear: count < 1, severity: warning }]
notify:
  receivers: [{ name: hook, kind: webhook, url: "${webhook}" }]
  route: { receiver: hook, group_wait: 10ms, group_interval: 100ms }
`

type Row = { readonly ts: number; readonly stream: string; readonly x: number; readonly n: number }

/** Row number n of the collector: 200 rows a second of event time over four streams. */
const rowOf = (n: number): Row => ({
  ts: START + n * 5,
  stream: STREAMS[n % STREAMS.length]!,
  x: n % 7,
  n,
})

const textOf = (rows: readonly Row[]): string =>
  rows.map((row) => JSON.stringify({ ...row, site: 'edge', collector: 'meter@1' })).join('\n')

type Receiver = {
  readonly url: string
  /** Bodies by the key and seq that they came under. */
  readonly bodies: ReadonlyMap<string, ReadonlySet<string>>
  /** Resolves once some body has named each of these. */
  toldOf(names: readonly string[]): Promise<void>
}

/** A receiver that remembers every body under its key and seq. */
async function receiver(t: TestContext): Promise<Receiver> {
  const bodies = new Map<string, Set<string>>()
  const arrivals = new EventEmitter()
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (bytes: Buffer) => (body += bytes.toString()))
    request.on('end', () => {
      const id = `${request.headers['nocturne-key']}/${request.headers['nocturne-seq']}`
      bodies.set(id, (bodies.get(id) ?? new Set()).add(body))
      response.end()
      arrivals.emit('body')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const isTold = (name: string): boolean =>
    [...bodies.values()].some((told) => [...told].some((body) => body.includes(name)))
  return {
    url,
    bodies,
    toldOf: async (names) => {
      while (!names.every(isTold)) await once(arrivals, 'body')
    },
  }
}

async function post(url: string, rows: readonly Row[]): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/v1/readings`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: textOf(rows),
    })
    return answer.status === 202
  } catch (error) {
    // The process was killed under it: nobody was told anything, so the rows are sent again.
    return !(error instanceof TypeError)
  }
}

/** Follows all partitions of `windows` until every stream has one that ends at `end` or later. */
async function windowsUpTo(url: string, end: number): Promise<void> {
  const left = new Set<string>(STREAMS)
  const found = new AbortController()
  const follow = async (partition: number): Promise<void> => {
    const path = `/api/tail?topic=windows&partition=${partition}&from=earliest&follow=1`
    try {
      const answer = await fetch(`${url}${path}`, { signal: found.signal })
      const lines = answer.body!.pipeThrough(new TextDecoderStream()).values()
      for await (const line of linesOf(lines)) {
        const { value } = JSON.parse(line) as { value: WindowResult }
        if (value.closed && value.end >= end) left.delete(value.group.stream!)
        if (left.size === 0) found.abort()
      }
    } catch (error) {
      if (found.signal.aborted) return
      throw error
    }
  }
  await Promise.all([follow(0), follow(1), follow(2), follow(3)])
  assert.equal(left.size, 0)
}

async function* linesOf(chunks: AsyncIterable<string>): AsyncIterable<string> {
  let text = ''
  for await (const chunk of chunks) {
    const lines = (text + chunk).split('\n')
    text = lines.pop() ?? ''
    yield* lines
  }
}

/** What the log holds when nobody runs: counts by stream and second, and who fired. */
async function readBack(folder: string, before: number) {
  const log = await openEmbeddedLog({ folder, clock: systemClock })
  try {
    const counted = new Map<string, object>()
    for (const line of (await FinalWindows.of(log)).lines()) {
      const { group, start, values } = JSON.parse(line) as WindowResult
      if (start < before) counted.set(`${group.stream} ${start}`, values)
    }
    const firings = (await replayedSteps(log)).filter((step) => step.step === 'firing')
    return { counted, firings: firings.map((step) => step.labels.stream).sort() }
  } finally {
    await log.close()
  }
}

async function survivesKills(t: TestContext, workers: number): Promise<void> {
  const folder = await temporaryFolder(t)
  const hook = await receiver(t)
  await writeFile(join(folder, 'c.yaml'), config(hook.url, workers))
  const words = ['--config', 'c.yaml', '--data', 'data', '--no-simulation']
  const random = prng(20_261_122)
  let sent = 0
  let up = await startUp(t, words, folder)
  for (let kill = 0; kill < KILLS; kill++) {
    for (let batches = 2 + random.below(8); batches > 0; batches--) {
      const rows = Array.from({ length: BATCH_ROWS }, (_, i) => rowOf(sent + i))
      if (await post(up.url, rows)) sent += BATCH_ROWS
    }
    const inFlight = post(
      up.url,
      Array.from({ length: BATCH_ROWS }, (_, i) => rowOf(sent + i)),
    )
    up.child.kill('SIGKILL')
    if (await inFlight) sent += BATCH_ROWS
    await up.end
    up = await startUp(t, words, folder)
  }
  // What was sent last may lie in the log although nobody was told: the same rows again.
  const rest = Array.from({ length: BATCH_ROWS }, (_, i) => rowOf(sent + i))
  assert.ok(await post(up.url, rest))
  sent += BATCH_ROWS
  const lastEnd = Math.floor(rowOf(sent - 1).ts / 1000) * 1000 + 1000
  const closing = STREAMS.map((stream, i) => ({ ts: lastEnd + 20_000, stream, x: 0, n: sent + i }))
  assert.ok(await post(up.url, closing))
  await windowsUpTo(up.url, lastEnd)
  // Its windows may be judged before its notices are planned and sent: an end now would cut them.
  await hook.toldOf(STREAMS)
  up.child.kill('SIGTERM')
  assert.equal((await up.end).code, 0)

  const expected = new Map<string, { count: number; x: number }>()
  for (let n = 0; n < sent; n++) {
    const { ts, stream, x } = rowOf(n)
    const id = `${stream} ${ts - (ts % 1000)}`
    const held = expected.get(id) ?? { count: 0, x: 0 }
    expected.set(id, { count: held.count + 1, x: held.x + x })
  }
  const { counted, firings } = await readBack(join(folder, 'data'), lastEnd)
  assert.deepEqual(counted, expected)
  assert.deepEqual(firings, [...STREAMS])
  for (const [id, bodies] of hook.bodies) assert.equal(bodies.size, 1, `${id} told two stories`)
}

for (const workers of [0, 2]) {
  const shape = `(workers: ${workers})`
  test(`[D1] [D7] [A1] after ten kill -9 each row counts, each alert fires once ${shape}`, (t) =>
    survivesKills(t, workers))
}
