import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Writer } from '@platformatic/kafka'
import { NocturneError } from '../../../model/nocturne-error.ts'
import { systemClock } from '../../../std/clock.ts'
import { Cluster } from '../cluster.ts'
import { kafkaLimits } from '../kafka-limits.ts'
import { metadataBody, Peer, type AskedOf } from '../peer.suite.ts'
import { CommitDesk, type Membership } from './commit-desk.ts'
import { CoordinatorLink } from './coordinator-link.ts'

const GROUP = 'g'
const COMMIT = 8
const METADATA = 3
const COORDINATOR = 10

type Stored = Membership & { readonly positions: readonly (readonly [string, number, string])[] }

/** An OffsetCommit, version 8, as it came in. */
function storedOf({ body }: AskedOf): Stored {
  body.readString()
  const generation = body.readInt32()
  const memberId = body.readString()
  const instance = body.readNullableString()
  const topics = body.readArray((r) => {
    const name = r.readString()
    return r.readArray((p): readonly [string, number, string] => {
      const at = `${name}/${p.readInt32()}`
      const offset = Number(p.readInt64())
      p.readInt32()
      return [at, offset, p.readString()]
    })
  })
  return { generation, memberId, instance, positions: topics.flat() }
}

function codesBody({ positions }: Stored, codeOf: (at: string) => number): Uint8Array {
  const writer = Writer.create().appendInt32(0)
  const topics = [...Map.groupBy(positions, ([at]) => at.split('/')[0] ?? '')]
  writer.appendArray(topics, (w, [name, there]) => {
    w.appendString(name).appendArray(there, (each, [at]) => {
      each.appendInt32(Number(at.split('/')[1])).appendInt16(codeOf(at))
    })
  })
  return writer.appendTaggedFields().buffer
}

/** A desk whose coordinator answers each request by the next of the given acts. */
async function deskWith(t: TestContext, acts: ((stored: Stored, asked: AskedOf) => void)[]) {
  const stored: Stored[] = []
  const peer: Peer = await Peer.listening({
    [METADATA]: ({ answer }) => answer(metadataBody(peer.address, [])),
    [COORDINATOR]: ({ answer }) => {
      const { host, port } = peer.address
      const writer = Writer.create().appendInt32(0)
      writer.appendArray([1], (w) => {
        w.appendString(GROUP).appendInt32(1).appendString(host).appendInt32(port)
        w.appendInt16(0).appendString(null)
      })
      answer(writer.appendTaggedFields().buffer)
    },
    [COMMIT]: (asked) => {
      const one = storedOf(asked)
      stored.push(one)
      const act = acts[stored.length - 1] ?? acts.at(-1)
      act?.(one, asked)
    },
  })
  const closing = new AbortController()
  const limits = { ...kafkaLimits, backoffMs: 1, backoffMsMax: 5, metadataGapMs: 0 }
  const waiting = { clock: systemClock, limits, signal: closing.signal }
  const options = {
    brokers: [peer.address],
    promise: 'available',
    replication: 1,
    codec: 'none',
  } as const
  const cluster = new Cluster(options, { ...waiting, closing: closing.signal })
  const membership: { now: Membership } = {
    now: { memberId: 'm', instance: null, generation: 4 },
  }
  const link = new CoordinatorLink(cluster, GROUP, 5_000)
  const desk = new CommitDesk({
    ...waiting,
    group: GROUP,
    link,
    membership: () => membership.now,
    joined: () => Promise.resolve(),
  })
  t.after(() => {
    closing.abort()
    link.drop()
    cluster.close()
    peer.close()
  })
  return { desk, stored, membership, closing }
}

const answerAll =
  (code: number) =>
  (one: Stored, { answer }: AskedOf): void =>
    answer(codesBody(one, () => code))

const held = { topic: 't', partition: 0, isOurs: () => true }
const coded = (code: string) => (error: unknown) =>
  error instanceof NocturneError && error.code === code

test('[L28] a commit says who commits what, with its note', async (t) => {
  const { desk, stored } = await deskWith(t, [answerAll(0)])

  await desk.commit(held, { offset: 2 ** 40 + 1, note: 'wé' })

  assert.deepEqual(stored, [
    { memberId: 'm', instance: null, generation: 4, positions: [['t/0', 2 ** 40 + 1, 'wé']] },
  ])
})

