import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { makeCertificates } from '../../../scripts/stack/certificates.ts'
import { startSpark, type SparkServer } from '../../../scripts/stack/spark-server.ts'
import { openSparkSession } from '../../../src/spark/connect/session.ts'
import type {
  QueryEvent,
  QueryId,
  Relation,
  SparkAddress,
  SparkSession,
} from '../../../src/spark/spark-session.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { withoutJava } from '../rig/servers.ts'
import { sparkRows } from '../rig/spark-rows.ts'
import { tlsFront } from '../rig/tls-front.ts'
import { failureOf, until } from '../rig/waiting.ts'

const USER = 'nocturne-test'
const TOKEN = 'the-token-of-this-test'
/** The server cuts each stream after two minutes; here after one second. */
const CUT_OFTEN = { 'spark.connect.execute.reattachable.senderMaxStreamDuration': '1s' }
const SESSIONS_EXPIRE = {
  'spark.connect.session.manager.defaultSessionTimeout': '3s',
  'spark.connect.session.manager.maintenanceInterval': '1s',
}

const BEATS: Relation = {
  kind: 'read',
  format: 'rate',
  options: { rowsPerSecond: '10' },
  isStreaming: true,
}

async function temporary(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-spark-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function opened(
  t: TestContext,
  address: SparkAddress,
  sessionId?: string,
): Promise<SparkSession> {
  const given = { clock: systemClock, userId: USER, ...(sessionId !== undefined && { sessionId }) }
  const session = await openSparkSession(address, given)
  t.after(() => session.close())
  return session
}

/** A query that needs no one else: rows by the clock, to nowhere, told of batch by batch. */
function started(session: SparkSession, name: string, folder: string): Promise<QueryId> {
  return session.queries.start({
    input: { kind: 'observe', name: 'seen', metrics: ['count(1) AS rows'], input: BEATS },
    name,
    format: 'noop',
    options: { checkpointLocation: join(folder, 'checkpoint') },
    outputMode: 'append',
    trigger: 500,
  })
}

const slowly = (ms: number): string =>
  `SELECT java_method('java.lang.Thread', 'sleep', ${ms}L) IS NULL AS slept`

const batchOf = (json: string): number => Number(/"batchId":(\d+)/.exec(json)?.[1] ?? -1)

const skip = withoutJava()
let server: SparkServer
before(async () => {
  if (skip === false) server = await startSpark({ token: TOKEN, conf: CUT_OFTEN })
})
after(async () => {
  if (skip === false) await server.close()
})

test('[Z1] views, settings and batches are what was asked for', { skip }, async (t) => {
  const session = await opened(t, server.address)
  await session.configure({ 'spark.sql.session.timeZone': 'Asia/Tokyo' })
  await session.view('three', { kind: 'sql', query: 'SELECT id FROM range(3)' })
  await session.view('zone', { kind: 'sql', query: 'SELECT current_timezone() AS zone' })

  const rows = await sparkRows(
    session,
    'SELECT sum(id) AS total, max(zone) AS zone FROM three, zone',
  )

  assert.deepEqual(rows, [{ total: 3, zone: 'Asia/Tokyo' }])
  assert.match(await session.version(), /^4\.2\./)
  await session.release()
  assert.equal(
    (await failureOf(opened(t, server.address, session.id))).code,
    'SPARK_SESSION_CLOSED',
  )
})

test(
  '[Z1] an operation that outlives its stream several times ends as it would',
  { skip },
  async (t) => {
    const session = await opened(t, server.address)
    // Streams are cut after a second.
    const rows = await sparkRows(session, slowly(4_000))

    assert.equal(rows.length, 1)
    await session.release()
  },
)

test('[Z5] an error has Spark’s condition and words, with what caused it', { skip }, async (t) => {
  const session = await opened(t, server.address)

  const unknown = await failureOf(session.view('v', { kind: 'sql', query: 'SELECT nobody' }))
  const input = { kind: 'sql', query: "SELECT raise_error('as asked')" } as const
  const raised = await failureOf(
    session.write({ input, format: 'noop', options: {}, mode: 'overwrite' }),
  )

  assert.equal(unknown.code, 'SPARK_REFUSED')
  assert.match(unknown.message, /\[UNRESOLVED_COLUMN[^\]]*\] .*`nobody`/)
  assert.equal(raised.code, 'SPARK_REFUSED')
  assert.match(raised.message, /\[USER_RAISED_EXCEPTION\] as asked/)
  await session.release()
})

