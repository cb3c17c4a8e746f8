import { NocturneError } from '../../model/nocturne-error.ts'
import type { TopicSpec } from '../log.ts'
import type { Cluster, TopicView } from './cluster.ts'
import { requests } from './driver.ts'
import { kafkaCode, kafkaError } from './kafka-error.ts'

const TOPIC_RESOURCE = 2
const BATCH_OVERHEAD_BYTES = 1024

/** A setting of the cluster that does not keep what this process was told to promise. */
export type Doubt = {
  /** A topic's name. */
  readonly topic: string
  readonly setting: string
  readonly is: string
  readonly should: string
}

/** What making one topic needs. */
export type TopicAdmin = {
  readonly cluster: Cluster
  /** A batch of ours may be as large as this. */
  readonly batchBytes: number
  readonly doubt: (doubt: Doubt) => void
}

/**
 * Makes a topic, or checks the one that is there. @throws LOG_TOPIC_DIFFERS on other partitions or
 * cleanup; LOG_BROKERS_MISSING while there are fewer brokers than copies. Other settings that
 * differ are told and left as they are.
 */
export async function createTopic(admin: TopicAdmin, spec: TopicSpec): Promise<void> {
  const { cluster } = admin
  const wanted = settingsOf(admin, spec)
  const topic = {
    name: spec.topic,
    numPartitions: spec.partitions,
    replicationFactor: cluster.options.replication,
    assignments: [],
    configs: Object.entries(wanted).map(([name, value]) => ({ name, value })),
  }
  const there = await known(cluster, spec.topic)
  if (there?.partitions.every(({ leader }) => leader >= 0)) return check(admin, spec, there)
  const connection = await cluster.controller()
  const { topics } = await connection.ask(requests.createTopics, [topic], 10_000, false)
  const [made] = topics
  const code = made?.errorCode ?? -1
  cluster.stale()
  if (code !== 0 && code !== kafkaCode.topicExists) {
    throw kafkaError(
      code,
      `topic ${spec.topic}${made?.errorMessage ? `: ${made.errorMessage}` : ''}`,
    )
  }
  // Brokers hear of it one after another; asked again, it is found and checked.
  throw new NocturneError('LOG_UNAVAILABLE', `topic ${spec.topic} is not known everywhere yet`)
}

/** Deletes a topic that was made for a while; one that is not there is none to delete. */
export async function deleteTopic(cluster: Cluster, name: string): Promise<void> {
  const connection = await cluster.controller()
  const { responses } = await connection.ask(requests.deleteTopics, [{ name }], 10_000)
  cluster.stale()
  const code = responses[0]?.errorCode ?? -1
  if (code === 0 || code === kafkaCode.unknownTopic) return
  throw kafkaError(code, `topic ${name}: ${responses[0]?.errorMessage ?? 'not deleted'}`)
}

async function known(cluster: Cluster, topic: string): Promise<TopicView | undefined> {
  try {
    return await cluster.topic(topic)
  } catch (error) {
    if (error instanceof NocturneError && error.code === 'LOG_TOPIC_UNKNOWN') return undefined
    throw error
  }
}

/** As brokers name them; the times of our topics are the log's own (W9). */
function settingsOf(admin: TopicAdmin, spec: TopicSpec): Record<string, string> {
  const { batchBytes } = admin
  return {
    'cleanup.policy': spec.cleanup,
    'retention.ms': String(spec.retentionMs),
    'retention.bytes': String(spec.retentionBytes),
    'min.insync.replicas': copiesWanted(admin),
    'unclean.leader.election.enable': 'false',
    'message.timestamp.type': 'LogAppendTime',
    'max.message.bytes': String(Math.max(spec.recordBytesMax, batchBytes) + BATCH_OVERHEAD_BYTES),
  }
}

async function check(admin: TopicAdmin, spec: TopicSpec, view: TopicView): Promise<void> {
  const { cluster, doubt } = admin
  const { topic } = spec
  const found = await settingsThere(cluster, topic)
  if (found?.errorCode === kafkaCode.unknownTopic) {
    // It was deleted since we looked, or this broker has not heard of it: it is looked at again.
    cluster.stale()
    throw new NocturneError('LOG_UNAVAILABLE', `topic ${topic} is not known everywhere yet`)
  }
  if (found === undefined || found.errorCode !== 0) {
    throw kafkaError(found?.errorCode ?? -1, `settings of topic ${topic}`)
  }
  const { is } = found
  const cleanup = is.get('cleanup.policy') ?? ''
  if (view.partitions.length !== spec.partitions || cleanup !== spec.cleanup) {
    const has = `${topic} has ${view.partitions.length} partitions (${cleanup})`
    throw new NocturneError('LOG_TOPIC_DIFFERS', `${has}, not ${spec.partitions} (${spec.cleanup})`)
  }
  for (const [setting, should] of Object.entries(settingsOf(admin, spec))) {
    const value = is.get(setting) ?? ''
    if (value !== should) doubt({ topic, setting, is: value, should })
  }
  const copies = Math.min(...view.partitions.map(({ replicas }) => replicas.length))
  checkCopies(admin, topic, copies)
}

/** Where Kafka keeps the positions of groups. It makes it by the brokers' settings, not by ours. */
const OFFSETS_TOPIC = '__consumer_offsets'

/**
 * Tells where positions are kept less safely than was promised, or could not be committed while
 * rows still can. False where Kafka has not made the topic yet; a right that we lack is no fault.
 */
export async function checkOffsetsTopic(admin: TopicAdmin): Promise<boolean> {
  const { cluster, doubt } = admin
  const topic = OFFSETS_TOPIC
  const connection = await cluster.controller()
  const { topics } = await connection.ask(requests.metadata, [topic], false, false)
  const [view] = topics
  if (view === undefined || view.errorCode === kafkaCode.unknownTopic) return false
  const copies = view.partitions.map(({ replicaNodes }) => replicaNodes.length)
  if (copies.length > 0) checkCopies(admin, topic, Math.min(...copies))
  const found = await settingsThere(cluster, topic)
  const setting = 'min.insync.replicas'
  const value = found?.errorCode === 0 ? found.is.get(setting) : undefined
  const should = copiesWanted(admin)
  if (value !== undefined && value !== should) doubt({ topic, setting, is: value, should })
  return true
}

function checkCopies({ cluster, doubt }: TopicAdmin, topic: string, copies: number): void {
  const { replication } = cluster.options
  if (copies >= replication) return
  doubt({ topic, setting: 'replication factor', is: `${copies}`, should: `${replication}` })
}

async function settingsThere(cluster: Cluster, topic: string) {
  const connection = await cluster.controller()
  const resource = { resourceType: TOPIC_RESOURCE, resourceName: topic } as const
  const { results } = await connection.ask(requests.describeConfigs, [resource], false, false)
  const [found] = results
  const settings = found?.configs.map(({ name, value }) => [name, value ?? ''] as const)
  return found && { errorCode: found.errorCode, is: new Map(settings) }
}

/** So many copies must be in sync for an append or a commit to be taken. */
const copiesWanted = ({ cluster: { options } }: TopicAdmin): string =>
  String(options.promise === 'strict' ? Math.min(2, options.replication) : 1)
