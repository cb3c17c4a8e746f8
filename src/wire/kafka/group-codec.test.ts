import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
} from '@platformatic/kafka'
import fc from 'fast-check'
import { AssignerProtocol } from 'kafkajs'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  type PartitionsByTopic,
} from './group-codec.ts'

const { MemberAssignment, MemberMetadata } = AssignerProtocol

/** Not `__proto__`, which the objects of kafkajs cannot hold. */
const topic = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,60}$/)
/** Sorted as the driver sorts them, so that bytes can be compared. */
const topics = fc
  .uniqueArray(topic, { maxLength: 8 })
  .map((names) => names.sort((a, b) => a.localeCompare(b)))
const numbers = fc
  .uniqueArray(fc.nat(2 ** 31 - 1), { minLength: 1, maxLength: 20 })
  .map((list) => list.sort((a, b) => a - b))
const byTopic: fc.Arbitrary<PartitionsByTopic> = topics.chain((names) =>
  fc
    .array(numbers, { minLength: names.length, maxLength: names.length })
    .map((lists) => new Map(names.map((name, i) => [name, lists[i]!]))),
)
const generation = fc.integer({ min: -1, max: 2 ** 31 - 1 })
const userData = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))

const listed = (partitions: PartitionsByTopic) =>
  [...partitions].map(([name, list]) => ({ topic: name, partitions: [...list] }))
const mapped = (list: readonly { topic: string; partitions: number[] }[]): PartitionsByTopic =>
  new Map(list.map(({ topic: name, partitions }) => [name, partitions]))

test('a subscription of ours is what the driver reads in it', () => {
  fc.assert(
    fc.property(topics, byTopic, generation, (names, owned, born) => {
      const bytes = encodeSubscription({ topics: names, owned, generation: born })

      assert.deepEqual(decodeSubscription(bytes), { topics: names, owned, generation: born })
      const theirs = decodeConsumerProtocolSubscription(Buffer.from(bytes))
      assert.deepEqual(theirs.topics, names)
      assert.deepEqual(mapped(theirs.ownedPartitions ?? []), owned)
      assert.deepEqual([theirs.version, theirs.generationId], [2, born])
    }),
  )
})

test('a subscription of any version of the driver’s is read, up to what that version says', () => {
  fc.assert(
    fc.property(fc.nat(3), topics, byTopic, generation, userData, (version, names, ...rest) => {
      const [owned, born, data] = rest
      const said = { version, topics: names, ownedPartitions: listed(owned), generationId: born }
      const rack = version === 3 ? { rackId: 'here' } : {}
      const bytes = encodeConsumerProtocolSubscription({ ...said, ...rack, userData: data })

      const read = decodeSubscription(bytes)

      assert.deepEqual(read, {
        topics: [...names].sort(),
        owned: version >= 1 ? owned : new Map(),
        generation: version >= 2 ? born : -1,
      })
    }),
  )
})

test('a subscription of kafkajs is read, and ours by kafkajs', () => {
  fc.assert(
    fc.property(topics, byTopic, userData, (names, owned, data) => {
      const theirs = MemberMetadata.encode({
        version: 0,
        topics: names,
        userData: data,
      })
      const ours = encodeSubscription({ topics: names, owned, generation: 3 })

      assert.deepEqual(decodeSubscription(theirs), {
        topics: names,
        owned: new Map(),
        generation: -1,
      })
      assert.deepEqual(MemberMetadata.decode(Buffer.from(ours))?.topics, names)
    }),
  )
})

test('a subscription that speaks of a version and says no more than the first one is read', () => {
  // kafkajs and older drivers do so, with the version that their assigner bears.
  for (const version of [1, 2, 3]) {
    const bytes = MemberMetadata.encode({ version, topics: ['t'], userData: Buffer.alloc(0) })

    assert.deepEqual(decodeSubscription(bytes), { topics: ['t'], owned: new Map(), generation: -1 })
  }
})

test('an assignment is byte for byte what the driver writes', () => {
  fc.assert(
    fc.property(byTopic, (partitions) => {
      const ours = encodeAssignment(partitions)

      const assignedPartitions = listed(partitions)
      const theirs = encodeConsumerProtocolAssignment({ version: 0, assignedPartitions })
      assert.deepEqual(Buffer.from(ours), theirs)
    }),
  )
})

test('an assignment of any version of the driver’s and of kafkajs’ is read', () => {
  fc.assert(
    fc.property(fc.nat(3), byTopic, userData, (version, partitions, data) => {
      const assignedPartitions = listed(partitions)
      const one = encodeConsumerProtocolAssignment({ version, assignedPartitions, userData: data })
      const assignment: Record<string, number[]> = {}
      for (const [name, list] of partitions) assignment[name] = [...list]
      const other = MemberAssignment.encode({ version, assignment, userData: Buffer.alloc(0) })

      assert.deepEqual(decodeAssignment(one), partitions)
      assert.deepEqual(sorted(decodeAssignment(other)), sorted(partitions))
    }),
  )
})

test('an assignment of ours is what the driver and kafkajs read in it', () => {
  fc.assert(
    fc.property(byTopic, (partitions) => {
      const bytes = Buffer.from(encodeAssignment(partitions))

      const { assignedPartitions } = decodeConsumerProtocolAssignment(bytes)
      assert.deepEqual(mapped(assignedPartitions), partitions)
      const theirs = Object.entries(MemberAssignment.decode(bytes)?.assignment ?? {})
      assert.deepEqual(sorted(new Map(theirs)), sorted(partitions))
    }),
  )
})

test('no bytes at all are an assignment of nothing', () => {
  assert.deepEqual(decodeAssignment(new Uint8Array(0)), new Map())
})

test('bytes that end too early are neither, wherever they end', () => {
  const owned = new Map([['topic', [1, 2]]])
  const subscription = encodeSubscription({ topics: ['topic'], owned, generation: 7 })
  const assignment = encodeAssignment(owned)

  // Where a version's own fields are missing altogether it is one of an older writer.
  const older = new Set([17, 17 + 4 + 7 + 4 + 8])
  for (let length = 0; length < subscription.length; length++) {
    const isRead = decodeSubscription(subscription.subarray(0, length)) !== undefined
    assert.equal(isRead, older.has(length), `${length} bytes`)
  }
  for (let length = 1; length < assignment.length - 4; length++) {
    assert.equal(decodeAssignment(assignment.subarray(0, length)), undefined, `${length} bytes`)
  }
})

test('any bytes are read as something or nothing, and nothing is thrown', () => {
  const changes = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 5 })
  const mutated = fc
    .tuple(topics, byTopic, generation, changes)
    .map(([names, owned, born, all]) => {
      const bytes = encodeSubscription({ topics: names, owned, generation: born })
      for (const [at, byte] of all) if (at < bytes.length) bytes[at] = byte
      return bytes
    })
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 100 })), (bytes) => {
      for (const read of [decodeSubscription(bytes)?.owned, decodeAssignment(bytes)]) {
        for (const list of read?.values() ?? []) assert.ok(list.length <= bytes.length)
      }
    }),
    { numRuns: 2_000 },
  )
})

const sorted = (partitions: PartitionsByTopic | undefined) =>
  [...(partitions ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))