test('what comes while a request is under way goes with the next, the last alone', async (t) => {
  const begun = Promise.withResolvers<() => void>()
  const { desk, stored } = await deskWith(t, [
    (one, { answer }) => begun.resolve(() => answer(codesBody(one, () => 0))),
    answerAll(0),
  ])
  const first = desk.commit(held, { offset: 1, note: 'a' })
  const goOn = await begun.promise
  const others = [2, 3].map((offset) => desk.commit(held, { offset, note: 'b' }))
  others.push(desk.commit({ ...held, partition: 1 }, { offset: 9, note: '' }))
  goOn()

  await Promise.all([first, ...others])

  const positions = stored.map((one) => one.positions)
  assert.deepEqual(positions, [
    [['t/0', 1, 'a']],
    [
      ['t/0', 3, 'b'],
      ['t/1', 9, ''],
    ],
  ])
})

test('[L30] a commit under a generation that is over is refused', async (t) => {
  const { desk } = await deskWith(t, [answerAll(22)])

  await assert.rejects(desk.commit(held, { offset: 1, note: '' }), coded('LOG_FENCED'))
})

test('[L27] a commit that meets a rebalance is repeated under the new generation', async (t) => {
  const { desk, stored, membership } = await deskWith(t, [
    answerAll(27),
    (one, asked) => {
      membership.now = { ...membership.now, generation: 5 }
      answerAll(22)(one, asked)
    },
    answerAll(0),
  ])

  await desk.commit(held, { offset: 1, note: '' })

  assert.deepEqual(
    stored.map(({ generation }) => generation),
    [4, 4, 5],
  )
})

test('[L26] a claim that is lost while its commit waits is fenced', async (t) => {
  let isOurs = true
  const { desk, stored, membership } = await deskWith(t, [
    (one, asked) => {
      isOurs = false
      membership.now = { ...membership.now, memberId: 'anew', generation: 9 }
      answerAll(22)(one, asked)
    },
    answerAll(0),
  ])

  const commit = desk.commit({ ...held, isOurs: () => isOurs }, { offset: 1, note: '' })

  await assert.rejects(commit, coded('LOG_FENCED'))
  assert.equal(stored.length, 1)
})

test('[L26] a lost claim does not commit with the one that follows it', async (t) => {
  const begun = Promise.withResolvers<() => void>()
  let isOurs = true
  const { desk, stored } = await deskWith(t, [
    (one, { answer }) => begun.resolve(() => answer(codesBody(one, () => 0))),
    answerAll(0),
  ])
  const first = desk.commit({ ...held, partition: 1 }, { offset: 5, note: '' })
  const goOn = await begun.promise
  const lost = desk.commit({ ...held, isOurs: () => isOurs }, { offset: 8, note: '' })
  const outcome = assert.rejects(lost, coded('LOG_FENCED'))
  isOurs = false
  const next = desk.commit(held, { offset: 3, note: '' })
  goOn()

  await Promise.all([first, outcome, next])

  assert.deepEqual(stored.at(-1)?.positions, [['t/0', 3, '']])
})

test('a commit whose coordinator hangs up or moves is repeated there', async (t) => {
  const { desk, stored } = await deskWith(t, [
    (_, { socket }) => void socket.destroy(),
    answerAll(16),
    answerAll(14),
    answerAll(0),
  ])

  await desk.commit(held, { offset: 1, note: '' })

  assert.equal(stored.length, 4)
})

test('of one request each partition is judged by its own code', async (t) => {
  const begun = Promise.withResolvers<() => void>()
  const { desk } = await deskWith(t, [
    (one, { answer }) => begun.resolve(() => answer(codesBody(one, () => 0))),
    (one, { answer }) => answer(codesBody(one, (at) => (at === 't/1' ? 12 : 0))),
  ])
  const first = desk.commit(held, { offset: 1, note: '' })
  const goOn = await begun.promise
  const good = desk.commit(held, { offset: 2, note: '' })
  const bad = desk.commit({ ...held, partition: 1 }, { offset: 2, note: '' })
  const outcome = assert.rejects(bad, coded('LOG_NOTE_TOO_LONG'))
  goOn()

  await Promise.all([first, good, outcome])
})

test('[L36] a commit that waits when the log closes is told so', async (t) => {
  const { desk, closing } = await deskWith(t, [
    (one, asked) => {
      closing.abort()
      answerAll(14)(one, asked)
    },
  ])

  await assert.rejects(desk.commit(held, { offset: 1, note: '' }), coded('LOG_CLOSED'))
})
