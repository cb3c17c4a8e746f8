import { openMemoryLog } from '../log/memory/memory-log.ts'
import { readToEnd, type Log } from '../log/log.ts'
import { utf8Text } from '../std/bytes.ts'
import type { Clock } from '../std/clock.ts'

/** An instant that tests begin at. */
export const startAt = 1_795_383_157_000

/** A log in memory with the topics that collectors write. */
export async function openReadingsLog(
  clock: Clock,
  options: { readonly partitions?: number; readonly bytesMax?: number } = {},
): Promise<Log> {
  const { partitions = 1, bytesMax } = options
  const log = openMemoryLog(bytesMax === undefined ? { clock } : { clock, bytesMax })
  const kept = { retentionMs: -1, retentionBytes: -1, recordBytesMax: 1_048_576 } as const
  for (const topic of ['readings', 'rejected', 'checkpoints'] as const) {
    const cleanup = topic === 'checkpoints' ? 'compact' : 'delete'
    const count = topic === 'readings' ? partitions : 1
    await log.createTopic({ topic, partitions: count, cleanup, durability: 'ack', ...kept })
  }
  return log
}

/** The values of a topic's partition, as text. */
export async function valuesOf(log: Log, topic: string, partition = 0): Promise<string[]> {
  const texts: string[] = []
  for await (const { count, values } of readToEnd(log, { topic, partition })) {
    for (let row = 0; row < count; row++) {
      const start = values.starts[row] ?? 0
      texts.push(utf8Text(values.bytes.subarray(start, start + (values.lengths[row] ?? 0))))
    }
  }
  return texts
}

/** The same log with another append, to see or to fail what collectors write. */
export const withAppend = (log: Log, append: Log['append']): Log => ({
  createTopic: (spec) => log.createTopic(spec),
  append,
  claims: (group, signal) => log.claims(group, signal),
  position: (claim) => log.position(claim),
  read: (claim, options) => log.read(claim, options),
  commit: (claim, offset, note) => log.commit(claim, offset, note),
  ends: (topic) => log.ends(topic),
  close: () => log.close(),
})
