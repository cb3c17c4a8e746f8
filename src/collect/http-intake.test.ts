import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { utf8 } from '../std/bytes.ts'
import { HttpIntake, type IntakeRequest } from './http-intake.ts'
import { ReadingIntake } from './reading-intake.ts'
import { openReadingsLog, startAt, valuesOf } from './readings-log.suite.ts'

const TS = startAt
const row = (stream: string, more = ''): string => `{"ts":${TS},"stream":"${stream}"${more}}`
const request = (body: string | Uint8Array, more: Partial<IntakeRequest> = {}): IntakeRequest => ({
  contentType: 'application/x-ndjson; charset=utf-8',
  contentEncoding: undefined,
  body: typeof body === 'string' ? utf8(body) : body,
  ...more,
})

async function withIntake(
  run: (http: HttpIntake, texts: (topic?: string) => Promise<string[]>) => Promise<void>,
  options: { readonly bytesMax?: number; readonly logBytesMax?: number } = {},
): Promise<void> {
  const clock = { now: () => TS + 500, sleep: async () => undefined }
  const { bytesMax, logBytesMax } = options
  const log = await openReadingsLog(
    clock,
    logBytesMax === undefined ? {} : { bytesMax: logBytesMax },
  )
  const intake = new ReadingIntake({ clock, partitions: 1, source: 'http' })
  const http = new HttpIntake({
    log,
    clock,
    intake,
    ...(bytesMax === undefined ? {} : { bytesMax }),
  })
  await run(http, (topic = 'readings') => valuesOf(log, topic))
  await log.close()
}

test('[D1] rows are in the log when the answer is 202, and the refused ones are named', () =>
  withIntake(async (http, texts) => {
    const body = `${row('a')}\n\n${row('b').replace(String(TS), '1795383157')}\r\n${row('c')}`

    const response = await http.post(request(body))

    assert.deepEqual(response, {
      status: 202,
      body: { accepted: 2, rejected: [{ line: 3, reason: 'ts_unit' }] },
    })
    assert.deepEqual(await texts(), [
      `{"v":1,"ts":${TS},"stream":"a"}`,
      `{"v":1,"ts":${TS},"stream":"c"}`,
    ])
    assert.equal((await texts('rejected')).length, 1)
  }))

test('packed NDJSON and JSON arrays are taken alike', () =>
  withIntake(async (http, texts) => {
    const packed = gzipSync(`${row('a')}\n${row('b')}\n`)

    const lines = await http.post(request(packed, { contentEncoding: 'gzip' }))
    const list = await http.post(request(`[${row('c')},7]`, { contentType: 'application/json' }))

    assert.deepEqual(lines, { status: 202, body: { accepted: 2, rejected: [] } })
    assert.deepEqual(list.body, { accepted: 1, rejected: [{ line: 2, reason: 'shape' }] })
    assert.equal((await texts()).length, 3)
  }))

test('[D7] rows that name their collector and number keep both', () =>
  withIntake(async (http, texts) => {
    await http.post(request(row('a', ',"collector":"produce@x","n":7')))

    assert.deepEqual(await texts(), [
      `{"v":1,"ts":${TS},"stream":"a","n":7,"collector":"produce@x"}`,
    ])
  }))

const REFUSED = [
  ['an unknown type', request(row('a'), { contentType: 'text/html' }), 415],
  ['no type', request(row('a'), { contentType: undefined }), 415],
  ['an unknown encoding', request(row('a'), { contentEncoding: 'br' }), 415],
  ['more than 1 MiB', request(new Uint8Array(1_048_577)), 413],
  [
    'what unpacks to more than 8 MiB',
    request(gzipSync(new Uint8Array(9_000_000)), { contentEncoding: 'gzip' }),
    413,
  ],
  ['what is no gzip', request(row('a'), { contentEncoding: 'gzip' }), 400],
  ['what is no array', request(row('a'), { contentType: 'application/json' }), 400],
] as const

for (const [what, refused, status] of REFUSED) {
  test(`[D5] a body of ${what} is answered with ${status} and leaves nothing`, () =>
    withIntake(async (http, texts) => {
      assert.equal((await http.post(refused)).status, status)

      assert.deepEqual(await texts(), [])
      assert.equal(http.backlogBytes(), 0)
    }))
}

test('[D5] requests beyond the bytes that may be in work are answered with 429', () =>
  withIntake(
    async (http, texts) => {
      const responses = [http.post(request(row('a'))), http.post(request(row('b')))]

      assert.equal((await responses[0])?.status, 202)
      assert.deepEqual(await responses[1], {
        status: 429,
        body: { error: 'too many requests at once' },
        retryAfterS: 1,
      })
      assert.equal((await http.post(request(row('b')))).status, 202)
      assert.equal((await texts()).length, 2)
    },
    { bytesMax: 60 },
  ))

test('[D5] a log that is full is answered with 429, and the client keeps its rows', () =>
  withIntake(
    async (http) => {
      const response = await http.post(request(`${row('a')}\n`.repeat(100)))

      assert.deepEqual([response.status, response.retryAfterS], [429, 1])
    },
    { logBytesMax: 1000 },
  ))

test('[W10] while a request is in work its arrival is the time up to which all is appended', () =>
  withIntake(async (http) => {
    assert.equal(http.appendedTo(), TS + 500)
    const response = http.post(request(row('a')))

    assert.equal(http.backlogBytes() > 0, true)
    assert.equal(http.appendedTo(), TS + 500)
    await response
    assert.equal(http.backlogBytes(), 0)
  }))

test('at most 1,000 refused rows are named, the rest is a number', () =>
  withIntake(async (http) => {
    const { body } = await http.post(request('x\n'.repeat(1_500)))

    assert.ok('rejected' in body)
    assert.deepEqual([body.rejected.length, body.rejected_more], [1_000, 500])
  }))
