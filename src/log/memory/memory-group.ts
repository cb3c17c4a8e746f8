import { NocturneError } from '../../model/nocturne-error.ts'
import type { Clock } from '../../std/clock.ts'
import type { Claim, GroupSpec, Offset, Position } from '../log.ts'
import { Waiters } from './waiters.ts'

/** A claim must be released this long before the rebalance ends, else it is lost. */
const RELEASE_MARGIN_MS = 5_000

/** One member of a group: what `claims` iterates over. */
export type Member = {
  readonly topics: ReadonlySet<string>
  readonly rebalanceMs: number
  /** Granted and not yet handed to the reader. */
  readonly pending: Claim[]
  readonly woken: Waiters
  hasLeft: boolean
}

type Grant = {
  readonly member: Member
  readonly generation: number
  readonly controller: AbortController
  readonly released: AbortController
  state: 'held' | 'revoking' | 'gone'
}

type Share = {
  readonly topic: string
  readonly partition: number
  generation: number
  owner: Grant | undefined
  position: Position | undefined
}

/**
 * Who reads which partition of one consumer group, inside one process. Assignment is sticky per
 * topic, as in Kafka's cooperative protocol: only what a member has too much of is revoked, and
 * the others read on (L27).
 */
export class MemoryGroup {
  readonly #clock: Clock
  readonly #name: string
  readonly #members: Member[] = []
  readonly #shares = new Map<string, Share[]>()
  readonly #grants = new WeakMap<Claim, { readonly grant: Grant; readonly share: Share }>()

  constructor(name: string, clock: Clock) {
    this.#name = name
    this.#clock = clock
  }

  /** `topics`: name → partition count. */
  join(spec: GroupSpec, topics: ReadonlyMap<string, number>): Member {
    const member: Member = {
      topics: new Set(topics.keys()),
      rebalanceMs: spec.rebalanceMs,
      pending: [],
      woken: new Waiters(),
      hasLeft: false,
    }
    this.#members.push(member)
    for (const [topic, count] of topics) {
      this.#sharesOf(topic, count)
      this.#rebalance(topic)
    }
    return member
  }

  /** Members, or claims that nobody has given back yet. */
  get isActive(): boolean {
    const shares = [...this.#shares.values()].flat()
    return this.#members.length > 0 || shares.some(({ owner }) => owner !== undefined)
  }

  get isKnown(): boolean {
    const shares = [...this.#shares.values()].flat()
    return this.isActive || shares.some(({ position }) => position !== undefined)
  }

  /** By partition; nothing where nobody has asked for the topic yet. */
  positions(topic: string): readonly (Position | undefined)[] {
    return (this.#shares.get(topic) ?? []).map(({ position }) => position)
  }

  /** @throws LOG_GROUP_ACTIVE */
  moveTo(topic: string, offsets: readonly Offset[]): void {
    if (this.isActive) throw new NocturneError('LOG_GROUP_ACTIVE', this.#name)
    for (const [partition, share] of this.#sharesOf(topic, offsets.length).entries()) {
      share.position = { offset: offsets[partition]!, note: '' }
    }
  }

  /** Its claims are revoked; others get them as they are released. */
  leave(member: Member): void {
    if (member.hasLeft) return
    member.hasLeft = true
    this.#members.splice(this.#members.indexOf(member), 1)
    for (const topic of member.topics) {
      for (const share of this.#heldBy(member, topic)) this.#revoke(share)
      this.#rebalance(topic)
    }
    member.woken.wake()
  }

  position(claim: Claim): Position | undefined {
    return this.#shares.get(claim.topic)?.[claim.partition]?.position
  }

  /** @throws LOG_FENCED: released, lost, or never granted here. */
  commit(claim: Claim, position: Position): void {
    const found = this.#grants.get(claim)
    if (found === undefined || found.grant.state === 'gone') {
      throw new NocturneError('LOG_FENCED', `${claim.topic}/${claim.partition}`)
    }
    found.share.position = position
  }

  #sharesOf(topic: string, count: number): Share[] {
    const known = this.#shares.get(topic) ?? unowned(topic, count)
    this.#shares.set(topic, known)
    return known
  }

  #heldBy(member: Member, topic: string): Share[] {
    const shares = this.#shares.get(topic) ?? []
    return shares.filter(({ owner }) => owner?.member === member && owner.state === 'held')
  }

  #rebalance(topic: string): void {
    const shares = this.#shares.get(topic) ?? []
    const members = this.#members
      .filter((member) => member.topics.has(topic))
      .map((member) => ({ member, held: this.#heldBy(member, topic) }))
    // Whoever holds most keeps most, so a rebalance moves as few partitions as it can.
    members.sort((a, b) => b.held.length - a.held.length)
    const quotas = members.map((_, rank) => {
      const more = rank < shares.length % members.length ? 1 : 0
      return Math.floor(shares.length / members.length) + more
    })
    for (const [rank, { held }] of members.entries()) {
      for (const share of held.slice(quotas[rank])) this.#revoke(share)
    }
    const free = shares.filter((share) => share.owner === undefined)
    for (const [rank, { member, held }] of members.entries()) {
      const wanted = Math.max(quotas[rank]! - held.length, 0)
      for (const share of free.splice(0, wanted)) this.#grant(share, member)
    }
  }

  #grant(share: Share, member: Member): void {
    const grant: Grant = {
      member,
      generation: ++share.generation,
      controller: new AbortController(),
      released: new AbortController(),
      state: 'held',
    }
    share.owner = grant
    const claim: Claim = {
      topic: share.topic,
      partition: share.partition,
      group: this.#name,
      generation: grant.generation,
      signal: grant.controller.signal,
      release: () => this.#free(share, grant),
    }
    this.#grants.set(claim, { grant, share })
    member.pending.push(claim)
    member.woken.wake()
  }

  #revoke(share: Share): void {
    const grant = share.owner
    if (grant === undefined || grant.state !== 'held') return
    grant.state = 'revoking'
    const waiting = grant.member.pending.findIndex(
      (claim) => claim.signal === grant.controller.signal,
    )
    grant.controller.abort('revoked')
    if (waiting >= 0) {
      // Nobody has seen this claim, so nobody will release it.
      grant.member.pending.splice(waiting, 1)
      this.#drop(share, grant)
      return
    }
    const ms = Math.max(grant.member.rebalanceMs - RELEASE_MARGIN_MS, 0)
    void this.#clock.sleep(ms, grant.released.signal).then(() => this.#free(share, grant))
  }

  /** Released by its reader, or lost because that took too long: from now on it is fenced. */
  #free(share: Share, grant: Grant): void {
    if (grant.state === 'gone') return
    this.#drop(share, grant)
    this.#rebalance(share.topic)
  }

  #drop(share: Share, grant: Grant): void {
    grant.state = 'gone'
    share.owner = undefined
    grant.controller.abort('lost')
    grant.released.abort()
  }
}

const unowned = (topic: string, count: number): Share[] =>
  Array.from({ length: count }, (_, partition) => ({
    topic,
    partition,
    generation: 0,
    owner: undefined,
    position: undefined,
  }))
