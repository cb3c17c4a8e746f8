import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { startKafka, type KafkaCluster } from '../../../scripts/stack/kafka-cluster.ts'
import type { KafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import { reachableFrom, type Claim } from '../../../src/log/log.ts'
import { adminOf, setTopic } from '../rig/kafka-admin.ts'
import { claimOn, logOn, topicOf } from '../rig/kafka-logs.ts'
import { rowsOf } from '../rig/rows.ts'
import { withoutJava } from '../rig/servers.ts'
import { failureOf, until } from '../rig/waiting.ts'

const EXTRA = {
  'log.retention.check.interval.ms': '500',
  'log.segment.delete.delay.ms': '100',
  'log.initial.task.delay.ms': '500',
}
const LIMIT = { skip: withoutJava(), timeout: 240_000 }
/** A reader that stands far below, and when it read the row before. */
const READ_AT_MS = 1_700_000_000_000

/** One cluster for all cases of this file. */
let started: Promise<KafkaCluster> | undefined
const cluster = (): Promise<KafkaCluster> =>
  (started ??= startKafka({ shape: 'one', extra: EXTRA }))

const startOf = async (log: KafkaLog, topic: string): Promise<number> =>
  (await log.ends(topic))[0]!.start

/** What a reader below the start meets: an error, then a gap with rows and times. */
async function assertOvertaken(t: TestContext, log: KafkaLog, topic: string): Promise<void> {
  const ending = new AbortController()
  t.after(() => ending.abort())
  const claim = await claimOn(log, topic, { signal: ending.signal })
  const read = async (): Promise<void> => {
    const position = { offset: 1, note: '' }
    for await (const _ of log.read(claim, { position, bytesMax: 1000 })) return
  }
  const { code, message } = await failureOf(read())
  assert.equal(code, 'LOG_OFFSET_OUT_OF_RANGE')
  assert.match(message, new RegExp(`1 in ${topic}/0`))
  const standing = { at: claim, offset: 1, readAtMs: READ_AT_MS }
  const { offset, gap } = await reachableFrom(log, standing)
  const to = await startOf(log, topic)
  assert.ok(offset >= 1 && gap !== undefined && offset <= to)
  const { toMs, ...told } = gap
  const place = { topic, partition: 0, reason: 'expired', from: 1, to: offset }
  assert.deepEqual(told, { ...place, fromMs: READ_AT_MS })
  const { end } = (await log.ends(topic))[0]!
  assert.equal(toMs !== undefined, offset < end)
}

/** Rows of 10 kB, one batch each, more than a segment of 16 KiB holds. */
async function fill(log: KafkaLog, topic: string, count: number): Promise<void> {
  for (let row = 0; row < count; row++) await log.append(topic, rowsOf(['x'.repeat(10_000)]))
}

after(async () => (await started)?.close())

test('[L32] [D8] rows expire by bytes, and a reader below hears which', LIMIT, async (t) => {
  const place = await cluster()
  const admin = await adminOf(t, place)
  const log = await logOn(t, place, { codec: 'none' })
  await log.createTopic(topicOf('small'))
  await setTopic(admin, 'small', { 'segment.bytes': '1048576', 'retention.bytes': '1500000' })

  await fill(log, 'small', 400)
  await until(async () => (await startOf(log, 'small')) > 1)

  await assertOvertaken(t, log, 'small')
})

test('[L32] [D8] rows expire by time, and a reader below hears which', LIMIT, async (t) => {
  const place = await cluster()
  const admin = await adminOf(t, place)
  const log = await logOn(t, place, { codec: 'none' })
  await log.createTopic(topicOf('brief'))
  await setTopic(admin, 'brief', { 'segment.bytes': '1048576', 'retention.ms': '2000' })

  await fill(log, 'brief', 200)
  await until(async () => (await startOf(log, 'brief')) > 1)

  await assertOvertaken(t, log, 'brief')
})

test('[L32] [D8] rows that people delete move the start', LIMIT, async (t) => {
  const place = await cluster()
  const admin = await adminOf(t, place)
  const log = await logOn(t, place)
  await log.createTopic(topicOf('deleted'))
  await fill(log, 'deleted', 5)

  const partitions = [{ partition: 0, offset: '3' }]
  await admin.fetchTopicOffsets('deleted') // It deletes only of topics that it has met.
  await admin.deleteTopicRecords({ topic: 'deleted', partitions })

  assert.deepEqual(await log.ends('deleted'), [{ start: 3, end: 5 }])
  await assertOvertaken(t, log, 'deleted')
})

test('[L29] a static member that is back in time moves nothing', LIMIT, async (t) => {
  const place = await cluster()
  const open = (instance: string) => logOn(t, place, { instance })
  const keeper = await open('keeper')
  await keeper.createTopic(topicOf('static', { partitions: 4 }))
  const kept = member(t, keeper, 8_000)
  const away = await open('away')
  const first = member(t, away, 8_000)
  await until(() => kept.live.length === 2 && first.live.length === 2)
  const [before, theirs] = [kept.live, numbersOf(first.live)]
  const granted = kept.claims.length

  await away.close()
  const back = await open('away')
  const again = member(t, back, 8_000)
  await until(() => again.live.length === 2)

  assert.deepEqual(numbersOf(again.live), theirs)
  assert.deepEqual([kept.live, kept.claims.length], [before, granted])
  await back.close()
  await until(() => kept.live.length === 4)
})

const numbersOf = (claims: readonly Claim[]): number[] =>
  claims.map(({ partition }) => partition).sort((a, b) => a - b)

/** A member of one group that lets go of what it has to. */
function member(t: TestContext, log: KafkaLog, sessionMs: number) {
  const leaving = new AbortController()
  t.after(() => leaving.abort())
  const claims: Claim[] = []
  const run = async (): Promise<void> => {
    const spec = { topics: ['static'], start: 'earliest', sessionMs, rebalanceMs: 20_000 } as const
    for await (const claim of log.claims({ ...spec, group: 'static' }, leaving.signal)) {
      claims.push(claim)
      claim.signal.addEventListener('abort', () => claim.release(), { once: true })
    }
  }
  void failureOf(run())
  return {
    claims,
    get live() {
      return claims.filter(({ signal }) => !signal.aborted)
    },
  }
}
