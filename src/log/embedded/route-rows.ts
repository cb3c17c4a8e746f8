import { NocturneError } from '../../model/nocturne-error.ts'
import { assert } from '../../std/assert.ts'
import { partitionOf } from '../../std/hash.ts'
import type { LogRecord, TopicSpec } from '../log.ts'

/** A record in its batch: lengths, deltas and counts beside key and value. */
const OVERHEAD_BYTES = 20

/** A topic with its partitions, indexed by number; `calls` counts the appends for round robin. */
export type Topic<Partition> = {
  spec: TopicSpec
  readonly partitions: readonly Partition[]
  calls: number
}

/** The rows of one append that go to one partition, and about how many bytes they take. */
export type RoutedRows<Partition> = {
  readonly partition: Partition
  readonly rows: readonly LogRecord[]
  readonly bytes: number
}

/**
 * Which rows go where: by their own partition, else by key as the Java client does, else round
 * robin per call. @throws LOG_RECORD_TOO_LARGE before anything was routed.
 */
export function routeRows<Partition>(
  topic: Topic<Partition>,
  rows: readonly LogRecord[],
  callBytesMax: number,
): readonly RoutedRows<Partition>[] {
  if (rows.length === 0) return []
  const bytes = checkSizes(topic.spec, rows, callBytesMax)
  const { partitions } = topic
  const keyless = topic.calls++ % partitions.length
  const only = partitions[0]
  if (partitions.length === 1 && only && rows.every((row) => !row.partition)) {
    return [{ partition: only, rows, bytes }]
  }
  const routed = new Map<number, LogRecord[]>()
  for (const row of rows) {
    const keyed = row.key === undefined ? keyless : partitionOf(row.key, partitions.length)
    const number = row.partition ?? keyed
    const there = routed.get(number)
    if (there === undefined) routed.set(number, [row])
    else there.push(row)
  }
  return [...routed].map(([number, rowsThere]) => {
    const partition = partitions[number]
    assert(partition !== undefined, 'a record names a partition of its topic')
    const sum = rowsThere.reduce((total, row) => total + sizeOf(row), 0)
    return { partition, rows: rowsThere, bytes: sum }
  })
}

function checkSizes(spec: TopicSpec, rows: readonly LogRecord[], callBytesMax: number): number {
  let bytes = 0
  for (const row of rows) {
    const size = sizeOf(row)
    if (size - OVERHEAD_BYTES > spec.recordBytesMax) {
      const detail = `${size - OVERHEAD_BYTES} bytes for ${spec.topic}`
      throw new NocturneError('LOG_RECORD_TOO_LARGE', detail)
    }
    assert(row.key !== undefined || spec.cleanup === 'delete', 'compaction needs keys')
    bytes += size
  }
  if (bytes <= callBytesMax) return bytes
  throw new NocturneError('LOG_RECORD_TOO_LARGE', `${bytes} bytes in one call to ${spec.topic}`)
}

const sizeOf = ({ key, value }: LogRecord): number =>
  OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
