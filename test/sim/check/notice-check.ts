import { readToEnd, type Log } from '../../../src/log/log.ts'
import type { Notice } from '../../../src/model/notice.ts'
import type { Told } from '../../../src/model/step.ts'
import { decodeNotice } from '../../../src/wire/notice-codec.ts'
import type { SimReceiver } from '../world/sim-receiver.ts'
import { Violation } from './ledger.ts'
import { bytesAt } from './log-contents.ts'

/** The notices of a log that count: none of a plan that had lost its place (A61). */
export async function noticesIn(log: Log): Promise<readonly Notice[]> {
  const notices: Notice[] = []
  let epoch = 0
  for await (const batch of readToEnd(log, { topic: 'notices', partition: 0 })) {
    for (let row = 0; row < batch.count; row++) {
      const decoded = decodeNotice(bytesAt(batch.values, row) ?? new Uint8Array(0))
      if (!decoded.ok) throw new Violation(`a notice cannot be read: ${decoded.reason}`)
      const { record } = decoded
      if (!('receiver' in record)) epoch = Math.max(epoch, record.epoch)
      else if (record.epoch >= epoch) notices.push(record)
    }
  }
  return notices
}

export type NoticeFacts = {
  readonly planned: readonly Notice[]
  /** What an uninterrupted plan says of the same steps. */
  readonly expected: readonly Notice[]
  readonly receivers: readonly SimReceiver[]
  readonly told: readonly Told[]
  /** Steps that lie in the log long enough to have been told. */
  readonly isSettled: (stepId: string) => boolean
}

/**
 * Holds `notify` to its promises: each receiver was told of the same steps as without a crash
 * (A74), of none twice in one group; a notice that came twice is the same in every byte (A4), those
 * of a group came in order (A65), and what became of each lies in the log (A67). @throws Violation.
 */
export function checkNotices(facts: NoticeFacts): { readonly toldCount: number } {
  assertPlannedOnce(facts.planned)
  let toldCount = 0
  for (const receiver of facts.receivers) {
    const of = (notices: readonly Notice[]) => stepsFor(receiver.name, notices, facts.isSettled)
    const expected = of(facts.expected)
    assertSame(expected, of(facts.planned), `what is planned for ${receiver.name}`)
    const delivered = receiver.delivered.map(({ notice }) => notice)
    assertSame(expected, of(delivered), `what ${receiver.name} was told`)
    const told = facts.told.filter((record) => record.receiver === receiver.name)
    const settled = told.map((record) => record.of).filter(facts.isSettled)
    assertSame(expected, new Set(settled), `what is noted as told to ${receiver.name}`)
    assertRepeatsEqual(receiver)
    toldCount += expected.size
  }
  return { toldCount }
}

const groupOf = ({ key }: Notice): string => key.slice(0, key.indexOf('-'))

function stepsFor(
  receiver: string,
  notices: readonly Notice[],
  isSettled: (stepId: string) => boolean,
): ReadonlySet<string> {
  const own = notices.filter((notice) => notice.receiver === receiver)
  return new Set(own.flatMap(({ steps }) => steps).filter(isSettled))
}

function assertSame(expected: ReadonlySet<string>, got: ReadonlySet<string>, what: string): void {
  const [missing, extra] = [expected.difference(got), got.difference(expected)]
  if (missing.size === 0 && extra.size === 0) return
  throw new Violation(`${what} lacks ${[...missing].join()} and has beyond ${[...extra].join()}`)
}

function assertPlannedOnce(planned: readonly Notice[]): void {
  const seen = new Set<string>()
  for (const notice of planned) {
    for (const step of notice.steps) {
      const name = `${step} in ${groupOf(notice)}`
      if (seen.has(name)) throw new Violation(`planned twice: ${name}`)
      seen.add(name)
    }
  }
}

function assertRepeatsEqual({ name, delivered }: SimReceiver): void {
  const texts = new Map<string, string>()
  const newest = new Map<string, number>()
  for (const { notice, text } of delivered) {
    const { key, seq } = notice
    const before = texts.get(`${key}/${seq}`)
    if (before !== undefined && before !== text) {
      throw new Violation(`${name} was told twice, differently:\n${before}\n${text}`)
    }
    if (before === undefined && seq < (newest.get(key) ?? 0)) {
      throw new Violation(`${name} was told ${key}/${seq} after a later one`)
    }
    texts.set(`${key}/${seq}`, text)
    newest.set(key, Math.max(seq, newest.get(key) ?? 0))
  }
}
