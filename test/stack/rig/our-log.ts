import type { TestContext } from 'node:test'
import type { KafkaCluster } from '../../../scripts/stack/kafka-cluster.ts'
import { openCodecs } from '../../../src/log/codecs/open-codecs.ts'
import { openKafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import type { Log, LogBatch } from '../../../src/log/log.ts'
import { utf8Text } from '../../../src/std/bytes.ts'
import { systemClock } from '../../../src/std/clock.ts'
import type { PeerRow } from './kafka-peers.ts'

/** Our log of a cluster, with a topic of one partition. */
export async function ourLog(
  t: TestContext,
  { bootstrap }: KafkaCluster,
  { topic, codec = 'none' }: { readonly topic: string; readonly codec?: 'none' | 'lz4' | 'zstd' },
): Promise<Log> {
  const options = { brokers: bootstrap, promise: 'available', replication: 1, codec } as const
  const log = openKafkaLog(options, { clock: systemClock, codecs: await openCodecs() })
  t.after(() => log.close())
  await log.createTopic({
    topic,
    partitions: 1,
    cleanup: 'delete',
    retentionMs: 3_600_000,
    retentionBytes: 1_073_741_824,
    durability: 'ack',
    recordBytesMax: 262_144,
  })
  return log
}

function fieldOf({ bytes, starts, lengths }: LogBatch['keys'], row: number): string | null {
  const [start, length] = [starts[row]!, lengths[row]!]
  return length < 0 ? null : utf8Text(bytes.subarray(start, start + length))
}

/** What our log reads of partition 0, up to the row of this value. */
export async function ourRows(
  log: Log,
  topic: string,
  { last, bytesMax = 1_048_576 }: { readonly last: string; readonly bytesMax?: number },
): Promise<{ readonly rows: readonly PeerRow[]; readonly end: number }> {
  const ending = new AbortController()
  const spec = {
    topics: [topic],
    start: 'earliest',
    sessionMs: 10_000,
    rebalanceMs: 60_000,
  } as const
  const rows: PeerRow[] = []
  for await (const claim of log.claims(spec, ending.signal)) {
    const position = await log.position(claim)
    for await (const batch of log.read(claim, { position, bytesMax })) {
      for (let row = 0; row < batch.count; row++) {
        rows.push({ key: fieldOf(batch.keys, row), value: fieldOf(batch.values, row) })
      }
      if (rows.at(-1)?.value !== last) continue
      ending.abort()
      return { rows, end: batch.end }
    }
  }
  return { rows, end: -1 }
}
