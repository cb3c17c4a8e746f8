import { movedNote } from '../../aggregate/resume-note.ts'
import {
  checkpointLog,
  type CheckpointBase,
  type CheckpointLog,
} from '../../evaluate/checkpoint-log.ts'
import { rollUpCheckpoints } from '../../evaluate/rollup/roll-up-panes.ts'
import type { Log, LogGroups, Offset, Position } from '../../log/log.ts'
import { topicsOf } from '../../model/house-groups.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { commitPositions } from './commit-positions.ts'

/** Where to go: an end of the log, what was appended at an instant or later, or one offset. */
export type ResetTarget =
  | 'earliest'
  | 'latest'
  | { readonly atMs: number }
  | { readonly partition: number; readonly offset: Offset }

/** What a reset does to one partition. */
export type ResetMove = {
  readonly partition: number
  /** How far it has read, which may be more than its position; undefined where it has not. */
  readonly from: Offset | undefined
  readonly to: Offset
  /** Rows of the log that are read a second time, or never. */
  readonly again: number
  readonly skipped: number
}

export type ResetPlan = {
  readonly group: string
  readonly topic: string
  /** Of the partitions that move. */
  readonly moves: readonly ResetMove[]
  /** Alerts that are open and are forgotten: their rows are judged anew, or never. */
  readonly openAlerts: number
}

export type ResetRequest = {
  readonly group: string
  /** Where the group may have positions in several. */
  readonly topic?: string
  readonly to: ResetTarget
}

type Groups = Log & LogGroups

/**
 * What a reset would do; nothing is changed. @throws GROUP_UNKNOWN, GROUP_RESET_REFUSED,
 * LOG_TOPIC_UNKNOWN.
 */
export async function planReset(
  log: Groups,
  { group, topic: named, to }: ResetRequest,
): Promise<ResetPlan> {
  const topic = await topicOf(log, group, named)
  if (group === 'plan' && to !== 'earliest') {
    // Its note says which steps are told: without it all of them are told once more.
    throw new NocturneError('GROUP_RESET_REFUSED', 'plan goes back to earliest alone')
  }
  const ends = await log.ends(topic)
  const positions = await log.positions(group, topic)
  const targets = await targetsOf(log, topic, to)
  const moves: ResetMove[] = []
  let openAlerts = 0
  for (const [partition, { start, end }] of ends.entries()) {
    const target = targets[partition]
    if (target === undefined) continue
    const moved = Math.min(Math.max(target, start), end)
    const checkpoint = group === 'evaluate' ? await checkpointLog.read(log, partition) : undefined
    const rolled = group === 'rollup' ? await rollUpCheckpoints.read(log, partition) : undefined
    const from = (checkpoint ?? rolled)?.offset ?? readBefore(group, positions[partition])
    const stood = Math.min(Math.max(from ?? start, start), end)
    const again = Math.max(0, stood - moved)
    moves.push({ partition, from, to: moved, again, skipped: Math.max(0, moved - stood) })
    if (checkpoint !== undefined && moved < checkpoint.offset) {
      const instances = checkpoint.scopes.flatMap(({ groups }) => groups.flatMap((g) => g.alerts))
      openAlerts += instances.filter(([, { episode }]) => episode !== null).length
    }
  }
  return { group, topic, moves, openAlerts }
}

/**
 * Carries out a plan. A partition of `panes` that goes back begins without state; one that goes
 * on further keeps its open alerts. @throws LOG_GROUP_ACTIVE: nothing was changed.
 */
export async function applyReset(log: Groups, { group, topic, moves }: ResetPlan): Promise<void> {
  const before = await log.positions(group, topic)
  const ends = await log.ends(topic)
  const toByPartition = new Map(moves.map(({ partition, to }) => [partition, to]))
  const offsets = ends.map(
    ({ start }, partition) => toByPartition.get(partition) ?? before[partition]?.offset ?? start,
  )
  await log.moveTo(group, topic, offsets)
  const stayed = before.map((position, partition) =>
    toByPartition.has(partition) ? undefined : position,
  )
  // Moving has taken their notes, without which they would know less than they did.
  await commitPositions(log, { group, topic, positions: stayed })
  for (const { partition, to } of moves) {
    if (group === 'evaluate') await moveCheckpoint(log, checkpointLog, { partition, to })
    if (group === 'rollup') await moveCheckpoint(log, rollUpCheckpoints, { partition, to })
  }
}

/** A checkpoint says where reading goes on, and would win over the position. */
async function moveCheckpoint<Body extends CheckpointBase>(
  log: Log,
  checkpoints: CheckpointLog<Body>,
  { partition, to }: { readonly partition: number; readonly to: Offset },
): Promise<void> {
  const found = await checkpoints.read(log, partition)
  if (found === undefined) return
  await checkpoints.withdraw(log, partition)
  if (to < found.offset) return
  await checkpoints.append(log, { partition, slot: 0 }, { ...found, offset: to, rebuildFrom: to })
}

/** What aggregate has read of rows that it still needs is in its note (D3). */
function readBefore(group: string, position: Position | undefined): Offset | undefined {
  if (position === undefined || group !== 'aggregate') return position?.offset
  return Math.max(position.offset, movedNote(position.note, (told) => told).told ?? 0)
}

async function topicOf(log: Groups, group: string, named: string | undefined): Promise<string> {
  const known: string[] = []
  for (const topic of named === undefined ? topicsOf(group) : [named]) {
    const positions: readonly (Position | undefined)[] = await log.positions(group, topic)
    if (positions.some((position) => position !== undefined)) known.push(topic)
  }
  const [topic, ...others] = known
  if (topic === undefined) throw new NocturneError('GROUP_UNKNOWN', group)
  if (others.length === 0) return topic
  const detail = `${group} reads ${known.join(' and ')}; name one with --topic`
  throw new NocturneError('GROUP_RESET_REFUSED', detail)
}

async function targetsOf(
  log: Groups,
  topic: string,
  to: ResetTarget,
): Promise<readonly (Offset | undefined)[]> {
  const ends = await log.ends(topic)
  if (to === 'earliest') return ends.map(({ start }) => start)
  if (to === 'latest') return ends.map(({ end }) => end)
  if ('atMs' in to) return log.offsetsAt(topic, to.atMs)
  if (to.partition >= ends.length) {
    const detail = `${topic} has ${ends.length} partitions, from 0 on`
    throw new NocturneError('GROUP_RESET_REFUSED', detail)
  }
  return ends.map((_, partition) => (partition === to.partition ? to.offset : undefined))
}
