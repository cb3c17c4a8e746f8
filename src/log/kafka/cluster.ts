import type { ErrorCode } from '../../model/error-catalogue.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import type { Clock } from '../../std/clock.ts'
import { BrokerConnection, requests, type ConnectionLimits } from './driver.ts'
import { kafkaError } from './kafka-error.ts'
import type { KafkaLimits } from './kafka-limits.ts'
import type { BrokerAddress, KafkaOptions } from './kafka-options.ts'
import { isPassing } from './patience.ts'

/** Who leads a partition, and who holds a copy that is up to date. */
export type PartitionView = {
  /** −1 where nobody leads it. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
}

/** A topic as the brokers tell it. */
export type TopicView = { readonly id: string; readonly partitions: readonly PartitionView[] }

export type ClusterDeps = {
  readonly clock: Clock
  readonly limits: KafkaLimits
  /** Aborts when the log closes. */
  readonly closing: AbortSignal
  /** Told of each connection that could not be made, by why. */
  readonly failed?: (reason: ErrorCode) => void
}

type Metadata = Awaited<ReturnType<typeof askMetadata>>

/** The brokers: their addresses, who leads what, and connections to them. */
export class Cluster {
  readonly options: KafkaOptions
  readonly #deps: ClusterDeps
  readonly #names = new Set<string>()
  readonly #shared = new Map<number, Promise<BrokerConnection>>()
  readonly #open = new Set<BrokerConnection>()
  #topics: ReadonlyMap<string, TopicView | NocturneError> = new Map()
  #brokers: ReadonlyMap<number, BrokerAddress> = new Map()
  #controller = -1
  #clusterId: string | undefined
  #control: BrokerConnection | undefined
  #refreshing: Promise<void> | undefined
  #refreshedAt = -Infinity
  #isStale = true
  #trouble: NocturneError | undefined
  /** By address: what a broker has against us, until it lets us in. */
  readonly #refusals = new Map<string, { address: BrokerAddress; error: NocturneError }>()
  /** Topics that were there, so that one that was deleted is missed. */
  readonly #met = new Set<string>()
  /** What did not answer the last time is asked last. */
  #silent: BrokerAddress | undefined

  constructor(options: KafkaOptions, deps: ClusterDeps) {
    this.options = options
    this.#deps = deps
  }

  /** Brokers that the cluster lists now. */
  get brokers(): ReadonlyMap<number, BrokerAddress> {
    return this.#brokers
  }

  /** Whether anything was asked of it yet. */
  get isUsed(): boolean {
    return this.#names.size > 0
  }

  /** Why no broker can be reached, or what one of them has against us. */
  get trouble(): NocturneError | undefined {
    const [refusal] = this.#refusals.values()
    return this.#trouble ?? refusal?.error
  }

  /** Topics that were there and are gone, or that we may not look at. */
  *lostTopics(): Iterable<{ readonly topic: string; readonly error: NocturneError }> {
    for (const [topic, error] of this.#topics) {
      if (!(error instanceof NocturneError)) continue
      if (error.code !== 'LOG_TOPIC_UNKNOWN' || this.#met.has(topic)) yield { topic, error }
    }
  }

  /** Partitions of topics that we use, with how many copies of each are up to date. */
  *copies(): Iterable<{ readonly at: string; readonly inSync: number; readonly all: number }> {
    for (const [topic, view] of this.#topics) {
      if (view instanceof NocturneError) continue
      for (const [partition, { leader, inSync, replicas }] of view.partitions.entries()) {
        const all = replicas.length
        yield { at: `${topic}/${partition}`, inSync: leader < 0 ? 0 : inSync.length, all }
      }
    }
  }

  /** Whether a look is due. */
  get isStale(): boolean {
    return this.#isStale
  }

  /** Topics as they were seen last, without asking. */
  seen(topic: string): TopicView | undefined {
    const view = this.#topics.get(topic)
    return view instanceof NocturneError ? undefined : view
  }

  /** @throws LOG_TOPIC_UNKNOWN, LOG_ACL_DENIED, or what keeps us from the brokers. */
  async topic(name: string): Promise<TopicView> {
    if (this.#isStale || !this.#topics.has(name)) await this.refresh(name)
    const view = this.#topics.get(name)
    if (view === undefined) throw new NocturneError('LOG_TOPIC_UNKNOWN', name)
    if (view instanceof NocturneError) {
      this.#isStale = true
      throw view
    }
    return view
  }

  /** The broker that leads a partition. @throws LOG_UNAVAILABLE while nobody does. */
  async leaderOf(topic: string, partition: number): Promise<number> {
    const { partitions } = await this.topic(topic)
    const leader = partitions[partition]?.leader ?? -1
    if (leader >= 0 && this.#brokers.has(leader)) return leader
    this.#isStale = true
    throw new NocturneError('LOG_UNAVAILABLE', `nobody leads ${topic}/${partition}`)
  }

  /** What was learnt is out of date: whoever asks next looks anew. */
  stale(): void {
    this.#isStale = true
  }

  /** Looks anew, one look at a time and not too often. */
  refresh(name?: string): Promise<void> {
    if (name !== undefined && !this.#names.has(name)) {
      this.#names.add(name)
      const before = this.#refreshing ?? Promise.resolve()
      // The look under way does not ask for this topic.
      this.#refreshing = before.then(ignore, ignore).then(() => this.#refresh())
    } else this.#refreshing ??= this.#refresh()
    const mine = this.#refreshing
    const done = (): void => {
      if (this.#refreshing === mine) this.#refreshing = undefined
    }
    mine.then(done, done)
    return mine
  }

  /** Looks anew though nothing has failed, and knocks where we were refused. */
  async look(): Promise<void> {
    for (const { address } of this.#refusals.values()) await this.#knock(address)
    await this.refresh()
  }

  /** A connection of the caller's own, who closes it. */
  async connect(node: number, requestMs = this.#deps.limits.requestMs): Promise<BrokerConnection> {
    const address = this.#brokers.get(node)
    if (address === undefined) {
      this.#isStale = true
      throw new NocturneError('LOG_UNAVAILABLE', `broker ${node} is not in the cluster`)
    }
    try {
      return await this.#connectTo(address, requestMs)
    } catch (error) {
      this.#isStale = true
      throw error
    }
  }

  /** The connection that small requests to a broker share. */
  async shared(node: number): Promise<BrokerConnection> {
    const there = this.#shared.get(node)
    if (there !== undefined && (await there).isOpen) return there
    if (this.#shared.get(node) === there) {
      const opening = this.connect(node)
      this.#shared.set(node, opening)
      const forget = (): void => {
        if (this.#shared.get(node) === opening) this.#shared.delete(node)
      }
      opening.then(undefined, forget)
    }
    return this.#shared.get(node) ?? this.shared(node)
  }

  /** The broker that every request of administration goes to; others may not forward it. */
  async controller(): Promise<BrokerConnection> {
    if (this.#isStale || this.#controller < 0) await this.refresh()
    const [first = -1] = this.#brokers.keys()
    return this.shared(this.#brokers.has(this.#controller) ? this.#controller : first)
  }

  /** The broker that coordinates a group. */
  async coordinatorOf(group: string): Promise<number> {
    if (this.#brokers.size === 0) await this.refresh()
    const control = await this.#anyBroker()
    const { coordinators } = await control.ask(requests.findCoordinator, 0, [group])
    const [found] = coordinators
    if (found === undefined) throw new NocturneError('LOG_UNAVAILABLE', `group ${group}`)
    if (found.errorCode !== 0) throw kafkaError(found.errorCode, `group ${group}`)
    if (!this.#brokers.has(found.nodeId)) await this.refresh()
    return found.nodeId
  }

  close(): void {
    for (const connection of this.#open) connection.close()
  }

  async #refresh(): Promise<void> {
    const { clock, limits, closing } = this.#deps
    const early = this.#refreshedAt + limits.metadataGapMs - clock.now()
    if (early > 0) await clock.sleep(early, closing)
    try {
      this.#take(await this.#metadata())
      this.#trouble = undefined
    } catch (error) {
      if (error instanceof NocturneError) this.#trouble = error
      throw error
    } finally {
      this.#refreshedAt = clock.now()
    }
  }

  /** Of whoever answers; a broker that went away meanwhile is no trouble while others are there. */
  async #metadata(): Promise<Metadata> {
    const control = await this.#anyBroker()
    const answer = await this.#metadataOf(control)
    if (!(answer instanceof NocturneError)) return answer
    this.#silent = control.address
    control.close()
    return askMetadata(await this.#anyBroker(), [...this.#names])
  }

  async #metadataOf(control: BrokerConnection): Promise<Metadata | NocturneError> {
    try {
      return await askMetadata(control, [...this.#names])
    } catch (error) {
      if (error instanceof NocturneError) return error
      throw error
    }
  }

  async #knock(address: BrokerAddress): Promise<void> {
    const found = await this.#tryAt(address)
    if (found instanceof BrokerConnection) found.close()
  }

  #take(metadata: Metadata): void {
    const { clusterId, brokers, controllerId, topics } = metadata
    if (clusterId !== null) this.#clusterId ??= clusterId
    if (clusterId !== null && clusterId !== this.#clusterId) {
      throw new NocturneError('LOG_CLUSTER_CHANGED', `${clusterId}, and it was ${this.#clusterId}`)
    }
    this.#brokers = new Map(brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
    this.#controller = controllerId
    this.#topics = new Map(topics.map((topic) => [topic.name ?? '', viewOf(topic)]))
    for (const [name, view] of this.#topics)
      if (!(view instanceof NocturneError)) this.#met.add(name)
    this.#isStale = false
  }

  /** A connection to whoever answers: the one we have, brokers we know, those we were given. */
  async #anyBroker(): Promise<BrokerConnection> {
    if (this.#control?.isOpen === true) return this.#control
    let failure: NocturneError | undefined
    for (const address of this.#addresses()) {
      if (this.#deps.closing.aborted) throw new NocturneError('LOG_CLOSED', 'Kafka')
      const found = await this.#tryAt(address)
      if (found instanceof BrokerConnection) return (this.#control = found)
      failure = worse(failure, found)
    }
    throw failure ?? new NocturneError('LOG_UNAVAILABLE', 'no broker is named')
  }

  #addresses(): readonly BrokerAddress[] {
    const byName = new Map<string, BrokerAddress>()
    for (const address of [...this.#brokers.values(), ...this.options.brokers]) {
      byName.set(nameOf(address), address)
    }
    const silent = this.#silent && nameOf(this.#silent)
    const isLast = (address: BrokerAddress): number => (nameOf(address) === silent ? 1 : 0)
    return [...byName.values()].sort((a, b) => isLast(a) - isLast(b))
  }

  async #tryAt(address: BrokerAddress): Promise<BrokerConnection | NocturneError> {
    try {
      return await this.#connectTo(address, this.#deps.limits.lookMs)
    } catch (error) {
      this.#silent = address
      if (error instanceof NocturneError) return error
      throw error
    }
  }

  async #connectTo(address: BrokerAddress, requestMs: number): Promise<BrokerConnection> {
    const { limits, closing } = this.#deps
    const waits = { connectMs: limits.connectMs, requestMs }
    const connection = await this.#letIn(address, waits)
    for (const other of this.#open) if (!other.isOpen) this.#open.delete(other)
    this.#open.add(connection)
    if (closing.aborted) connection.close()
    return connection
  }

  async #letIn(address: BrokerAddress, waits: ConnectionLimits): Promise<BrokerConnection> {
    try {
      const connection = await BrokerConnection.open(address, this.options, waits)
      this.#refusals.delete(nameOf(address))
      return connection
    } catch (error) {
      if (!(error instanceof NocturneError)) throw error
      this.#deps.failed?.(error.code)
      // A broker that is down has nothing against us, nor does it take back what it had.
      if (!isPassing(error)) this.#refusals.set(nameOf(address), { address, error })
      throw error
    }
  }
}

const nameOf = ({ host, port }: BrokerAddress): string => `${host}:${port}`

/** Of two failures the one that says more: that a broker is down says least. */
function worse(before: NocturneError | undefined, error: NocturneError): NocturneError {
  return before === undefined || error.code !== 'LOG_UNAVAILABLE' ? error : before
}

const ignore = (): void => undefined

const askMetadata = (connection: BrokerConnection, names: string[]) =>
  connection.ask(requests.metadata, names, false, false)

function viewOf(topic: Metadata['topics'][number]): TopicView | NocturneError {
  if (topic.errorCode !== 0) return kafkaError(topic.errorCode, topic.name ?? topic.topicId)
  const partitions: PartitionView[] = []
  for (const { partitionIndex, leaderId, replicaNodes, isrNodes } of topic.partitions) {
    partitions[partitionIndex] = { leader: leaderId, replicas: replicaNodes, inSync: isrNodes }
  }
  return { id: topic.topicId, partitions }
}
