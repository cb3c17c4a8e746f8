import { NocturneError } from '../../model/nocturne-error.ts'
import type { Clock } from '../../std/clock.ts'
import type { Claim, GroupSpec } from '../log.ts'
import type { At, LogMeta } from './log-meta.ts'
import { Waiters } from './waiters.ts'

/** A claim is lost so long before the rebalance would end without its owner. */
const RELEASE_MARGIN_MS = 5_000

/** One `claims` call of a group. */
export type Member = {
  readonly spec: GroupSpec
  /** Granted, not yet asked for by its iterator. */
  readonly granted: Claim[]
  readonly woken: Waiters
  hasLeft: boolean
}

type Ownership = {
  readonly claim: Claim
  readonly member: Member
  readonly ended: AbortController
  readonly control: AbortController
  isRevoked: boolean
}

type Share = { readonly at: At; ownership: Ownership | undefined }

/**
 * Who reads which partition of one group, members being the `claims` calls of this process.
 * Assignment is sticky: a member gives up only what is above its share, and reads on meanwhile
 * (as in KIP-429). A partition goes to the next owner after `release`, or when that took too long.
 */
export class ClaimGroup {
  readonly #name: string
  readonly #clock: Clock
  readonly #meta: LogMeta
  readonly #members: Member[] = []
  readonly #shares = new Map<string, Share[]>()
  readonly #owned = new WeakMap<Claim, Share>()

  constructor(name: string, { clock, meta }: { readonly clock: Clock; readonly meta: LogMeta }) {
    this.#name = name
    this.#clock = clock
    this.#meta = meta
  }

  /** `counts`: partitions by topic. */
  join(spec: GroupSpec, counts: ReadonlyMap<string, number>): Member {
    const member: Member = { spec, granted: [], woken: new Waiters(), hasLeft: false }
    this.#members.push(member)
    for (const [topic, count] of counts) {
      const shares = Array.from({ length: count }, (_, partition) => ({
        at: { topic, partition },
        ownership: undefined,
      }))
      if (!this.#shares.has(topic)) this.#shares.set(topic, shares)
      this.#balance(topic)
    }
    return member
  }

  /** Members, or claims that nobody has given back yet. */
  get isActive(): boolean {
    const shares = [...this.#shares.values()].flat()
    return this.#members.length > 0 || shares.some(({ ownership }) => ownership !== undefined)
  }

  /** All its claims are revoked; others get them as they are released. */
  leave(member: Member): void {
    if (member.hasLeft) return
    member.hasLeft = true
    this.#members.splice(this.#members.indexOf(member), 1)
    for (const topic of new Set(member.spec.topics)) {
      for (const share of this.#heldBy(member, topic)) this.#revoke(share)
      this.#balance(topic)
    }
    member.woken.wake()
  }

  /** @throws LOG_FENCED unless the claim is the one its partition was last granted by. */
  assertOwned(claim: Claim): void {
    const share = this.#owned.get(claim)
    if (share !== undefined && share.ownership?.claim === claim) return
    throw new NocturneError('LOG_FENCED', `${claim.topic}/${claim.partition}`)
  }

  #heldBy(member: Member, topic: string): Share[] {
    return (this.#shares.get(topic) ?? []).filter(
      ({ ownership }) => ownership?.member === member && !ownership.isRevoked,
    )
  }

  #balance(topic: string): void {
    const shares = this.#shares.get(topic) ?? []
    const readers = this.#members
      .filter(({ spec }) => spec.topics.includes(topic))
      .map((member) => ({ member, held: this.#heldBy(member, topic) }))
      // Whoever holds most keeps most: fewest partitions move.
      .sort((a, b) => b.held.length - a.held.length)
    const quotas = readers.map((_, rank) => {
      const rounded = rank < shares.length % readers.length ? 1 : 0
      return Math.floor(shares.length / readers.length) + rounded
    })
    for (const [rank, { held }] of readers.entries()) {
      for (const share of held.slice(quotas[rank])) this.#revoke(share)
    }
    const free = shares.filter(({ ownership }) => ownership === undefined)
    for (const [rank, { member, held }] of readers.entries()) {
      const wanted = Math.max(0, quotas[rank]! - held.length)
      for (const share of free.splice(0, wanted)) this.#grant(share, member)
    }
  }

  #grant(share: Share, member: Member): void {
    const control = new AbortController()
    const claim: Claim = {
      ...share.at,
      group: this.#name,
      generation: this.#meta.nextGeneration(this.#name),
      signal: control.signal,
      release: () => this.#release(share, claim),
    }
    const ended = new AbortController()
    share.ownership = { claim, member, ended, control, isRevoked: false }
    this.#owned.set(claim, share)
    member.granted.push(claim)
    member.woken.wake()
  }

  #revoke(share: Share): void {
    const { ownership } = share
    if (ownership === undefined || ownership.isRevoked) return
    const { claim, member, ended, control } = ownership
    ownership.isRevoked = true
    control.abort('revoked')
    const waiting = member.granted.indexOf(claim)
    if (waiting >= 0) {
      // Nobody has seen it, so nobody would release it.
      member.granted.splice(waiting, 1)
      this.#end(share, ownership)
      return
    }
    const ms = Math.max(member.spec.rebalanceMs - RELEASE_MARGIN_MS, 0)
    void this.#clock.sleep(ms, ended.signal).then(() => this.#release(share, claim))
  }

  /** Given back by its reader, or taken away because that took too long. */
  #release(share: Share, claim: Claim): void {
    if (share.ownership?.claim !== claim) return
    this.#end(share, share.ownership)
    this.#balance(share.at.topic)
  }

  #end(share: Share, { ended, control }: Ownership): void {
    share.ownership = undefined
    control.abort('lost')
    ended.abort()
  }
}
