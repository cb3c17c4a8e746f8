import { NocturneError } from '../../../model/nocturne-error.ts'
import { Bell } from '../../../std/bell.ts'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../../../wire/kafka/group-codec.ts'
import type { PartitionsByTopic } from '../../../wire/kafka/group-codec.ts'
import type { Claim, GroupSpec, Position } from '../../log.ts'
import type { Cluster } from '../cluster.ts'
import { requests, type BrokerConnection } from '../driver.ts'
import { kafkaCode, kafkaError, mayPass } from '../kafka-error.ts'
import { isPassing, Pauses, type Waiting } from '../patience.ts'
import { assign, type MemberClaim, type TopicPartition } from './assignment.ts'
import { CommitDesk, type Membership } from './commit-desk.ts'
import { CoordinatorLink } from './coordinator-link.ts'
import { OwnedClaim } from './owned-claim.ts'

const PROTOCOL = 'cooperative-sticky'
const JOIN_MARGIN_MS = 10_000

export type MemberDeps = Waiting & { readonly cluster: Cluster; readonly instance?: string }

/** A group's spec whose group is named. */
export type NamedGroup = GroupSpec & { readonly group: string }

type JoinAnswer = Awaited<ReturnType<typeof joinBy>>

/**
 * One member of a consumer group, in the classic protocol with cooperative-sticky assignment: what
 * is kept is read on through a rebalance, and what is revoked goes to nobody before its reader has
 * let go of it. Heartbeats go on meanwhile.
 */
export class GroupMember {
  /** Given out and not yet asked for. */
  readonly granted: Claim[] = []
  /** Rings when there is a claim more, or when the member has ended. */
  readonly bell = new Bell()
  readonly #deps: MemberDeps
  readonly #spec: NamedGroup
  readonly #owned = new Map<string, OwnedClaim>()
  readonly #byClaim = new WeakMap<Claim, OwnedClaim>()
  readonly #joinLink: CoordinatorLink
  readonly #link: CoordinatorLink
  readonly #desk: CommitDesk
  readonly #leaving = new AbortController()
  readonly #pauses: Pauses
  readonly #wake = new Bell()
  #memberId = ''
  #generation = -1
  #joining = Promise.withResolvers<void>()
  /** Something was given back, so that the partitions are to be shared anew. */
  #mustRejoin = false
  #beatenAt = 0

