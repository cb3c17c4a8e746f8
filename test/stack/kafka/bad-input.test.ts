import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startKafka, type KafkaCluster } from '../../../scripts/stack/kafka-cluster.ts'
import type { Doubt } from '../../../src/log/kafka/topic-admin.ts'
import { reachableFrom, readToEnd } from '../../../src/log/log.ts'
import { utf8 } from '../../../src/std/bytes.ts'
import { adminOf, setTopic } from '../rig/kafka-admin.ts'
import { claimOn, logOn, topicOf, type LogChanges } from '../rig/kafka-logs.ts'
import { rowsOf, textsIn, textsOf } from '../rig/rows.ts'
import { failureOf, until } from '../rig/waiting.ts'
import { withoutJava } from '../rig/servers.ts'

/** One cluster for all cases of this file. */
let started: Promise<KafkaCluster> | undefined
const cluster = (): Promise<KafkaCluster> => (started ??= startKafka({ shape: 'one' }))
const QUICK: LogChanges = { limits: { topicWaitMs: 1_000, watchMs: 200 } }
/** What the broker is asked to believe: once an hour ahead, then an hour behind. */
const HOUR_MS = 3_600_000

after(async () => (await started)?.close())
const limit = { skip: withoutJava(), timeout: 240_000 }

test(
  '[L2] a topic cut or kept otherwise says what it is and what it is to be',
  limit,
  async (t) => {
    const log = await logOn(t, await cluster())
    await log.createTopic(topicOf('cut', { partitions: 2 }))

    const more = await failureOf(log.createTopic(topicOf('cut', { partitions: 4 })))
    const kept = await failureOf(
      log.createTopic(topicOf('cut', { partitions: 2, cleanup: 'compact' })),
    )

    assert.deepEqual([more.code, kept.code], ['LOG_TOPIC_DIFFERS', 'LOG_TOPIC_DIFFERS'])
    assert.match(more.message, /cut has 2 partitions \(delete\), not 4 \(delete\)/)
    assert.match(kept.message, /cut has 2 partitions \(delete\), not 2 \(compact\)/)
  },
)

test('[R20] settings that break the promise are doubts, told once', limit, async (t) => {
  const place = await cluster()
  const admin = await adminOf(t, place)
  await admin.createTopics({
    topics: [{ topic: 'weak', numPartitions: 1, replicationFactor: 1 }],
    waitForLeaders: true,
  })
  await setTopic(admin, 'weak', {
    'retention.ms': '60000',
    'message.timestamp.type': 'CreateTime',
    'unclean.leader.election.enable': 'true',
  })
  const doubts: Doubt[] = []
  const changes = { replication: 3, doubt: (one: Doubt) => void doubts.push(one) }
  const log = await logOn(t, place, changes)

  for (let again = 0; again < 2; again++) {
    await log.createTopic(topicOf('weak', { retentionMs: 86_400_000 }))
  }

  const told = doubts.map(({ setting, is, should }) => `${setting}: ${is}, not ${should}`).sort()
  assert.deepEqual(told, [
    'max.message.bytes: 1048588, not 1049600',
    'message.timestamp.type: CreateTime, not LogAppendTime',
    'replication factor: 1, not 3',
    'retention.ms: 60000, not 86400000',
    'unclean.leader.election.enable: true, not false',
  ])
  const checks = log.checks().filter(({ code }) => code === 'LOG_PROMISE_DIFFERS')
  assert.ok(checks.length > 0 && checks.every(({ isOk, detail }) => isOk && detail))
})

test('[R2] a topic of more copies than there are brokers says so', limit, async (t) => {
  const log = await logOn(t, await cluster(), { replication: 3 })

  const { code, message } = await failureOf(log.createTopic(topicOf('copies')))

  assert.equal(code, 'LOG_BROKERS_MISSING')
  assert.match(message, /topic copies/)
})

test('[L3] a topic deleted under us is named, and goes on once there', limit, async (t) => {
  const place = await cluster()
  const admin = await adminOf(t, place)
  const log = await logOn(t, place, QUICK)
  await log.createTopic(topicOf('gone'))
  await log.append('gone', rowsOf(['old 0', 'old 1', 'old 2']))
  const ending = new AbortController()
  t.after(() => ending.abort())
  const claim = await claimOn(log, 'gone', { signal: ending.signal })
  const reading = failureOf(
    (async () => {
      const position = { offset: 3, note: '' }
      for await (const _ of log.read(claim, { position, bytesMax: 1000 })) assert.fail()
    })(),
  )
  await until(async () => (await log.ends('gone')).length === 1)

  await admin.deleteTopics({ topics: ['gone'] })

  assert.equal((await reading).code, 'LOG_TOPIC_UNKNOWN')
  assert.equal((await failureOf(log.append('gone', rowsOf(['x'])))).code, 'LOG_TOPIC_UNKNOWN')
  await until(() => log.checks().some(({ isOk, name }) => !isOk && /gone/.test(name)))
  await log.createTopic(topicOf('gone'))
  await log.append('gone', rowsOf(['new']))
  await until(() => log.checks().every(({ isOk }) => isOk))
  // Whoever stood above the new end is told that rows are gone, and where to read on.
  assert.deepEqual(await reachableFrom(log, { at: claim, offset: 3 }), {
    offset: 0,
    gap: { topic: 'gone', partition: 0, reason: 'lost', from: 1, to: 3 },
  })
  assert.deepEqual(await textsOf(log, 'gone'), ['new'])
})

