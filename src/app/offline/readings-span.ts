import { readToEnd, type Log, type LogBatch, type LogGroups } from '../../log/log.ts'
import type { ByteColumn, RecordColumns } from '../../model/record-columns.ts'

/** Rows of `readings`, by when they were appended: one range of offsets a partition. */
export type ReadingsSpan = {
  readonly partitions: readonly { readonly from: number; readonly to: number }[]
  readonly records: number
  /** The log begins later than was asked for: earlier rows may have expired. */
  readonly isCut: boolean
}

/** The rows appended from one instant on and before another; what is not there yet is not in it. */
export async function readingsSpan(
  log: Log & LogGroups,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<ReadingsSpan> {
  const ends = await log.ends('readings')
  const [froms, tos] = [
    await log.offsetsAt('readings', fromMs),
    await log.offsetsAt('readings', toMs),
  ]
  const partitions = ends.map(({ start, end }, i) => {
    const from = Math.max(start, froms[i] ?? start)
    return { from, to: Math.max(from, Math.min(end, tos[i] ?? end)) }
  })
  return {
    partitions,
    records: partitions.reduce((sum, { from, to }) => sum + to - from, 0),
    isCut: ends.some(({ start }, i) => start > 0 && partitions[i]?.from === start),
  }
}

/** The rows of one partition of the span, as they lie in the log, batch by batch. */
export async function* rowsOfSpan(
  log: Log,
  span: ReadingsSpan,
  partition: number,
): AsyncIterable<RecordColumns & { readonly base: number }> {
  const { from, to } = span.partitions[partition]!
  if (from >= to) return
  for await (const batch of readToEnd(log, { topic: 'readings', partition, from })) {
    yield within(batch, from, to)
    if (batch.next >= to) return
  }
}

/** Batches are whole ones: at both ends of a span there may be rows beside it. */
function within(batch: LogBatch, from: number, to: number): RecordColumns & { base: number } {
  const { base, count, offsets, times, keys, values } = batch
  let [low, high] = [0, count]
  while (low < high && offsets[low]! < from) low++
  while (high > low && offsets[high - 1]! >= to) high--
  const column = ({ bytes, starts, lengths }: ByteColumn): ByteColumn => ({
    bytes,
    starts: starts.subarray(low),
    lengths: lengths.subarray(low),
  })
  return {
    base: Math.max(base, from),
    count: high - low,
    offsets: offsets.subarray(low),
    times: times.subarray(low),
    keys: column(keys),
    values: column(values),
  }
}
