import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Writer } from '@platformatic/kafka'
import { NocturneError } from '../../model/nocturne-error.ts'
import { systemClock } from '../../std/clock.ts'
import type { TopicSpec } from '../log.ts'
import { Cluster } from './cluster.ts'
import { kafkaLimits } from './kafka-limits.ts'
import type { KafkaOptions } from './kafka-options.ts'
import { metadataBody, Peer, type AskedOf } from './peer.suite.ts'
import { checkOffsetsTopic, createTopic, deleteTopic, type Doubt } from './topic-admin.ts'

const METADATA = 3
const CREATE = 19
const DELETE = 20
const DESCRIBE = 32
const UNKNOWN_TOPIC = 3
const NOT_ALLOWED = 29
const TOPIC_ID = '1fbe03b4-8a86-4ad5-9cb7-2b3f1c0d9e5a'

const spec: TopicSpec = {
  topic: 'events',
  partitions: 3,
  cleanup: 'delete',
  retentionMs: 3_600_000,
  retentionBytes: 1_000_000,
  durability: 'ack',
  recordBytesMax: 65_536,
}

/** A topic of the peer: how many partitions, and its settings. */
type Held = { partitions: number; readonly settings: Map<string, string | null> }

type Made = { readonly name: string; readonly partitions: number; readonly copies: number }

/** CreateTopics, version 7, with one topic. */
function madeOf({ body }: AskedOf): Made & { readonly settings: Map<string, string | null> } {
  const [made] = body.readArray((r) => {
    const [name, partitions, copies] = [r.readString(), r.readInt32(), r.readInt16()]
    r.readArray(() => assert.fail('nobody assigns'))
    const settings = new Map(
      r.readArray((c): [string, string | null] => [c.readString(), c.readNullableString()]),
    )
    return { name, partitions, copies, settings }
  })
  assert.ok(made)
  return made
}

function createdBody(code: number, message: string | null): Uint8Array {
  const writer = Writer.create().appendInt32(0)
  writer.appendArray([1], (w) => {
    w.appendString(spec.topic).appendUUID(TOPIC_ID).appendInt16(code).appendString(message)
    w.appendInt32(-1).appendInt16(-1).appendUnsignedVarInt(0)
  })
  return writer.appendTaggedFields().buffer
}

function deletedBody(name: string, code: number): Uint8Array {
  const writer = Writer.create().appendInt32(0)
  writer.appendArray([1], (w) => {
    w.appendString(name).appendUUID(TOPIC_ID).appendInt16(code).appendString(null)
  })
  return writer.appendTaggedFields().buffer
}

function settingsBody({ settings }: Held): Uint8Array {
  const writer = Writer.create().appendInt32(0)
  writer.appendArray([1], (w) => {
    w.appendInt16(0).appendString(null).appendInt8(2).appendString(spec.topic)
    w.appendArray([...settings], (each, [name, value]) => {
      each.appendString(name).appendString(value).appendBoolean(false).appendInt8(1)
      each.appendBoolean(false).appendUnsignedVarInt(1).appendInt8(2).appendString(null)
    })
  })
  return writer.appendTaggedFields().buffer
}

/** A broker that makes topics, or refuses to. */
async function adminOf(
  t: TestContext,
  given: Partial<KafkaOptions> & { readonly refusal?: readonly [code: number, message: string] },
) {
  const made: Made[] = []
  let held: Held | undefined
  const peer: Peer = await Peer.listening({
    [METADATA]: ({ answer }) => {
      const topics = held === undefined ? [] : [{ name: spec.topic, partitions: held.partitions }]
      answer(metadataBody(peer.address, topics))
    },
    [CREATE]: (asked) => {
      const { settings, ...one } = madeOf(asked)
      made.push(one)
      const [code, message] = given.refusal ?? [0, null]
      if (code === 0) held = { partitions: one.partitions, settings }
      asked.answer(createdBody(code, message))
    },
    [DELETE]: ({ body, answer }) => {
      const [name] = body.readArray((r) => {
        const asked = r.readNullableString() ?? ''
        r.readUUID()
        return asked
      })
      const isThere = held !== undefined && name === spec.topic
      if (isThere && given.refusal === undefined) held = undefined
      answer(deletedBody(name ?? '', given.refusal?.[0] ?? (isThere ? 0 : UNKNOWN_TOPIC)))
    },
    [DESCRIBE]: ({ answer }) =>
      answer(settingsBody(held ?? { partitions: 0, settings: new Map() })),
  })
  const closing = new AbortController()
  const { refusal: _refusal, ...asked } = given
  const options: KafkaOptions = {
    brokers: [peer.address],
    promise: 'available',
    replication: 1,
    codec: 'none',
    ...asked,
  }
  const limits = { ...kafkaLimits, metadataGapMs: 0 }
  const cluster = new Cluster(options, { clock: systemClock, limits, closing: closing.signal })
  t.after(() => {
    closing.abort()
    cluster.close()
    peer.close()
  })
  const doubts: Doubt[] = []
  const admin = {
    cluster,
    batchBytes: 262_144,
    doubt: (doubt: Doubt): void => void doubts.push(doubt),
  }
  const holding = (): Held => held ?? assert.fail('no topic')
  return { admin, made, doubts, holding }
}

