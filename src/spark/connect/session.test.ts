import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { NocturneError } from '../../model/nocturne-error.ts'
import type { SparkSession } from '../spark-session.ts'
import { GrpcStatus } from './call-failure.ts'
import { HastyClock, LossyServer, type Fault } from './lossy-server.suite.ts'
import { openSparkSession } from './session.ts'

const QUERY = { id: 'q', runId: 'r' }
const START = {
  input: { kind: 'sql', query: 'SELECT 1' },
  name: 'panes',
  format: 'noop',
  options: {},
  outputMode: 'update',
  trigger: 0,
} as const

type Rig = { readonly server: LossyServer; readonly session: SparkSession }

async function opened(t: TestContext): Promise<Rig> {
  const server = await LossyServer.open(t)
  const given = { clock: new HastyClock(), userId: 'nocturne' }
  const session = await openSparkSession(server.address, given)
  t.after(() => session.close())
  return { server, session }
}

/** The code and the words that a call fails with. */
async function failureOf(work: Promise<unknown>): Promise<readonly [code: string, words: string]> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof NocturneError, String(error))
  return [error.code, error.detail]
}

const refused = (errorClass: string, text = errorClass): Fault => ({
  kind: 'refused',
  errorClass,
  text,
})

test('[Z2] a session has a new id, or the one that it was given', async (t) => {
  const { server, session } = await opened(t)
  const sessionId = '8f0a4c1e-4f5b-4c43-9d0e-1d2c3b4a5f60'

  const given = { clock: new HastyClock(), userId: 'nocturne', sessionId }
  const again = await openSparkSession(server.address, given)
  again.close()

  assert.match(session.id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  assert.equal(again.id, sessionId)
  assert.deepEqual(server.sessions, [session.id, sessionId])
})

test('[Z3] every request says which session the server was last seen to have', async (t) => {
  const { server, session } = await opened(t)

  await session.version()

  assert.deepEqual(server.observed, [undefined, 's1'])
})

for (const [errorClass, code] of [
  ['INVALID_HANDLE.SESSION_CHANGED', 'SPARK_SESSION_CHANGED'],
  ['INVALID_HANDLE.SESSION_CLOSED', 'SPARK_SESSION_CLOSED'],
] as const) {
  test(`[Z3] after ${errorClass} every call ends in ${code}`, async (t) => {
    const { server, session } = await opened(t)
    server.unaryFault = refused(errorClass)
    assert.equal((await failureOf(session.version()))[0], code)
    server.unaryFault = undefined
    server.asked.length = 0

    const codes = await Promise.all([
      failureOf(session.version()),
      failureOf(session.configure({})),
      failureOf(session.queries.active()),
    ])

    assert.deepEqual(
      codes.map(([one]) => one),
      [code, code, code],
    )
    assert.deepEqual(server.asked, [])
  })

  test(`[Z3] ${errorClass} in a stream is ${code} too`, async (t) => {
    const { server, session } = await opened(t)
    server.faults = [refused(errorClass)]

    assert.equal((await failureOf(session.queries.active()))[0], code)
    assert.equal((await failureOf(session.version()))[0], code)
  })
}

test('[Z4] a released session is closed, also where the server fails behind it', async (t) => {
  const { server, session } = await opened(t)
  const text = 'java.lang.NoClassDefFoundError: org/apache/spark/ml/util/ConnectHelper'
  server.unaryFault = { kind: 'status', status: 2, text }

  await session.release()

  server.unaryFault = undefined
  assert.equal((await failureOf(session.version()))[0], 'SPARK_SESSION_CLOSED')
})

test('[Z4] a release that fails otherwise has failed', async (t) => {
  const { server, session } = await opened(t)
  server.unaryFault = { kind: 'status', status: 2, text: 'java.lang.IllegalStateException' }

  assert.equal((await failureOf(session.release()))[0], 'SPARK_REFUSED')
})

test('[Z4] a closed connection ends what waits, and asks nothing more', async (t) => {
  const { server, session } = await opened(t)
  server.faults = [{ kind: 'silent' }]
  const waiting = failureOf(session.queries.active())
  while (!server.asked.includes('ExecutePlan')) await new HastyClock().sleep(0)

  session.close()

  assert.equal((await waiting)[0], 'SPARK_UNAVAILABLE')
  assert.equal((await failureOf(session.version()))[0], 'SPARK_UNAVAILABLE')
  assert.deepEqual(server.asked, ['ExecutePlan'])
})

test('[Z5] an error carries its condition, and the words that the server keeps', async (t) => {
  const { server, session } = await opened(t)
  const errors = [
    { message: '[UNRESOLVED_COLUMN] no `x`; is it `y`?', causeIdx: 1, typeHierarchy: ['A', 'B'] },
    { message: 'deeper', typeHierarchy: ['java.lang.E', 'java.lang.Exception'] },
  ]
  server.details = { rootErrorIdx: 0, errors }
  server.faults = [refused('UNRESOLVED_COLUMN', '[UNRESOLVED_COLUMN] no `x`…')]

  const [code, words] = await failureOf(session.queries.active())

  assert.equal(code, 'SPARK_REFUSED')
  assert.equal(words, '[UNRESOLVED_COLUMN] no `x`; is it `y`?\ncaused by java.lang.E: deeper')
})

test('[Z5] a chain of causes that leads back into itself has an end', async (t) => {
  const { server, session } = await opened(t)
  server.details = { rootErrorIdx: 0, errors: [{ message: 'round', causeIdx: 0 }] }
  server.faults = [refused('ANY', 'text')]

  const [, words] = await failureOf(session.queries.active())

  assert.equal(words.split('\n').length, 5)
})

test('[Z5] without a trailer the brackets that open the text name the condition', async (t) => {
  const { server, session } = await opened(t)
  const text = '[INVALID_HANDLE.SESSION_CHANGED] The handle is invalid.'
  server.faults = [{ kind: 'status', status: GrpcStatus.internal, text }]

  assert.deepEqual(await failureOf(session.queries.active()), ['SPARK_SESSION_CHANGED', text])
})

test('[Z5] a condition that the text does not name stands before it', async (t) => {
  const { server, session } = await opened(t)
  server.faults = [refused('CONNECT_INVALID_PLAN.STREAMING_QUERY_NOT_FOUND', 'no such query')]

  assert.deepEqual(await failureOf(session.queries.status(QUERY)), [
    'SPARK_QUERY_GONE',
    '[CONNECT_INVALID_PLAN.STREAMING_QUERY_NOT_FOUND] no such query',
  ])
})

const STATUSES = [
  [GrpcStatus.unauthenticated, 'SPARK_DENIED'],
  [GrpcStatus.permissionDenied, 'SPARK_DENIED'],
  [GrpcStatus.unimplemented, 'SPARK_ANSWER_INVALID'],
  [GrpcStatus.unavailable, 'SPARK_UNAVAILABLE'],
  [GrpcStatus.deadlineExceeded, 'SPARK_UNAVAILABLE'],
  [3, 'SPARK_REFUSED'],
] as const

for (const [status, code] of STATUSES) {
  test(`[Z5] status ${status} of gRPC is ${code}`, async (t) => {
    const { server, session } = await opened(t)
    server.unaryFault = { kind: 'status', status, text: 'so it is' }

    assert.deepEqual(await failureOf(session.version()), [code, 'so it is'])
  })
}

test('[Z5] nobody there, and an answer that is none, have codes', async (t) => {
  const { server, session } = await opened(t)
  const given = { clock: new HastyClock(), userId: 'nocturne' }
  server.garbage = Uint8Array.of(0x0f)

  assert.equal((await failureOf(session.version()))[0], 'SPARK_ANSWER_INVALID')

  const nobody = openSparkSession({ host: '127.0.0.1', port: 1 }, given)
  const [code, words] = await failureOf(nobody)
  assert.equal(code, 'SPARK_UNAVAILABLE')
  assert.equal(words, 'connect ECONNREFUSED 127.0.0.1:1')
})

for (const [version, isOk] of [
  ['4.2.0', true],
  ['4.2.0-SNAPSHOT', true],
  ['5.0.1', true],
  ['4.1.9', false],
  ['3.5.1', false],
  ['', false],
] as const) {
  test(`[Z5] Spark “${version}” is ${isOk ? 'used' : 'too old'}`, async (t) => {
    const server = await LossyServer.open(t)
    server.version = version
    const given = { clock: new HastyClock(), userId: 'nocturne' }

    const code = await openSparkSession(server.address, given).then(
      (session) => session.close(),
      (error: unknown) => (error instanceof NocturneError ? error.code : error),
    )

    assert.equal(code, isOk ? undefined : 'SPARK_VERSION')
  })
}

test('[Z5] the token is read for each call', async (t) => {
  const server = await LossyServer.open(t)
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-spark-'))
  t.after(() => rm(folder, { recursive: true }))
  const tokenFile = join(folder, 'token')
  await writeFile(tokenFile, 'first\n')
  const given = { clock: new HastyClock(), userId: 'nocturne' }
  const session = await openSparkSession({ ...server.address, tokenFile }, given)
  t.after(() => session.close())

  await writeFile(tokenFile, 'second')
  await session.version()

  assert.deepEqual(server.tokens, ['Bearer first', 'Bearer second'])
  await writeFile(tokenFile, 'two\nlines')
  assert.equal((await failureOf(session.version()))[0], 'SPARK_SECRET_UNREADABLE')
  await rm(tokenFile)
  assert.equal((await failureOf(session.version()))[0], 'SPARK_SECRET_UNREADABLE')
  assert.equal(server.tokens.length, 2)
})

test('[Z5] a token is not sent in clear to another machine', async () => {
  const given = { clock: new HastyClock(), userId: 'nocturne' }
  for (const host of ['192.0.2.1', 'spark.invalid', '127.example', '::2']) {
    const address = { host, port: 1, tokenFile: '/nowhere' }
    const [code] = await failureOf(openSparkSession(address, given))
    assert.equal(code, 'SPARK_TOKEN_IN_CLEAR')
  }
})

test('[Z1] a start whose outcome is unknown is found by its name', async (t) => {
  const { server, session } = await opened(t)
  const lost = Array.from({ length: 13 }, (): Fault => ({ kind: 'lost' }))
  server.faults = [{ kind: 'dropped', after: 0 }, ...lost.slice(1)]
  const queries = [
    { id: { id: 'o', runId: 'p' }, name: 'another' },
    { id: QUERY, name: START.name },
  ]
  server.responses = [{ streamingQueryManagerCommandResult: { active: { queries } } }]

  assert.deepEqual(await session.queries.start(START), QUERY)

  server.faults = [{ kind: 'dropped', after: 0 }, ...lost.slice(1)]
  const other = session.queries.start({ ...START, name: 'unknown' })
  assert.equal((await failureOf(other))[0], 'SPARK_UNAVAILABLE')
})

test('what is started, asked and told is as the wire has it', async (t) => {
  const { server, session } = await opened(t)
  const status = { isActive: true, isTriggerActive: true, statusMessage: 'Waiting' }
  const result = { queryId: QUERY }
  server.responses = [
    { writeStreamOperationStartResult: { queryId: QUERY, name: 'panes' } },
    { streamingQueryCommandResult: { ...result, status } },
  ]

  const id = await session.queries.start(START)
  const answer = await session.queries.status(id)

  assert.deepEqual(answer, {
    ...{ isActive: true, isTriggerActive: true, isDataAvailable: false },
    message: 'Waiting',
  })
  assert.deepEqual(server.plans, [
    {
      command: {
        writeStreamOperationStart: {
          input: { common: { planId: 0 }, sql: { query: 'SELECT 1' } },
          format: 'noop',
          processingTimeInterval: '0 milliseconds',
          outputMode: 'update',
          queryName: 'panes',
        },
      },
    },
    { command: { streamingQueryCommand: { queryId: QUERY, status: true } } },
  ])
})

test('[Z1] events come of one listener, and an abort ends them without an error', async (t) => {
  const { server, session } = await opened(t)
  const told = (json: string, type: number) => ({
    streamingQueryListenerEventsResult: { events: [{ json, type }], added: true },
  })
  server.responses = [told('{}', 1), told('a future kind', 9), told('{"x":1}', 2), told('', 3)]
  const ending = new AbortController()
  const seen: string[] = []

  for await (const { kind, json } of session.queries.events(ending.signal)) {
    seen.push(`${kind} ${json}`)
    if (kind === 'idle') ending.abort()
  }

  assert.deepEqual(seen, ['progress {}', 'terminated {"x":1}', 'idle '])
  const bus = (what: object) => ({ command: { streamingQueryListenerBusCommand: what } })
  assert.deepEqual(server.plans, [bus({ remove: true }), bus({ add: true })])
})
