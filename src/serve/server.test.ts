import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openMemoryLog } from '../log/memory/memory-log.ts'
import type { Step } from '../model/step.ts'
import { utf8 } from '../std/bytes.ts'
import { Lane } from '../std/lane.ts'
import { SimulatedClock } from '../std/simulated-clock.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { encodeTransition, transitionKey } from '../wire/step-codec.ts'
import { createServer } from './server.ts'
import type { ServeOptions } from './serve-context.ts'

const EPISODE = 'ad40c6e91ecec5d7-1795383160000'

const firing: Step = {
  v: 1,
  id: `${EPISODE}-1`,
  fingerprint: 'ad40c6e91ecec5d7',
  episode: EPISODE,
  seq: 1,
  kind: 'condition',
  step: 'firing',
  alert: 'Loss',
  monitor: 'loss',
  rule: 'loss/Loss',
  labels: { alertname: 'Loss', stream: 'arena-1', site: 'ams1' },
  annotations: { summary: '402 lost' },
  from: 'inactive',
  to: 'firing',
  level: 'critical',
  at: 1_795_383_160_000,
  reason: 'threshold',
  value: { lost: 402 },
  window: null,
  complete: true,
  corrected: false,
  active_at: 1_795_383_160_000,
  fired_at: 1_795_383_160_000,
  receipt: {
    event: null,
    appended: null,
    read: null,
    pane: null,
    closed: null,
    fired: 1_795_383_160_000,
  },
}

const file = (text: string, isHashed: boolean) => ({
  bytes: utf8(text),
  contentType: 'text/html; charset=utf-8',
  isHashed,
})

/** A server over memory adapters with one open alert in its log, not tailed yet. */
async function craft(t: TestContext, over: Partial<ServeOptions> = {}) {
  const clock = new SimulatedClock()
  const log = openMemoryLog({ clock })
  const keep = {
    partitions: 1,
    cleanup: 'delete',
    retentionMs: -1,
    retentionBytes: -1,
    durability: 'ack',
    recordBytesMax: 65_536,
  } as const
  for (const topic of ['windows', 'transitions', 'panes', 'commands']) {
    await log.createTopic({ topic, ...keep })
  }
  await log.append('transitions', [{ key: transitionKey(firing), value: encodeTransition(firing) }])
  const posted: string[] = []
  const server = createServer({
    log,
    clock,
    lane: new Lane(clock),
    store: openMemoryStore({ clock }),
    monitors: [],
    epoch: 'e',
    jitter: () => 0,
    config: {
      host: '127.0.0.1',
      port: 0,
      hosts: [],
      you: 'noc',
      build: 'b',
      simulatedSites: [],
      absentMs: 30_000,
    },
    count: () => {},
    readiness: () => [],
    readTo: () => undefined,
    gaps: () => [],
    metrics: { contentType: 'text/plain', metrics: async () => 'up 1\n' },
    intake: async (body, { contentType }) => {
      posted.push(`${contentType} ${body.length}`)
      return { status: 429, body: { accepted: 0, rejected: [] }, retryAfterS: 3 }
    },
    wallFiles: new Map([
      ['/wall.html', file('<!doctype html>', false)],
      ['/assets/a-1.html', file('a', true)],
    ]),
    ...over,
  })
  const stop = new AbortController()
  const tailing = server.tail(stop.signal)
  t.after(async () => {
    stop.abort()
    await tailing
    await server.close()
  })
  const restored = async (): Promise<void> => {
    while (server.view.feed !== 'live') await new Promise(setImmediate)
  }
  return { server, log, posted, restored }
}

const own = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' }
const ackBody = { id: '01890000-aaaa-7000-8000-000000000000', target: EPISODE, by: 'ann' }