const coded = (code: string) => (error: unknown) =>
  error instanceof NocturneError && error.code === code

test('[L1] a topic is made, and once it is known it is found and checked', async (t) => {
  const { admin, made, doubts } = await adminOf(t, {})

  await assert.rejects(createTopic(admin, spec), coded('LOG_UNAVAILABLE'))
  await createTopic(admin, spec)

  assert.deepEqual(made, [{ name: 'events', partitions: 3, copies: 1 }])
  assert.deepEqual(doubts, [])
})

test('[R25] a topic that was made for a while is deleted, and gone it is no fault', async (t) => {
  const { admin, holding } = await adminOf(t, {})
  await assert.rejects(createTopic(admin, spec), coded('LOG_UNAVAILABLE'))

  await deleteTopic(admin.cluster, spec.topic)
  await deleteTopic(admin.cluster, spec.topic)

  assert.throws(holding, /no topic/)
})

test('[R25] a topic that we may not delete is told', async (t) => {
  const { admin } = await adminOf(t, { refusal: [NOT_ALLOWED, 'not yours'] })

  await assert.rejects(deleteTopic(admin.cluster, spec.topic), coded('LOG_ACL_DENIED'))
})

test('a topic is made with the settings that its spec and our promise ask for', async (t) => {
  for (const [promise, copies] of [
    ['available', '1'],
    ['strict', '2'],
  ] as const) {
    const { admin, holding } = await adminOf(t, { promise, replication: 3 })

    await assert.rejects(createTopic(admin, spec))

    assert.deepEqual(Object.fromEntries(holding().settings), {
      'cleanup.policy': 'delete',
      'retention.ms': '3600000',
      'retention.bytes': '1000000',
      'min.insync.replicas': copies,
      'unclean.leader.election.enable': 'false',
      'message.timestamp.type': 'LogAppendTime',
      'max.message.bytes': '263168',
    })
  }
})

test('one copy alone cannot be asked for two', async (t) => {
  const { admin, holding } = await adminOf(t, { promise: 'strict', replication: 1 })

  await assert.rejects(createTopic(admin, spec))

  assert.equal(holding().settings.get('min.insync.replicas'), '1')
})

test('[L2] other partitions or another cleanup are refused', async (t) => {
  const { admin } = await adminOf(t, {})
  await assert.rejects(createTopic(admin, spec))

  const wrong = [{ partitions: 4 }, { cleanup: 'compact' }] as const
  for (const change of wrong) {
    await assert.rejects(createTopic(admin, { ...spec, ...change }), coded('LOG_TOPIC_DIFFERS'))
  }
})

test('other settings that differ, and copies that are missing, are told', async (t) => {
  const { admin, doubts, holding } = await adminOf(t, { replication: 3 })
  await assert.rejects(createTopic(admin, spec))
  holding().settings.set('retention.ms', '-1').set('message.timestamp.type', null)

  await createTopic(admin, spec)

  const topic = 'events'
  assert.deepEqual(doubts, [
    { topic, setting: 'retention.ms', is: '-1', should: '3600000' },
    { topic, setting: 'message.timestamp.type', is: '', should: 'LogAppendTime' },
    { topic, setting: 'replication factor', is: '1', should: '3' },
  ])
})

test('a refusal is told in the broker’s words', async (t) => {
  const { admin } = await adminOf(t, { replication: 3, refusal: [38, 'only 1 broker'] })

  await assert.rejects(createTopic(admin, spec), (error) => {
    assert.ok(coded('LOG_BROKERS_MISSING')(error))
    return String(error).includes('only 1 broker')
  })
})

test('[L1] a topic that another makes meanwhile is looked for again', async (t) => {
  const { admin } = await adminOf(t, { refusal: [36, 'exists'] })

  await assert.rejects(createTopic(admin, spec), coded('LOG_UNAVAILABLE'))
})

test('positions that are kept less safely than was promised are told', async (t) => {
  const { admin, doubts, holding } = await adminOf(t, { promise: 'strict', replication: 3 })
  assert.equal(await checkOffsetsTopic(admin), false)
  // The peer has one topic, whatever it is asked for.
  await assert.rejects(createTopic(admin, spec))
  holding().settings.set('min.insync.replicas', '1')

  assert.equal(await checkOffsetsTopic(admin), true)

  const topic = '__consumer_offsets'
  assert.deepEqual(doubts, [
    { topic, setting: 'replication factor', is: '1', should: '3' },
    { topic, setting: 'min.insync.replicas', is: '1', should: '2' },
  ])
})