test(
  '[Z5] a query that fails is told with its class; one that is gone has a code',
  { skip },
  async (t) => {
    const session = await opened(t, server.address)
    const folder = await temporary(t)
    await session.view('beats', BEATS)
    const query = await session.queries.start({
      input: { kind: 'sql', query: "SELECT raise_error('as asked') FROM beats" },
      name: 'fails',
      format: 'noop',
      options: { checkpointLocation: folder },
      outputMode: 'append',
      trigger: 0,
    })
    await until(async () => !(await session.queries.status(query)).isActive)

    const failure = await session.queries.failure(query)

    assert.equal(failure?.errorClass, 'STREAM_FAILED')
    assert.match(failure.message, /\[USER_RAISED_EXCEPTION\] as asked/)
    assert.deepEqual(await session.queries.active(), [])
    const nobody = { id: crypto.randomUUID(), runId: crypto.randomUUID() }
    assert.equal((await failureOf(session.queries.status(nobody))).code, 'SPARK_QUERY_GONE')
    await session.release()
  },
)

test(
  '[Z1] events of a query come over streams that are cut, none twice, in order',
  { skip },
  async (t) => {
    const session = await opened(t, server.address)
    const ending = new AbortController()
    const seen: QueryEvent[] = []
    const listening = (async () => {
      for await (const event of session.queries.events(ending.signal)) seen.push(event)
    })()
    const query = await started(session, 'listened', await temporary(t))

    // Half a second a batch, a second a stream.
    await until(() => seen.length >= 10)
    await session.queries.stop(query)
    await until(() => seen.some(({ kind }) => kind === 'terminated'))
    ending.abort()
    await listening

    const batches = seen.flatMap(({ kind, json }) => (kind === 'progress' ? [batchOf(json)] : []))
    const first = batches[0] ?? -1
    assert.deepEqual(
      batches,
      batches.map((_, i) => first + i),
    )
    await session.release()
  },
)

test(
  '[Z2] who knows the id of a session finds its query, and can listen to it',
  { skip },
  async (t) => {
    const before = await opened(t, server.address)
    const query = await started(before, 'kept', await temporary(t))
    const forgotten = new AbortController()
    const listener = before.queries.events(forgotten.signal)[Symbol.asyncIterator]()
    await listener.next()
    // As if it had been killed: the server still holds its listener.
    before.close()

    const session = await opened(t, server.address, before.id)

    assert.deepEqual(await session.queries.active(), [{ ...query, name: 'kept' }])
    const ending = new AbortController()
    for await (const { kind, json } of session.queries.events(ending.signal)) {
      if (kind !== 'progress') continue
      assert.ok(json.includes(query.runId))
      break
    }
    await session.queries.stop(query)
    await session.release()
  },
)

test('[Z3] a killed server has another session, and its query the same id', { skip }, async (t) => {
  const folder = await temporary(t)
  const before = await opened(t, server.address)
  const first = await started(before, 'restarted', folder)
  await until(async () => (await before.queries.lastProgress(first)) !== undefined)

  await server.kill()
  assert.equal((await failureOf(before.version())).code, 'SPARK_UNAVAILABLE')
  await server.start()

  assert.equal((await failureOf(before.queries.active())).code, 'SPARK_SESSION_CHANGED')
  assert.equal((await failureOf(before.version())).code, 'SPARK_SESSION_CHANGED')
  const session = await opened(t, server.address, before.id)
  assert.deepEqual(await session.queries.active(), [])
  const second = await started(session, 'restarted', folder)
  assert.equal(second.id, first.id)
  assert.notEqual(second.runId, first.runId)
  await session.queries.stop(second)
  await session.release()
})

