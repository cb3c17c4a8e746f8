import { readToEnd, type Log } from '../../../src/log/log.ts'
import { topics, type TopicName } from '../../../src/model/topics.ts'

/** One record as it lies in the log. */
export type LoggedRecord = {
  readonly partition: number
  readonly offset: number
  /** When it was appended, epoch ms. */
  readonly time: number
  readonly key: Uint8Array | undefined
  readonly value: Uint8Array | undefined
}

/** By topic and partition, everything that the log holds. */
export type LogContents = ReadonlyMap<TopicName, readonly (readonly LoggedRecord[])[]>

/** Reads a log that nobody writes to, every topic from its start to its end. */
export async function readContents(log: Log): Promise<LogContents> {
  const contents = new Map<TopicName, LoggedRecord[][]>()
  for (const topic of Object.keys(topics) as TopicName[]) {
    const partitions: LoggedRecord[][] = []
    for (let partition = 0; partition < (await log.ends(topic)).length; partition++) {
      partitions.push(await readPartition(log, topic, partition))
    }
    contents.set(topic, partitions)
  }
  return contents
}

async function readPartition(log: Log, topic: string, partition: number): Promise<LoggedRecord[]> {
  const records: LoggedRecord[] = []
  for await (const batch of readToEnd(log, { topic, partition })) {
    for (let row = 0; row < batch.count; row++) {
      records.push({
        partition,
        offset: batch.offsets[row]!,
        time: batch.times[row]!,
        key: bytesAt(batch.keys, row),
        value: bytesAt(batch.values, row),
      })
    }
  }
  return records
}

/** A copy of one row's bytes; undefined where it has none. */
export function bytesAt(
  column: { readonly bytes: Uint8Array; readonly starts: Int32Array; readonly lengths: Int32Array },
  row: number,
): Uint8Array | undefined {
  const [start, length] = [column.starts[row]!, column.lengths[row]!]
  return length < 0 ? undefined : column.bytes.slice(start, start + length)
}

/**
 * The records of a topic, partition after partition, each parsed as JSON; those alone that were
 * appended before an instant.
 */
export function* jsonOf(
  contents: LogContents,
  topic: TopicName,
  before = Number.POSITIVE_INFINITY,
): Iterable<unknown> {
  for (const partition of contents.get(topic) ?? []) {
    for (const record of partition) if (record.time < before) yield jsonIn(record)
  }
}

const known = new WeakMap<LoggedRecord, unknown>()

/** A record's value as JSON, parsed once. */
export function jsonIn(record: LoggedRecord): unknown {
  let json = known.get(record)
  if (json === undefined) {
    json = JSON.parse(new TextDecoder().decode(record.value))
    known.set(record, json)
  }
  return json
}