test('[L3] a topic made anew under a reader is another to it', limit, async (t) => {
  const place = await cluster()
  const admin = await adminOf(t, place)
  const log = await logOn(t, place, QUICK)
  await log.createTopic(topicOf('anew'))
  await log.append('anew', rowsOf(['old']))
  const ending = new AbortController()
  t.after(() => ending.abort())
  const claim = await claimOn(log, 'anew', { group: 'anew', signal: ending.signal })
  const batches: string[][] = []
  const reading = failureOf(
    (async () => {
      const position = await log.position(claim)
      for await (const batch of log.read(claim, { position, bytesMax: 1000 })) {
        batches.push(textsIn(batch))
        await log.commit(claim, batch.next)
      }
    })(),
  )
  await until(async () => (await log.positions('anew', 'anew'))[0]?.offset === 1)

  await admin.deleteTopics({ topics: ['anew'] })
  const other = await logOn(t, place)
  await until(async () => (await failureOf(other.createTopic(topicOf('anew')))).code === undefined)
  for (const text of ['new 0', 'new 1', 'new 2']) {
    // The producer of the old one goes on with the new one, or says so.
    const { code } = await failureOf(log.append('anew', rowsOf([text])))
    assert.ok(code === undefined || code === 'LOG_TOPIC_UNKNOWN', String(code))
  }

  assert.ok(['LOG_TOPIC_DIFFERS', 'LOG_TOPIC_UNKNOWN'].includes((await reading).code ?? ''))
  assert.deepEqual(batches, [['old']])
  // Brokers forget positions with the topic, so that the group begins at its start.
  assert.deepEqual(await log.position(claim), { offset: 0, note: '' })
  assert.ok((await textsOf(log, 'anew')).every((text) => text.startsWith('new')))
})

test('[L9] a record too large for the topic harms none beside it', limit, async (t) => {
  const place = await cluster()
  const admin = await adminOf(t, place)
  const log = await logOn(t, place, { codec: 'none' })
  await log.createTopic(topicOf('narrow'))
  await log.append('narrow', rowsOf(['before']))
  await setTopic(admin, 'narrow', { 'max.message.bytes': '2000' })

  const small = Array.from({ length: 60 }, (_, i) => log.append('narrow', rowsOf([`row ${i}`])))
  const large = failureOf(log.append('narrow', rowsOf(['x'.repeat(5_000)])))
  const after = failureOf(log.append('narrow', rowsOf(['after'])))

  assert.equal((await large).code, 'LOG_RECORD_TOO_LARGE')
  const outcomes = await Promise.all(small.map((one) => failureOf(one)))
  const kept = outcomes.filter(({ code }) => code === undefined).length
  t.diagnostic(`${kept} of 60 neighbours kept, after: ${(await after).code ?? 'kept'}`)
  await log.append('narrow', rowsOf(['last']))
  const texts = await textsOf(log, 'narrow')
  assert.equal(texts.at(-1), 'last')
  assert.equal(kept, 60)
})

test('[W9] times that step back by an hour harm nothing', limit, async (t) => {
  const place = await cluster()
  const admin = await adminOf(t, place)
  await admin.createTopics({
    topics: [{ topic: 'clocks', numPartitions: 1, replicationFactor: 1 }],
    waitForLeaders: true,
  })
  const { Kafka, logLevel } = await import('kafkajs')
  const brokers = place.bootstrap.map(({ host, port }) => `${host}:${port}`)
  const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer()
  await producer.connect()
  t.after(() => producer.disconnect())
  const now = Date.now()
  const times = [now + HOUR_MS - 60_000, now - HOUR_MS, now, now - 2 * HOUR_MS, now + 1]
  for (const [i, time] of times.entries()) {
    const messages = [{ value: Buffer.from(utf8(`row ${i}`)), timestamp: String(time) }]
    await producer.send({ topic: 'clocks', messages })
  }

  const log = await logOn(t, place)
  const found: number[] = []
  for await (const batch of readToEnd(log, { topic: 'clocks', partition: 0 })) {
    found.push(...batch.times.subarray(0, batch.count))
  }

  assert.deepEqual(found, times)
  assert.deepEqual(await log.offsetsAt('clocks', now + 2 * HOUR_MS), [5])
  assert.deepEqual(await log.offsetsAt('clocks', now - 3 * HOUR_MS), [0])
})
