import { readToEnd, type Log, type LogBatch } from '../../../src/log/log.ts'
import { utf8, utf8Text } from '../../../src/std/bytes.ts'

/** Rows whose values are the texts given, for one partition. */
export const rowsOf = (texts: readonly string[], partition = 0) =>
  texts.map((text) => ({ value: utf8(text), partition }))

/** The values of a batch. */
export function textsIn({ count, values: { bytes, starts, lengths } }: LogBatch): string[] {
  return Array.from({ length: count }, (_, row) =>
    utf8Text(bytes.slice(starts[row]!, starts[row]! + lengths[row]!)),
  )
}

/** The values of all rows in partition 0. */
export async function textsOf(log: Log, topic: string): Promise<string[]> {
  const texts: string[] = []
  for await (const batch of readToEnd(log, { topic, partition: 0 })) texts.push(...textsIn(batch))
  return texts
}
