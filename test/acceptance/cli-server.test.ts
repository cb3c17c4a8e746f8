import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { runCli, startUp, temporaryFolder } from '../rig/cli.ts'

const CONFIG = `version: 1
monitors:
  - id: retransmits
    group_by: [stream]
    window: { size: 10s, lateness: 2s }
    aggregates: { retrans: { sum: retrans } }
    rules: [{ alert: RetransmitsHigh, when: retrans > 1000000, severity: critical }]
`
const START = 1_795_383_150_000

const rowsText = (count: number): string =>
  Array.from({ length: count }, (_, i) =>
    JSON.stringify({ ts: START + i, stream: `arena-${i % 3}`, retrans: 1 }),
  ).join('\n')

/** A server that answers as the test says, on a free port. */
async function fakeServer(t: TestContext, server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('[D7] rows sent twice under one name count once, and the log shows them', async (t) => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'c.yaml'), CONFIG)
  await writeFile(join(folder, 'rows.ndjson'), `${rowsText(300)}\n{"ts":"soon"}\n`)
  const up = await startUp(t, ['--config', 'c.yaml'], folder)
  const to = ['--to', up.url]

  const words = ['produce', 'rows.ndjson', '--collector', 'edge-7', ...to]
  const first = await runCli(words, { cwd: folder })
  const again = await runCli([...words, '--batch', '50', '--json'], { cwd: folder })
  const tail = await runCli(['tail', 'readings', '--from', 'earliest', ...to])
  const rules = await runCli(['query', 'rules', ...to])
  up.child.kill('SIGINT')

  assert.equal(first.code, 0, first.err)
  assert.match(first.out, /^300 rows durable, 1 rejected, in [\d.]+ s\n$/)
  assert.equal(first.err, 'line 301 rejected: ts\n')
  assert.equal((JSON.parse(again.out) as { accepted: number }).accepted, 300)
  const rows = tail.out.trimEnd().split('\n')
  const numbers = rows.flatMap((line) => {
    const { value } = JSON.parse(line) as { value: { collector: string; n?: number } }
    return value.collector === 'edge-7' ? [value.n] : []
  })
  assert.equal(new Set(numbers).size, 300)
  assert.match(rules.out, /retransmits +RetransmitsHigh +inactive +0 +retrans > 1000000/)
  assert.equal((await up.end).code, 0)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`[R4] ${signal} ends up with 0, and its folder is free for the next`, async (t) => {
    const folder = await temporaryFolder(t)
    await writeFile(join(folder, 'c.yaml'), CONFIG)
    const words = ['--config', 'c.yaml', '--data', 'data', '--no-simulation']
    const first = await startUp(t, words, folder)

    first.child.kill(signal)

    assert.equal((await first.end).code, 0)
    const second = await startUp(t, words, folder)
    second.child.kill(signal)
    assert.equal((await second.end).code, 0)
  })
}

test('LOG_LOCKED: a second up in the same folder ends with 3', async (t) => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'c.yaml'), CONFIG)
  await startUp(t, ['--config', 'c.yaml'], folder)

  const { code, err } = await runCli(['up', '--config', 'c.yaml', '--listen', '127.0.0.1:0'], {
    cwd: folder,
  })

  assert.equal(code, 3)
  assert.ok(err.includes('LOG_LOCKED'), err)
})

test('CLI_LISTEN_FAILED: a port that is taken is no bug', async (t) => {
  const folder = await temporaryFolder(t)
  const url = await fakeServer(t, createServer())

  const listen = ['--listen', url.replace('http://', '')]
  const { code, err } = await runCli(['up', '--no-simulation', ...listen], { cwd: folder })

  assert.equal(code, 1)
  assert.match(err, /cannot listen: .*EADDRINUSE/)
})

test('CLI_SERVER_UNREACHABLE: where nobody listens a query ends with 1 and says so', async (t) => {
  const server = createServer()
  const url = await fakeServer(t, server)
  server.close()
  await once(server, 'close')

  const { code, err } = await runCli(['query', 'alerts', '--to', url])

  assert.equal(code, 1)
  assert.match(err, /no Nocturne answers: http:\S+ \(ECONNREFUSED\)\n {2}start one with/)
})

test('CLI_SERVER_REFUSED: the sentence of a refusal is shown', async (t) => {
  const server = createServer((_request, response) => {
    response.statusCode = 400
    response.end(JSON.stringify({ error: { message: 'limit is not a number', advice: 'mend it' } }))
  })
  const url = await fakeServer(t, server)

  const words = ['query', 'worst', '--monitor', 'm', '--value', 'v', '--to', url]
  const { code, err } = await runCli(words)

  assert.equal(code, 1)
  assert.ok(err.includes('limit is not a number; mend it'), err)
})

test('[D1] a batch that was refused for now or broke off is sent again, in order', async (t) => {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (bytes: Buffer) => (body += bytes.toString()))
    request.on('end', () => {
      bodies.push(body)
      if (bodies.length === 1) return void request.socket.destroy()
      if (bodies.length === 2) {
        response.writeHead(429, { 'retry-after': '0' })
        return void response.end('{"error":"the log is full"}')
      }
      const accepted = body.trimEnd().split('\n').length
      response.writeHead(202)
      response.end(JSON.stringify({ accepted, rejected: [] }))
    })
  })
  const url = await fakeServer(t, server)

  const words = ['produce', '-', '--batch', '2', '--json', '--to', url]
  const { code, out } = await runCli(words, { input: rowsText(4) })

  assert.equal(code, 0)
  const summary = JSON.parse(out) as { accepted: number; retries: number }
  assert.deepEqual([summary.accepted, summary.retries], [4, 2])
  assert.deepEqual([bodies[0], bodies[1]], [bodies[2], bodies[2]])
  const numbers = bodies.slice(2).join('').trimEnd().split('\n')
  const rows = numbers.map((line) => JSON.parse(line) as { n: number; collector: string })
  assert.deepEqual(
    rows.map(({ n }) => n),
    [1, 2, 3, 4],
  )
  assert.match(rows[0]!.collector, /^produce@[0-9a-f]{12}$/)
})
