import { movedNote } from '../../aggregate/resume-note.ts'
import {
  checkpointLog,
  type CheckpointBase,
  type CheckpointLog,
} from '../../evaluate/checkpoint-log.ts'
import { rollUpCheckpoints } from '../../evaluate/rollup/roll-up-panes.ts'
import type { Log, LogGroups, Offset, Position } from '../../log/log.ts'
import type { TopicName } from '../../model/topics.ts'
import { decodePlanNote, encodePlanNote } from '../../notify/plan-note.ts'
import { commitPositions } from '../positions/commit-positions.ts'
import { movedRecordNote } from '../../record/record-note.ts'
import type { OffsetMap } from './offset-map.ts'

/** Where the rows of every topic lie now, by partition. */
export type TopicMaps = ReadonlyMap<TopicName, readonly OffsetMap[]>

type CarryDeps = {
  readonly source: Log & LogGroups
  readonly target: Log
  readonly maps: TopicMaps
}

type Standing = { readonly group: string; readonly partition: number; readonly position: Position }

/** Commits in the target where every group stood in the source; answers the groups. */
export async function carryGroups(deps: CarryDeps): Promise<readonly string[]> {
  const { source, target, maps } = deps
  const groups = await source.groups()
  for (const group of groups) {
    for (const [topic, mapsOfTopic] of maps) {
      const positions: (Position | undefined)[] = []
      for (const [partition, position] of (await source.positions(group, topic)).entries()) {
        const map = mapsOfTopic[partition]
        const isThere = map !== undefined && position !== undefined
        positions.push(isThere ? await moved(deps, { group, partition, position }, map) : undefined)
      }
      await commitPositions(target, { group, topic, positions })
    }
  }
  return groups
}

/** Row numbers of collectors, epochs, a store's name hold in any log; offsets are translated. */
async function moved(
  deps: CarryDeps,
  { group, partition, position }: Standing,
  map: OffsetMap,
): Promise<Position> {
  const { note } = position
  const offset = map.of(position.offset)
  switch (group) {
    case 'aggregate':
      return { offset, note: movedNote(note, (told) => map.of(told)).note }
    case 'plan':
      return { offset, note: planNote(note, deps.maps) }
    case 'record-windows':
    case 'record-steps':
    case 'record-rollups':
      return { offset, note: movedRecordNote(note, (told) => map.of(told)) }
    case 'rollup-hours':
      return { offset, note: note === '' ? note : String(map.of(Number(note))) }
    case 'evaluate':
      return movedCheckpoint(deps, { partition, offset, note, checkpoints: checkpointLog }, map)
    case 'rollup':
      return movedCheckpoint(deps, { partition, offset, note, checkpoints: rollUpCheckpoints }, map)
    default:
      return { offset, note }
  }
}

function planNote(note: string, maps: TopicMaps): string {
  if (note === '') return note
  const { floors, ...epochs } = decodePlanNote(note)
  const moved = floors.map(({ floor, settled }, partition) => {
    const map = maps.get('transitions')?.[partition]
    return { floor: map?.of(floor) ?? 0, settled: map?.of(settled) ?? 0 }
  })
  return encodePlanNote({ ...epochs, floors: moved })
}

type Placed<Body extends CheckpointBase> = {
  readonly partition: number
  readonly offset: Offset
  readonly note: string
  readonly checkpoints: CheckpointLog<Body>
}

/** The newest checkpoint of the partition, its offsets translated; its position points at it. */
async function movedCheckpoint<Body extends CheckpointBase>(
  { source, target, maps }: CarryDeps,
  { partition, offset, note, checkpoints }: Placed<Body>,
  map: OffsetMap,
): Promise<Position> {
  const found = await checkpoints.read(source, partition, Number(note))
  if (found === undefined) return { offset, note: '' }
  const rebuildFrom = map.of(found.rebuildFrom)
  const commandsTo = maps.get('commands')?.[0]?.of(found.commandsTo) ?? 0
  const checkpoint = { ...found, offset: map.of(found.offset), rebuildFrom, commandsTo }
  const at = await checkpoints.append(target, { partition, slot: 0 }, checkpoint)
  return { offset: rebuildFrom, note: String(at) }
}
