/** A partition of a topic. */
export type TopicPartition = { readonly topic: string; readonly partition: number }

/** What a member said when it joined. */
export type MemberClaim = {
  readonly id: string
  readonly topics: readonly string[]
  /** What it reads and has not given back. */
  readonly owned: readonly TopicPartition[]
  /** The generation that it owned them in; of two that claim one partition the newer has it. */
  readonly generation: number
}

/**
 * Who reads what from now on: even shares topic by topic, each member keeps what it can, and what a
 * member has too much of goes to nobody until it was given back (cooperative-sticky, KIP-429).
 * Every member comes to the same result from the same claims.
 */
export function assign(
  members: readonly MemberClaim[],
  counts: ReadonlyMap<string, number>,
): ReadonlyMap<string, readonly TopicPartition[]> {
  const assigned = new Map<string, TopicPartition[]>(members.map(({ id }) => [id, []]))
  const owners = ownersOf(members)
  for (const [topic, count] of counts) {
    const readers = members.filter(({ topics }) => topics.includes(topic))
    if (readers.length === 0) continue
    const shares = evenShares(readers, { topic, count, owners, assigned })
    for (const [id, partitions] of shares) {
      assigned.get(id)?.push(...partitions.map((partition) => ({ topic, partition })))
    }
  }
  return assigned
}

const key = (topic: string, partition: number): string => `${topic}/${partition}`

/** Member by partition; where several claim one, the one of the newest generation. */
function ownersOf(members: readonly MemberClaim[]): ReadonlyMap<string, string> {
  const owners = new Map<string, MemberClaim>()
  for (const member of members) {
    for (const { topic, partition } of member.owned) {
      const at = key(topic, partition)
      const there = owners.get(at)
      if (there === undefined || isAbove(member, there)) owners.set(at, member)
    }
  }
  return new Map([...owners].map(([at, { id }]) => [at, id]))
}

/** Of one generation the first by id: the order in which members are listed decides nothing. */
const isAbove = (one: MemberClaim, other: MemberClaim): boolean =>
  one.generation > other.generation || (one.generation === other.generation && one.id < other.id)

type Sharing = {
  readonly topic: string
  readonly count: number
  readonly owners: ReadonlyMap<string, string>
  /** What members have of other topics: who has least there gets the odd partition here. */
  readonly assigned: ReadonlyMap<string, readonly TopicPartition[]>
}

function evenShares(
  readers: readonly MemberClaim[],
  { topic, count, owners, assigned }: Sharing,
): ReadonlyMap<string, readonly number[]> {
  const numbers = Array.from({ length: count }, (_, partition) => partition)
  const held = (id: string) => numbers.filter((n) => owners.get(key(topic, n)) === id)
  const others = (id: string) => assigned.get(id)?.length ?? 0
  // Whoever holds most keeps most, so that as few move as can.
  const ranked = readers
    .map(({ id }) => ({ id, held: held(id) }))
    .sort(
      (a, b) =>
        b.held.length - a.held.length || others(a.id) - others(b.id) || (a.id < b.id ? -1 : 1),
    )
  const kept = ranked.map(({ id, held: has }, rank) => {
    const quota = Math.floor(count / ranked.length) + (rank < count % ranked.length ? 1 : 0)
    return { id, quota, partitions: has.slice(0, quota) }
  })
  const free = numbers.filter((n) => !owners.has(key(topic, n)))
  for (const { quota, partitions } of kept) {
    partitions.push(...free.splice(0, Math.max(0, quota - partitions.length)))
  }
  return new Map(kept.map(({ id, partitions }) => [id, partitions]))
}
