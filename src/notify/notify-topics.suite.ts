import type { Log } from '../log/log.ts'
import type { Notice } from '../model/notice.ts'
import type { Told } from '../model/step.ts'
import { decodeNotice } from '../wire/notice-codec.ts'
import { decodeTransition } from '../wire/step-codec.ts'
import { recordValue } from './record-value.ts'

/** The two topics of `notify`, kept for ever. */
export async function createTopics(log: Log, partitions: number): Promise<void> {
  for (const [topic, count] of [
    ['transitions', partitions],
    ['notices', 1],
  ] as const) {
    await log.createTopic({
      topic,
      partitions: count,
      cleanup: 'delete',
      retentionMs: -1,
      retentionBytes: -1,
      durability: 'ack',
      recordBytesMax: 1_048_576,
    })
  }
}

/** Every record value of a topic, partition by partition. */
async function valuesOf(log: Log, topic: string): Promise<Uint8Array[]> {
  const ends = await log.ends(topic)
  const leaving = new AbortController()
  const spec = {
    topics: [topic],
    start: 'earliest',
    sessionMs: 10_000,
    rebalanceMs: 25_000,
  } as const
  const values: Uint8Array[] = []
  let left = ends.filter(({ start, end }) => end > start).length
  if (left === 0) return values
  for await (const claim of log.claims(spec, leaving.signal)) {
    const { start, end } = ends[claim.partition] ?? { start: 0, end: 0 }
    if (end === start) continue
    const position = { offset: start, note: '' }
    for await (const batch of log.read(claim, { position, bytesMax: 1_048_576 })) {
      for (let row = 0; row < batch.count; row++) values.push(recordValue(batch, row))
      if (batch.next >= end) break
    }
    if (--left === 0) break
  }
  leaving.abort()
  return values
}

/** All told records in `transitions`. */
export async function toldsOf(log: Log): Promise<Told[]> {
  return (await valuesOf(log, 'transitions')).flatMap((value) => {
    const decoded = decodeTransition(value)
    return decoded.ok && decoded.record.kind === 'notice' ? [decoded.record] : []
  })
}

/** All notices, without the epochs. */
export async function noticesOf(log: Log): Promise<Notice[]> {
  return (await valuesOf(log, 'notices')).flatMap((value) => {
    const decoded = decodeNotice(value)
    return decoded.ok && 'receiver' in decoded.record ? [decoded.record] : []
  })
}