  constructor(deps: MemberDeps, spec: NamedGroup) {
    this.#deps = deps
    this.#spec = spec
    const { cluster, limits } = deps
    const { group, sessionMs, rebalanceMs } = spec
    this.#joinLink = new CoordinatorLink(cluster, group, rebalanceMs + JOIN_MARGIN_MS)
    this.#link = new CoordinatorLink(cluster, group, Math.min(limits.requestMs, sessionMs))
    this.#pauses = new Pauses({ ...deps, signal: this.#leaving.signal })
    this.#desk = new CommitDesk({
      ...deps,
      group,
      link: this.#link,
      membership: () => this.#membership,
      joined: () => this.#joining.promise,
    })
  }

  /** Gives everything back and ends `run`. */
  leave(): void {
    this.#leaving.abort()
    this.#wake.ring()
    for (const owned of this.#owned.values()) void this.#revoke(owned)
  }

  /** Loses everything at once: the log closes. */
  lose(): void {
    for (const owned of [...this.#owned.values()]) owned.drop()
    this.leave()
  }

  /** Belongs to the group until it leaves. @throws what keeps it out and will not pass. */
  async run(): Promise<void> {
    const { signal } = this.#leaving
    try {
      while (!signal.aborted) await this.#belong()
      await this.#goodbye()
    } finally {
      for (const owned of [...this.#owned.values()]) owned.drop()
      this.#joining.resolve()
      this.#joinLink.drop()
      this.#link.drop()
      this.bell.ring()
    }
  }

  /** Joins, and stays until the partitions are to be shared anew or something went wrong. */
  async #belong(): Promise<void> {
    try {
      await this.#join()
      await this.#stay()
    } catch (error) {
      if (!isPassing(error) && !isFenced(error)) throw error
      this.#troubled(error)
      return this.#pauses.pause()
    }
  }

  /** @throws LOG_FENCED where the claim is another's by now. */
  async commit(claim: Claim, position: Position): Promise<void> {
    const owned = this.#byClaim.get(claim)
    if (owned === undefined || !owned.isOurs) {
      throw new NocturneError('LOG_FENCED', `${claim.topic}/${claim.partition}`)
    }
    const { topic, partition } = claim
    await this.#desk.commit({ topic, partition, isOurs: () => owned.isOurs }, position)
  }

  knows(claim: Claim): boolean {
    return this.#byClaim.has(claim)
  }

  get #membership(): Membership {
    const { instance = null } = this.#deps
    return { memberId: this.#memberId, instance, generation: this.#generation }
  }

  async #join(): Promise<void> {
    this.#joining.resolve()
    this.#joining = Promise.withResolvers()
    this.#mustRejoin = false
    try {
      const connection = await this.#joinLink.open()
      const joined = await this.#enter(connection)
      this.#generation = joined.generationId
      this.#adopt(await this.#sync(connection, joined))
      this.#beatenAt = this.#deps.clock.now()
      this.#pauses.reset()
    } finally {
      this.#joining.resolve()
    }
  }

  async #enter(connection: BrokerConnection): Promise<JoinAnswer> {
    for (;;) {
      const given = { spec: this.#spec, memberId: this.#memberId, ...this.#subscription() }
      const { instance = null } = this.#deps
      const answer = await joinBy(connection, { ...given, instance })
      if (answer.errorCode === 0) {
        this.#memberId = answer.memberId
        return answer
      }
      if (answer.errorCode !== kafkaCode.memberIdRequired) throw this.#error(answer.errorCode)
      this.#memberId = answer.memberId
    }
  }

  #subscription(): { readonly metadata: Buffer } {
    const { topics } = this.#spec
    const owned = byTopic([...this.#owned.values()].map(({ claim }) => claim))
    const bytes = encodeSubscription({ topics, owned, generation: this.#generation })
    return { metadata: Buffer.from(bytes) }
  }

  async #sync(connection: BrokerConnection, joined: JoinAnswer): Promise<PartitionsByTopic> {
    const isLeader = joined.leader === this.#memberId && !joined.skipAssignment
    const assignments = isLeader ? await this.#share(joined) : []
    const { memberId, instance, generation } = this.#membership
    const { group } = this.#spec
    const given = [
      group,
      generation,
      memberId,
      instance,
      'consumer',
      PROTOCOL,
      assignments,
    ] as const
    const answer = await connection.ask(requests.syncGroup, ...given)
    if (answer.errorCode !== 0) throw this.#error(answer.errorCode)
    const partitions = decodeAssignment(answer.assignment)
    if (partitions === undefined) throw this.#error(kafkaCode.illegalGeneration)
    return partitions
  }

  /** As leader: who gets what. */
  async #share({ members }: JoinAnswer) {
    const claims: MemberClaim[] = members.map(({ memberId, metadata }) => {
      const said = decodeSubscription(metadata)
      const owned = [...(said?.owned ?? [])].flatMap(([topic, numbers]) =>
        numbers.map((partition) => ({ topic, partition })),
      )
      return { id: memberId, topics: said?.topics ?? [], owned, generation: said?.generation ?? -1 }
    })
    const counts = new Map<string, number>()
    for (const topic of new Set(claims.flatMap(({ topics }) => topics))) {
      counts.set(topic, (await this.#deps.cluster.topic(topic)).partitions.length)
    }
    return [...assign(claims, counts)].map(([memberId, partitions]) => ({
      memberId,
      assignment: Buffer.from(encodeAssignment(byTopic(partitions))),
    }))
  }

  #adopt(partitions: PartitionsByTopic): void {
    const assigned = new Set<string>()
    for (const [topic, numbers] of partitions) {
      for (const partition of numbers) {
        assigned.add(`${topic}/${partition}`)
        if (!this.#owned.has(`${topic}/${partition}`)) this.#grant({ topic, partition })
      }
    }
    for (const [at, owned] of this.#owned) {
      if (!assigned.has(at)) void this.#revoke(owned)
    }
  }

  #grant({ topic, partition }: TopicPartition): void {
    if (this.#leaving.signal.aborted) return
    const at = `${topic}/${partition}`
    const { group } = this.#spec
    const gone = (): void => {
      this.#owned.delete(at)
      this.#mustRejoin = true
      this.#wake.ring()
    }
    const owned = new OwnedClaim({ topic, partition, group, generation: this.#generation, gone })
    this.#owned.set(at, owned)
    this.#byClaim.set(owned.claim, owned)
    this.granted.push(owned.claim)
    this.bell.ring()
  }

  async #revoke(owned: OwnedClaim): Promise<void> {
    if (!owned.isHeld) return
    const waiting = this.granted.indexOf(owned.claim)
    // Nobody has seen it, so nobody would release it.
    if (waiting >= 0) {
      this.granted.splice(waiting, 1)
      return owned.drop()
    }
    await owned.revoke(this.#deps.clock, this.#spec.rebalanceMs)
  }

  get #isRevoking(): boolean {
    return [...this.#owned.values()].some((owned) => !owned.isHeld)
  }

  /** Heartbeats until the partitions are to be shared anew and nothing is being given back. */
  async #stay(): Promise<void> {
    const { signal } = this.#leaving
    let isAsked = false
    while (!signal.aborted) {
      if ((isAsked || this.#mustRejoin) && !this.#isRevoking) return
      if (await this.#isDue(signal)) isAsked = (await this.#beat()) || isAsked
    }
  }

  /** Waits for news of a claim, or until the next heartbeat is due: then it is true. */
  async #isDue(signal?: AbortSignal): Promise<boolean> {
    const { limits, clock } = this.#deps
    const everyMs = limits.heartbeatMs ?? this.#spec.sessionMs / 3
    const timer = new AbortController()
    let isDue = false
    const ms = Math.max(0, this.#beatenAt + everyMs - clock.now())
    void clock.sleep(ms, timer.signal).then(() => {
      if (timer.signal.aborted) return
      isDue = true
      this.#wake.ring()
    })
    await this.#wake.wait(signal)
    timer.abort()
    return isDue
  }

  /**
   * One heartbeat; true where the coordinator asks to join anew. A coordinator that is away is
   * looked for at the next: until somebody says otherwise, what is ours stays ours (ADR 0024).
   */
  async #beat(): Promise<boolean> {
    this.#beatenAt = this.#deps.clock.now()
    const { memberId, instance, generation } = this.#membership
    let code: number
    try {
      const connection = await this.#link.open()
      const given = [this.#spec.group, generation, memberId, instance] as const
      code = (await connection.ask(requests.heartbeat, ...given)).errorCode
    } catch (error) {
      this.#link.drop()
      if (!isPassing(error)) throw error
      return false
    }
    if (code === 0) this.#pauses.reset()
    if (code === 0 || code === kafkaCode.rebalancing) return code !== 0
    if (!mayPass(code)) throw this.#error(code)
    this.#link.drop()
    return false
  }

  #error(code: number): NocturneError {
    return kafkaError(code, `group ${this.#spec.group}`)
  }

  /** Whoever is no member any more owns nothing. */
  #troubled(error: unknown): void {
    this.#joinLink.drop()
    this.#link.drop()
    if (!isFenced(error)) return
    this.#memberId = ''
    this.#generation = -1
    for (const owned of [...this.#owned.values()]) owned.drop()
    this.granted.splice(0)
  }

  /** Waits until all is given back; a static member stays on the list until its session ends. */
  async #goodbye(): Promise<void> {
    try {
      while (this.#owned.size > 0) if (await this.#isDue()) await this.#beat()
      const { instance } = this.#deps
      if (instance !== undefined || this.#memberId === '') return
      const connection = await this.#link.open()
      const member = { memberId: this.#memberId, groupInstanceId: null, reason: 'it ends' }
      await connection.ask(requests.leaveGroup, this.#spec.group, [member])
    } catch (error) {
      // Nobody waits for us any more, or the session ends by itself.
      if (!(error instanceof NocturneError)) throw error
      return
    }
  }
}

const isFenced = (error: unknown): boolean =>
  error instanceof NocturneError && error.code === 'LOG_FENCED'

function byTopic(partitions: readonly TopicPartition[]): PartitionsByTopic {
  const groups = Map.groupBy(partitions, ({ topic }) => topic)
  return new Map([...groups].map(([topic, all]) => [topic, all.map(({ partition }) => partition)]))
}

type Joining = {
  readonly spec: NamedGroup
  readonly memberId: string
  readonly instance: string | null
  readonly metadata: Buffer
}

function joinBy(connection: BrokerConnection, { spec, memberId, instance, metadata }: Joining) {
  const { group, sessionMs, rebalanceMs } = spec
  const protocols = [{ name: PROTOCOL, metadata }]
  const given = [group, sessionMs, rebalanceMs, memberId, instance, 'consumer', protocols] as const
  return connection.ask(requests.joinGroup, ...given, null)
}
