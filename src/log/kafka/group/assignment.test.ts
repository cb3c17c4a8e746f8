import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { assign, type MemberClaim, type TopicPartition } from './assignment.ts'

const TOPICS = ['a', 'b', 'c']
const ROUNDS_MAX = 3

type Group = {
  readonly members: readonly MemberClaim[]
  readonly counts: ReadonlyMap<string, number>
}

const counts = fc
  .tuple(fc.nat(13), fc.nat(13), fc.nat(5))
  .map((numbers) => new Map(TOPICS.map((topic, i) => [topic, numbers[i]!])))

/** Members of any generation that claim anything, each partition by several too. */
const group: fc.Arbitrary<Group> = counts.chain((byTopic) => {
  const at = fc.record({ topic: fc.constantFrom(...TOPICS), partition: fc.nat(14) })
  const member = fc.record({
    id: fc.string({ minLength: 1, maxLength: 3 }),
    topics: fc.subarray(TOPICS),
    owned: fc.uniqueArray(at, { maxLength: 30, selector: nameOf }),
    generation: fc.integer({ min: -1, max: 3 }),
  })
  const members = fc.uniqueArray(member, { maxLength: 7, selector: ({ id }) => id })
  return members.map((all) => ({ members: all, counts: byTopic }))
})

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

const namesOf = (partitions: readonly TopicPartition[] = []): string[] =>
  partitions.map(nameOf).sort()

/** Partitions that a member may still read of a topic: claimed by nobody of a newer generation. */
const heldOf = ({ members }: Group, { id, owned, generation }: MemberClaim, topic: string) =>
  owned.filter(
    (at) => at.topic === topic && !rivals(members, at).some((o) => isAbove(o, { id, generation })),
  )

const rivals = (members: readonly MemberClaim[], at: TopicPartition) =>
  members.filter(({ owned }) => owned.some((one) => nameOf(one) === nameOf(at)))

type Rank = { readonly id: string; readonly generation: number }
const isAbove = (one: Rank, other: Rank): boolean =>
  one.generation > other.generation || (one.generation === other.generation && one.id < other.id)

const readersOf = ({ members }: Group, topic: string) =>
  members.filter(({ topics }) => topics.includes(topic))

/** Every member does as it is told: it reads what it was given, and has given back the rest. */
function obeyed({ members, counts: byTopic }: Group, generation: number): Group {
  const assigned = assign(members, byTopic)
  const next = members.map(({ id, topics }) => {
    return { id, topics, owned: assigned.get(id) ?? [], generation }
  })
  return { members: next, counts: byTopic }
}

test('[L24] a partition has at most one owner, who reads its topic', () => {
  fc.assert(
    fc.property(group, ({ members, counts: byTopic }) => {
      const assigned = assign(members, byTopic)

      const all = [...assigned.values()].flat()
      assert.equal(new Set(all.map(nameOf)).size, all.length)
      for (const { id, topics } of members) {
        for (const { topic, partition } of assigned.get(id) ?? []) {
          assert.ok(topics.includes(topic) && partition < (byTopic.get(topic) ?? 0))
        }
      }
      assert.deepEqual([...assigned.keys()].sort(), members.map(({ id }) => id).sort())
    }),
  )
})

test('[L24] [L25] a partition goes to nobody else while a member reads it', () => {
  fc.assert(
    fc.property(group, ({ members, counts: byTopic }) => {
      for (const [id, partitions] of assign(members, byTopic)) {
        for (const at of partitions) {
          const readers = rivals(members, at)
          const newest = Math.max(...readers.map(({ generation }) => generation))
          const owners = readers.filter(({ generation }) => generation === newest)
          assert.ok(readers.length === 0 || owners.some((owner) => owner.id === id), nameOf(at))
        }
      }
    }),
  )
})

