import { NocturneError } from '../../../model/nocturne-error.ts'
import type { Position } from '../../log.ts'
import { requests } from '../driver.ts'
import { kafkaCode, kafkaError, mayPass } from '../kafka-error.ts'
import { isPassing, Pauses, type Waiting } from '../patience.ts'
import type { TopicPartition } from './assignment.ts'
import type { CoordinatorLink } from './coordinator-link.ts'

/** Who a member is to its coordinator, now. */
export type Membership = {
  readonly memberId: string
  readonly instance: string | null
  readonly generation: number
}

export type CommitDeps = Waiting & {
  readonly group: string
  readonly link: CoordinatorLink
  readonly membership: () => Membership
  /** Resolves when no join is under way any more. */
  readonly joined: () => Promise<void>
}

/** A partition, and whether whoever commits still reads it. */
type Committer = TopicPartition & { readonly isOurs: () => boolean }

type Entry = Committer & {
  position: Position
  readonly waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[]
}

/**
 * Commits of one member: one request is under way at a time, and what comes meanwhile goes with the
 * next, the last position of each partition alone.
 */
export class CommitDesk {
  readonly #deps: CommitDeps
  #next = new Map<string, Entry>()
  #isSending = false

  constructor(deps: CommitDeps) {
    this.#deps = deps
  }

  /** Resolves when stored. @throws LOG_FENCED, LOG_UNAVAILABLE, LOG_ACL_DENIED. */
  commit(at: Committer, position: Position): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const key = `${at.topic}/${at.partition}`
    const there = this.#next.get(key)
    const entry = there?.isOurs() === true ? there : { ...at, position, waiting: [] }
    // An earlier claim of the same partition: what it wanted to commit is not ours any more.
    if (there !== undefined && there !== entry) fence(there)
    entry.position = position
    entry.waiting.push({ resolve, reject })
    this.#next.set(key, entry)
    void this.#send()
    return promise
  }

  async #send(): Promise<void> {
    if (this.#isSending) return
    this.#isSending = true
    while (this.#next.size > 0) {
      const entries = [...this.#next.values()]
      this.#next = new Map()
      await this.#store(entries)
    }
    this.#isSending = false
  }

  /** Tries until each is stored or refused for good; a claim may be lost between two tries. */
  async #store(entries: readonly Entry[]): Promise<void> {
    const { clock, limits, signal } = this.#deps
    const pauses = new Pauses(this.#deps)
    const until = clock.now() + limits.patienceMs
    let left = entries
    for (;;) {
      left = held(left)
      if (left.length === 0) return
      const { again, error } = await this.#ask(left)
      left = again
      if (left.length === 0) return
      if (signal.aborted || clock.now() >= until) {
        const closed = new NocturneError('LOG_CLOSED', 'Kafka')
        for (const entry of left) settle(entry, signal.aborted ? closed : error)
        return
      }
      await pauses.pause()
      await this.#deps.joined()
    }
  }

  async #ask(
    entries: readonly Entry[],
  ): Promise<{ readonly again: readonly Entry[]; readonly error: unknown }> {
    const { link, group, membership } = this.#deps
    const { memberId, instance, generation } = membership()
    let codes: ReadonlyMap<string, number>
    try {
      const connection = await link.open()
      const topics = topicsOf(entries)
      const given = [group, generation, memberId, instance, topics] as const
      const answer = await connection.ask(requests.offsetCommit, ...given)
      codes = new Map(
        answer.topics.flatMap(({ name, partitions }) =>
          partitions.map((one) => [`${name}/${one.partitionIndex}`, one.errorCode] as const),
        ),
      )
    } catch (error) {
      link.drop()
      if (isPassing(error)) return { again: entries, error }
      for (const entry of entries) settle(entry, error)
      return { again: [], error }
    }
    // A member that joins meanwhile is refused under the generation that it had before.
    const isOutdated = membership().generation !== generation
    const again: Entry[] = []
    let error: unknown
    for (const entry of entries) {
      const code = codes.get(`${entry.topic}/${entry.partition}`) ?? -1
      const isOld = code === kafkaCode.illegalGeneration && isOutdated
      if (code === 0) settle(entry)
      else if (isOld || mayPass(code)) {
        error = kafkaError(code, `group ${group}`)
        if (!isOld && code !== kafkaCode.rebalancing) link.drop()
        again.push(entry)
      } else settle(entry, kafkaError(code, `${entry.topic}/${entry.partition}`))
    }
    return { again, error }
  }
}

/** Those whose claims are ours; the others are fenced, whatever generation we are in by now. */
function held(entries: readonly Entry[]): readonly Entry[] {
  const ours = entries.filter(({ isOurs }) => isOurs())
  for (const entry of entries) if (!ours.includes(entry)) fence(entry)
  return ours
}

const fence = (entry: Entry): void =>
  settle(entry, new NocturneError('LOG_FENCED', `${entry.topic}/${entry.partition}`))

function settle({ waiting }: Entry, error?: unknown): void {
  for (const { resolve, reject } of waiting) {
    if (error === undefined) resolve()
    else reject(error)
  }
}

const topicsOf = (entries: readonly Entry[]) =>
  [...Map.groupBy(entries, ({ topic }) => topic)].map(([name, there]) => ({
    name,
    partitions: there.map(({ partition, position }) => ({
      partitionIndex: partition,
      committedOffset: BigInt(position.offset),
      committedLeaderEpoch: -1,
      committedMetadata: position.note,
    })),
  }))