test('[R14] every answer has the strict headers, only hashed files may be kept', async (t) => {
  const { server } = await craft(t)
  for (const url of [
    '/',
    '/feed',
    '/stream/ams1/arena-1',
    '/livez',
    '/nowhere',
    '/assets/a-1.html',
  ]) {
    const { headers } = await server.http.inject({ url })
    const policy = String(headers['content-security-policy'])
    assert.ok(policy.startsWith("default-src 'none'") && !policy.includes('unsafe'), url)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    const isHashed = url.startsWith('/assets/')
    assert.equal(String(headers['cache-control']).includes('immutable'), isHashed, url)
    assert.equal(String(headers['cache-control']) === 'no-store', !isHashed, url)
  }
})

test('[R1] alive depends on nothing', async (t) => {
  const { server } = await craft(t)
  for (const url of ['/livez', '/healthz', '/-/healthy']) {
    assert.equal((await server.http.inject({ url })).statusCode, 200)
  }
})

test('[R2] ready waits for the alerts and says with verbose what is missing', async (t) => {
  const late = { name: 'store', isOk: false, code: 'STORE_UNAVAILABLE' }
  const { server, restored } = await craft(t, { readiness: () => [late] })
  await restored()

  const answer = await server.http.inject({ url: '/readyz?verbose' })

  assert.equal(answer.statusCode, 503)
  assert.deepEqual(answer.json().checks, [
    { name: 'alerts restored', ok: true, code: null },
    { name: 'store', ok: false, code: 'STORE_UNAVAILABLE' },
  ])
  assert.equal((await server.http.inject({ method: 'HEAD', url: '/-/ready' })).statusCode, 503)
})

test('[R7] metrics are the registry’s own text', async (t) => {
  const { server } = await craft(t)
  assert.equal((await server.http.inject({ url: '/metrics' })).body, 'up 1\n')
})

test('[A50] an acknowledgement lies in commands under the client’s own id', async (t) => {
  const { server, log, restored } = await craft(t)
  await restored()

  const answer = await server.http.inject({
    method: 'POST',
    url: '/api/ack',
    headers: own,
    payload: JSON.stringify(ackBody),
  })

  assert.equal(answer.statusCode, 202)
  assert.deepEqual(answer.json(), { id: ackBody.id, state: 'requested' })
  assert.equal((await log.ends('commands'))[0]?.end, 1)
  const lines = (await server.http.inject({ url: '/api/tail?topic=commands' })).body
  assert.equal(JSON.parse(lines).value.by, 'ann')
})

const refusals = [
  ['SERVE_CROSS_SITE', 403, { headers: { ...own, 'sec-fetch-site': 'cross-site' } }],
  ['SERVE_CROSS_SITE', 403, { headers: { ...own, host: 'evil.example' } }],
  ['SERVE_TYPE_UNSUPPORTED', 415, { headers: { ...own, 'content-type': 'text/plain' } }],
  ['SERVE_BODY_INVALID', 400, { headers: own, payload: '{"id":' }],
  ['SERVE_BODY_TOO_LARGE', 413, { headers: own, payload: 'x'.repeat(4_097) }],
  [
    'SERVE_NO_OPEN_EPISODE',
    409,
    { headers: own, payload: JSON.stringify({ ...ackBody, target: 'ad40c6e91ecec5d7-1' }) },
  ],
] as const

for (const [code, status, over] of refusals) {
  test(`[R15] an acknowledgement is refused with ${code} and nothing is appended`, async (t) => {
    const { server, log, restored } = await craft(t)
    await restored()

    const request = { method: 'POST', url: '/api/ack', payload: JSON.stringify(ackBody) } as const
    const answer = await server.http.inject({ ...request, ...over })

    assert.equal(answer.statusCode, status)
    assert.equal(answer.json().error.code, code)
    assert.ok(answer.json().error.advice.length > 0)
    assert.equal((await log.ends('commands'))[0]?.end, 0)
  })
}