test('[L27] nobody loses what is within its share', () => {
  fc.assert(
    fc.property(group, (now) => {
      const assigned = assign(now.members, now.counts)

      for (const [topic, count] of now.counts) {
        const readers = readersOf(now, topic)
        for (const member of readers) {
          const held = heldOf(now, member, topic).filter(({ partition }) => partition < count)
          const mine = new Set(namesOf(assigned.get(member.id)))
          const kept = held.filter((at) => mine.has(nameOf(at))).length
          assert.ok(kept >= Math.min(held.length, Math.floor(count / readers.length)))
        }
      }
    }),
  )
})

test('[L24] members that do as they are told soon own all partitions in even shares', () => {
  fc.assert(
    fc.property(group, (start) => {
      let now = start
      for (let round = 1; round < ROUNDS_MAX; round++) now = obeyed(now, 3 + round)

      const assigned = assign(now.members, now.counts)

      for (const { id, owned } of now.members) {
        assert.deepEqual(namesOf(assigned.get(id)), namesOf(owned), 'it changes no more')
      }
      for (const [topic, count] of now.counts) {
        const readers = readersOf(now, topic)
        if (readers.length === 0) continue
        const shares = readers.map(
          ({ id }) => assigned.get(id)?.filter((at) => at.topic === topic).length ?? 0,
        )
        assert.equal(
          shares.reduce((sum, share) => sum + share, 0),
          count,
        )
        assert.ok(Math.max(...shares) - Math.min(...shares) <= 1)
      }
    }),
  )
})

test('[L24] shares are even again after members came and went', () => {
  const ids = fc.uniqueArray(fc.constantFrom('m', 'n', 'o', 'p', 'q'), { minLength: 1 })
  fc.assert(
    fc.property(fc.array(ids, { minLength: 2, maxLength: 6 }), counts, (changes, byTopic) => {
      let now: Group = { members: [], counts: byTopic }
      for (const [change, present] of changes.entries()) {
        const members = present.map((id) => {
          const before = now.members.find((member) => member.id === id)
          return before ?? { id, topics: TOPICS, owned: [], generation: -1 }
        })
        now = { members, counts: byTopic }
        for (let round = 0; round < ROUNDS_MAX; round++) now = obeyed(now, change * 10 + round)

        for (const [topic, count] of byTopic) {
          const shares = now.members.map(
            ({ owned }) => owned.filter((at) => at.topic === topic).length,
          )
          const [least, most] = [Math.floor(count / members.length), count / members.length]
          assert.ok(shares.every((share) => share >= least && share <= Math.ceil(most)))
        }
      }
    }),
  )
})

test('whoever has least of other topics gets the odd partition, so that sums are even too', () => {
  fc.assert(
    fc.property(counts, fc.integer({ min: 1, max: 7 }), (byTopic, memberCount) => {
      const members = Array.from({ length: memberCount }, (_, i) => {
        return { id: `m${i}`, topics: TOPICS, owned: [], generation: -1 }
      })

      const sums = [...assign(members, byTopic).values()].map(({ length }) => length)

      assert.ok(Math.max(...sums) - Math.min(...sums) <= 1)
    }),
  )
})

test('the order in which members are listed changes nothing', () => {
  const shuffled = group.chain((now) =>
    fc
      .shuffledSubarray([...now.members], { minLength: now.members.length })
      .map((members) => ({ now, members })),
  )
  fc.assert(
    fc.property(shuffled, ({ now, members }) => {
      const one = assign(now.members, now.counts)
      const other = assign(members, now.counts)

      for (const { id } of members) assert.deepEqual(one.get(id), other.get(id))
    }),
  )
})

test('of two that claim a partition the one of the newer generation keeps it', () => {
  const at = { topic: 'a', partition: 0 }
  const member = { topics: ['a'], owned: [at] }
  const members = [
    { ...member, id: 'old', generation: 4 },
    { ...member, id: 'new', generation: 5 },
  ]

  const assigned = assign(members, new Map([['a', 1]]))

  assert.deepEqual([assigned.get('old'), assigned.get('new')], [[], [at]])
})