test(
  '[Z5] a wrong token is denied; a right one is taken up without a new connection',
  { skip },
  async (t) => {
    const tokenFile = join(await temporary(t), 'token')
    await writeFile(tokenFile, 'wrong')
    const address = { ...server.address, tokenFile }

    assert.equal((await failureOf(opened(t, address))).code, 'SPARK_DENIED')

    await writeFile(tokenFile, TOKEN)
    const session = await opened(t, address)
    await writeFile(tokenFile, 'wrong-again')
    assert.equal((await failureOf(session.queries.active())).code, 'SPARK_DENIED')
    await writeFile(tokenFile, TOKEN)
    assert.deepEqual(await session.queries.active(), [])
    await session.release()
  },
)

test(
  '[Z5] behind a proxy with TLS each fault of a certificate has its code',
  { skip },
  async (t) => {
    const folder = await temporary(t)
    await makeCertificates(folder, [
      { name: 'spark', hosts: 'DNS:spark.example,IP:127.0.0.1' },
      { name: 'named', hosts: 'DNS:spark.example' },
      { name: 'old', hosts: 'IP:127.0.0.1', isExpired: true },
    ])
    const at = async (name: string) => ({
      ...server.address,
      port: await tlsFront(t, server.address, { folder, name }),
    })
    const codeOf = async (address: SparkAddress) => (await failureOf(opened(t, address))).code
    const caFile = join(folder, 'ca.pem')
    const [good, named, old] = [await at('spark'), await at('named'), await at('old')]

    const session = await opened(t, { ...good, tls: { caFile } })
    assert.deepEqual(await sparkRows(session, 'SELECT 1 AS one'), [{ one: 1 }])
    await session.release()
    const byName = await opened(t, { ...named, tls: { caFile, serverName: 'spark.example' } })
    await byName.release()
    const wrongCa = join(folder, 'wrong-ca.pem')
    assert.equal(await codeOf({ ...good, tls: { caFile: wrongCa } }), 'SPARK_TLS_UNKNOWN_CA')
    assert.equal(await codeOf({ ...named, tls: { caFile } }), 'SPARK_TLS_HOSTNAME')
    assert.equal(await codeOf({ ...old, tls: { caFile } }), 'SPARK_TLS_EXPIRED')
    assert.equal(await codeOf({ ...server.address, tls: { caFile } }), 'SPARK_TLS_MISMATCH')
    assert.equal(await codeOf(good), 'SPARK_UNAVAILABLE')
    const caless = { ...good, tls: { caFile: join(folder, 'nobody.pem') } }
    assert.equal(await codeOf(caless), 'SPARK_SECRET_UNREADABLE')
  },
)

test('[Z3] one that was not called for too long is closed, and stays so', { skip }, async (t) => {
  const brief = await startSpark({ conf: SESSIONS_EXPIRE })
  t.after(() => brief.close())
  const idle = await opened(t, brief.address)
  const busy = await opened(t, brief.address)
  const input = { kind: 'sql', query: slowly(600_000) } as const

  // What runs keeps no session alive.
  const ended = busy.write({ input, format: 'noop', options: {}, mode: 'overwrite' })

  assert.equal((await failureOf(ended)).code, 'SPARK_SESSION_CLOSED')
  assert.equal((await failureOf(idle.version())).code, 'SPARK_SESSION_CLOSED')
  assert.equal((await failureOf(opened(t, brief.address, idle.id))).code, 'SPARK_SESSION_CLOSED')
  const next = await opened(t, brief.address)
  assert.deepEqual(await next.queries.active(), [])
  await next.release()
})
