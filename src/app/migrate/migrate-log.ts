import type { Log, LogGroups, LogRecord } from '../../log/log.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { topics, type TopicName } from '../../model/topics.ts'
import { utf8Text } from '../../std/bytes.ts'
import { decodePanesRecord } from '../../wire/pane-codec.ts'
import { encodeClock } from '../../wire/watermark-codec.ts'
import { carryGroups } from './carry-groups.ts'
import { copyTopic } from './copy-topic.ts'
import type { OffsetMap } from './offset-map.ts'

/** What a migration has done. */
export type Migrated = {
  readonly rowsByTopic: ReadonlyMap<TopicName, number>
  /** Those whose positions were carried over. */
  readonly groups: readonly string[]
  /** Rows that the source itself cannot read any more. */
  readonly unreadable: number
}

export type MigrateDeps = {
  readonly source: Log & LogGroups
  /** With every topic of the house, all of them empty. */
  readonly target: Log & LogGroups
  /** A person may watch it; the migration writes it. */
  readonly progress: { readBytes: number; rows: number }
}

/** `commands` first: the clock records in `panes` name offsets of it. */
const ORDER = (Object.keys(topics) as TopicName[]).sort(
  (a, b) => Number(b === 'commands') - Number(a === 'commands'),
)
const EVALUATE_KEY = 'evaluate/'
const BRACE = 0x7b

/**
 * Copies the topics of the house from one log into another that is empty, and where every group
 * stood in it, so that whoever starts on the target continues as if nothing had happened. The
 * source is left as it is. Nobody may run on either.
 * @throws MIGRATE_REFUSED where the target is not empty or has other partitions.
 */
export async function migrateLog(deps: MigrateDeps): Promise<Migrated> {
  const { source, target, progress } = deps
  const there = await topicsThere(source)
  await assertFit(deps, there)
  const maps = new Map<TopicName, readonly OffsetMap[]>()
  const rowsByTopic = new Map<TopicName, number>()
  let unreadable = 0
  const lost = (count: number): void => {
    unreadable += count
  }
  for (const topic of there) {
    let rows = 0
    const copied = (count: number): void => {
      rows += count
      progress.rows += count
      progress.readBytes += count
    }
    const change = changeOf(topic, maps.get('commands')?.[0])
    maps.set(topic, await copyTopic({ source, target, change, copied, unreadable: lost }, topic))
    rowsByTopic.set(topic, rows)
  }
  return { rowsByTopic, unreadable, groups: await carryGroups({ source, target, maps }) }
}

/** Rows that will be copied, about: offsets of compacted rows count as well. */
export async function rowsToMigrate(source: Log): Promise<number> {
  let rows = 0
  for (const topic of await topicsThere(source)) {
    for (const { start, end } of await source.ends(topic)) rows += end - start
  }
  return rows
}

/** A folder of an earlier version may lack some. */
async function topicsThere(source: Log): Promise<readonly TopicName[]> {
  const there: TopicName[] = []
  for (const topic of ORDER) {
    try {
      await source.ends(topic)
    } catch (error) {
      if (error instanceof NocturneError && error.code === 'LOG_TOPIC_UNKNOWN') continue
      throw error
    }
    there.push(topic)
  }
  return there
}

async function assertFit(
  { source, target }: MigrateDeps,
  there: readonly TopicName[],
): Promise<void> {
  for (const topic of there) {
    const [from, to] = [await source.ends(topic), await target.ends(topic)]
    if (from.length !== to.length) {
      const detail = `${topic} has ${from.length} partitions here and ${to.length} there`
      throw new NocturneError('MIGRATE_REFUSED', detail)
    }
    if (to.some(({ start, end }) => end > start)) {
      throw new NocturneError('MIGRATE_REFUSED', `${topic} of the target is not empty`)
    }
  }
}

/** Records hold no offsets but these: clocks in `panes`, and checkpoints of evaluate. */
function changeOf(
  topic: TopicName,
  commands: OffsetMap | undefined,
): (record: LogRecord) => LogRecord | undefined {
  if (topic === 'panes') return (record) => withCommands(record, commands)
  if (topic !== 'checkpoints') return (record) => record
  // They are written anew, each beside the position that it belongs to.
  return (record) => {
    const isEvaluate = record.key !== undefined && utf8Text(record.key).startsWith(EVALUATE_KEY)
    return isEvaluate ? undefined : record
  }
}

function withCommands(record: LogRecord, commands: OffsetMap | undefined): LogRecord {
  const { key, value } = record
  if (value?.[0] !== BRACE || commands === undefined) return record
  const decoded = decodePanesRecord({ ...(key !== undefined && { key }), value })
  if (decoded.kind !== 'clock') return record
  const { clock } = decoded
  return {
    ...record,
    value: encodeClock({ ...clock, commands_to: commands.of(clock.commands_to) }),
  }
}