test('SERVE_NOT_FOUND answers unknown paths, traversal among them', async (t) => {
  const { server } = await craft(t)
  for (const url of ['/nowhere', '/assets/../wall.html%00', '/assets/%2e%2e/package.json']) {
    assert.equal((await server.http.inject({ url })).json().error.code, 'SERVE_NOT_FOUND', url)
  }
})

test('SERVE_QUERY_INVALID names the parameter', async (t) => {
  const { server } = await craft(t)
  const cases = [
    ['/api/series?monitor=loss', 'scope'],
    ['/api/series?monitor=loss&scope=all&group=x', 'group'],
    ['/api/series?monitor=loss&scope=all&group=[1]', 'group'],
    ['/api/worst?monitor=m&value=v&limit=0', 'limit'],
    ['/api/worst?monitor=m&value=v&order=up', 'order'],
    ['/api/tail?topic=commands&partition=7', 'partition'],
    ['/api/tail?topic=commands&from=x', 'from'],
    ['/api/stream?stream=a', 'scope'],
  ] as const
  for (const [url, name] of cases) {
    const answer = await server.http.inject({ url })
    assert.equal(answer.statusCode, 400, url)
    assert.match(answer.json().error.message, new RegExp(name), url)
  }
})

test(
  'who follows a topic in which nothing lies is answered at once',
  { timeout: 20_000 },
  async (t) => {
    const { server } = await craft(t)
    const url = await server.listen()

    const leaving = new AbortController()
    const path = '/api/tail?topic=commands&follow=1'
    const answer = await fetch(`${url}${path}`, { signal: leaving.signal })
    leaving.abort()

    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-type'), 'application/x-ndjson')
  },
)

test('LOG_TOPIC_UNKNOWN is told to who tails a topic that is not there', async (t) => {
  const { server } = await craft(t)
  const answer = await server.http.inject({ url: '/api/tail?topic=nothing' })
  assert.equal(answer.json().error.code, 'LOG_TOPIC_UNKNOWN')
})

test('SERVE_INTERNAL hides what a bug said', async (t) => {
  const { server } = await craft(t, {
    metrics: { contentType: 'text/plain', metrics: () => Promise.reject(new Error('secret')) },
  })
  const answer = await server.http.inject({ url: '/metrics' })
  assert.equal(answer.statusCode, 500)
  assert.ok(!answer.body.includes('secret'))
})

test('[U14] an open feed ends with bye when the server stops', async (t) => {
  const { server } = await craft(t)
  const address = await server.listen()
  const feed = await fetch(`${address}/api/live`)
  const body = feed.text()

  await server.close()

  assert.match(await body, /event: bye/)
})

test('alerts are answered in Prometheus’ shape and in ours', async (t) => {
  const { server, restored } = await craft(t)
  await restored()

  const theirs = (await server.http.inject({ url: '/api/v1/alerts' })).json()
  const ours = (await server.http.inject({ url: '/api/alerts' })).json()

  assert.deepEqual(theirs, {
    status: 'success',
    data: {
      alerts: [
        {
          labels: { ...firing.labels, severity: 'critical' },
          annotations: { summary: '402 lost' },
          state: 'firing',
          activeAt: '2026-11-22T21:32:40.000Z',
          value: '4.02e+02',
        },
      ],
    },
  })
  assert.equal(ours.alerts[0].title, '402 lost')
  const rules = (await server.http.inject({ url: '/api/v1/rules' })).json()
  assert.deepEqual(rules, { status: 'success', data: { groups: [] } })
})

test('readings go to the intake as they are, and its answer comes back', async (t) => {
  const { server, posted } = await craft(t)
  const answer = await server.http.inject({
    method: 'POST',
    url: '/v1/readings',
    headers: { 'content-type': 'application/x-ndjson' },
    payload: '{}\n',
  })

  assert.equal(answer.statusCode, 429)
  assert.equal(answer.headers['retry-after'], '3')
  assert.deepEqual(posted, ['application/x-ndjson 3'])
})
