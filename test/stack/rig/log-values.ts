import { readToEnd, type Log } from '../../../src/log/log.ts'
import { bytesOf } from '../../../src/model/record-columns.ts'

/** A record as it lies in a log; its bytes are gone after the call. */
export type LogValue = {
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** When it was appended. */
  readonly at: number
  readonly partition: number
}

/** Hands out every record of a topic, partition by partition. */
export async function eachValue(
  log: Log,
  topic: string,
  take: (record: LogValue) => void,
): Promise<void> {
  const ends = await log.ends(topic)
  for (const partition of ends.keys()) {
    for await (const batch of readToEnd(log, { topic, partition })) {
      for (let row = 0; row < batch.count; row++) {
        const [key, value] = [bytesOf(batch.keys, row), bytesOf(batch.values, row)]
        take({ key, value, at: batch.times[row]!, partition })
      }
    }
  }
}
