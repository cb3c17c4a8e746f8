import { Buffer } from 'node:buffer'
import type { LogRecord } from '../../../src/log/log.ts'
import { Violation, type Acked } from './ledger.ts'
import type { LogContents, LoggedRecord } from './log-contents.ts'

/** Of these only the last row of a key stays, or nothing after a while. */
const NOT_KEPT: ReadonlySet<string> = new Set(['checkpoints', 'rejected'])

/**
 * Every row whose append resolved is in the log (D1), as often as it was appended. Topics
 * that let go of rows are left out. @throws Violation.
 */
export function checkAcked(acks: readonly Acked[], contents: LogContents): number {
  const counts = new Map<string, number>()
  for (const [topic, partitions] of contents) {
    for (const record of partitions.flat()) {
      const name = nameOf(topic, record)
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
  }
  let checkedCount = 0
  for (const { topic, rows } of acks) {
    if (NOT_KEPT.has(topic)) continue
    for (const row of rows) {
      const name = nameOf(topic, row)
      const left = counts.get(name) ?? 0
      if (left === 0) throw new Violation(`acknowledged and lost: ${name}`)
      counts.set(name, left - 1)
      checkedCount++
    }
  }
  return checkedCount
}

const nameOf = (topic: string, { key, value }: LoggedRecord | LogRecord): string =>
  `${topic} ${text(key)} ${text(value)}`

const text = (bytes: Uint8Array | undefined): string =>
  bytes === undefined
    ? '-'
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
