import { NocturneError } from '../../model/nocturne-error.ts'
import { byText } from '../../std/by-text.ts'
import type { GroupSpec, Offset, Position } from '../log.ts'
import type { Cluster } from './cluster.ts'
import { requests, type BrokerConnection } from './driver.ts'
import { kafkaCode, kafkaError } from './kafka-error.ts'

const COMMITTED = 1
const EARLIEST = -2
const LATEST = -1

/** Offsets of a topic by partition, as ListOffsets tells them: earliest, latest, or by time. */
export async function offsetsOf(
  cluster: Cluster,
  topic: string,
  at: GroupSpec['start'],
): Promise<readonly Offset[]> {
  const { partitions } = await cluster.topic(topic)
  const timestamp = BigInt(at === 'earliest' ? EARLIEST : at === 'latest' ? LATEST : at.atMs)
  const byLeader = new Map<number, number[]>()
  for (const [partition] of partitions.entries()) {
    const leader = await cluster.leaderOf(topic, partition)
    byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition])
  }
  const offsets: number[] = []
  const asked = [...byLeader].map(async ([leader, numbers]) => {
    const connection = await cluster.shared(leader)
    const wanted = numbers.map((partitionIndex) => ({
      partitionIndex,
      currentLeaderEpoch: -1,
      timestamp,
    }))
    const given = [{ name: topic, partitions: wanted }]
    const answer = await connection.ask(requests.listOffsets, -1, COMMITTED, given)
    for (const { partitionIndex, errorCode, offset } of answer.topics[0]?.partitions ?? []) {
      if (errorCode !== 0) {
        cluster.stale()
        throw notYet(errorCode, `${topic}/${partitionIndex}`)
      }
      offsets[partitionIndex] = Number(offset)
    }
  })
  await Promise.all(asked)
  return offsets
}

/** A leader that has just become one may not have heard of the topic yet. */
function notYet(code: number, where: string): NocturneError {
  if (code !== kafkaCode.unknownTopic) return kafkaError(code, where)
  return new NocturneError('LOG_UNAVAILABLE', `${where} is not known to its leader yet`)
}

/** Like `offsetsOf` by time, where partitions without a record so late answer their end. */
export async function offsetsAt(
  cluster: Cluster,
  topic: string,
  atMs: number,
): Promise<readonly Offset[]> {
  const found = await offsetsOf(cluster, topic, { atMs })
  if (found.every((offset) => offset >= 0)) return found
  const ends = await offsetsOf(cluster, topic, 'latest')
  return found.map((offset, partition) => (offset < 0 ? ends[partition]! : offset))
}

/** What a group has committed of a topic, by partition; undefined where nothing. */
export async function committedOf(
  connection: BrokerConnection,
  group: string,
  at: { readonly topic: string; readonly partitions: readonly number[] },
): Promise<readonly (Position | undefined)[]> {
  const topics = [{ name: at.topic, partitionIndexes: [...at.partitions] }]
  const wanted = [{ groupId: group, memberEpoch: -1, topics }]
  const { groups } = await connection.ask(requests.offsetFetch, wanted, true)
  const [found] = groups
  if (found === undefined || found.errorCode !== 0) {
    throw kafkaError(found?.errorCode ?? -1, `positions of group ${group}`)
  }
  const positions = new Map<number, Position>()
  for (const { partitionIndex, errorCode, committedOffset, metadata } of found.topics[0]
    ?.partitions ?? []) {
    if (errorCode !== 0) throw kafkaError(errorCode, `position of group ${group}`)
    const offset = Number(committedOffset)
    if (offset >= 0) positions.set(partitionIndex, { offset, note: metadata ?? '' })
  }
  return at.partitions.map((partition) => positions.get(partition))
}

/** All consumer groups that any broker coordinates, in order of name. */
export async function groupNames(cluster: Cluster): Promise<readonly string[]> {
  await cluster.refresh()
  const asked = [...cluster.brokers.keys()].map(async (node) => {
    const connection = await cluster.shared(node)
    const { errorCode, groups } = await connection.ask(requests.listGroups, [], [])
    if (errorCode !== 0) throw kafkaError(errorCode, 'the list of groups')
    return groups.map(({ groupId }) => groupId)
  })
  return [...new Set((await Promise.all(asked)).flat())].sort(byText)
}

/** Commits for a group that has no members. @throws LOG_GROUP_ACTIVE where it has. */
export async function moveGroup(
  connection: BrokerConnection,
  group: string,
  { topic, offsets }: { readonly topic: string; readonly offsets: readonly Offset[] },
): Promise<void> {
  const partitions = offsets.map((offset, partitionIndex) => ({
    partitionIndex,
    committedOffset: BigInt(offset),
    committedLeaderEpoch: -1,
    committedMetadata: '',
  }))
  const topics = [{ name: topic, partitions }]
  const answer = await connection.ask(requests.offsetCommit, group, -1, '', null, topics)
  for (const { errorCode } of answer.topics.flatMap((one) => one.partitions)) {
    const isActive =
      errorCode === kafkaCode.unknownMember ||
      errorCode === kafkaCode.illegalGeneration ||
      errorCode === kafkaCode.rebalancing
    if (isActive) throw new NocturneError('LOG_GROUP_ACTIVE', group)
    if (errorCode !== 0) throw kafkaError(errorCode, `position of group ${group}`)
  }
}
