import type { LogBatch } from '../../../src/log/log.ts'
import type { Step, Told } from '../../../src/model/step.ts'
import type { WindowResult } from '../../../src/model/window-result.ts'
import type { Store } from '../../../src/store/store.ts'
import { Violation, type Commit, type LedgerReader } from './ledger.ts'
import { bytesAt, jsonOf, type LogContents } from './log-contents.ts'
import { bare, finalWindows } from './window-check.ts'

/**
 * Holds the readers of `record` to D2 at every commit: what lies before the position is in the
 * store.
 */
export class StoreWatch implements LedgerReader {
  readonly #stored = new Set<string>()
  /** By topic and partition, then offset: what was read and not yet committed. */
  readonly #read = new Map<string, Map<number, string>>()
  readonly #readTo = new Map<string, number>()

  /** The store has taken these. */
  stored(records: readonly (WindowResult | Step | Told)[]): void {
    for (const record of records) this.#stored.add(storedName(record))
  }

  delivered(group: string | undefined, batch: LogBatch): void {
    if (!isRecorder(group)) return
    const read = this.#of(batch)
    const key = keyOf(batch)
    this.#readTo.set(key, Math.max(batch.next, this.#readTo.get(key) ?? 0))
    for (let row = 0; row < batch.count; row++) {
      const text = new TextDecoder().decode(bytesAt(batch.values, row))
      read.set(batch.offsets[row]!, storedName(JSON.parse(text) as WindowResult | Step | Told))
    }
  }

  commit(commit: Commit): void {
    if (!isRecorder(commit.group)) return
    const read = this.#of(commit)
    const where = `${keyOf(commit)} stands at ${commit.offset}`
    if (commit.offset > (this.#readTo.get(keyOf(commit)) ?? 0)) {
      throw new Violation(`${where}, and nobody read so far`)
    }
    for (const [offset, name] of read) {
      if (offset >= commit.offset) continue
      read.delete(offset)
      if (this.#stored.has(name)) continue
      throw new Violation(`${where}, and ${name} at ${offset} is not in the store`)
    }
  }

  #of(at: At): Map<number, string> {
    const key = keyOf(at)
    const there = this.#read.get(key) ?? new Map<number, string>()
    this.#read.set(key, there)
    return there
  }
}

type At = { readonly topic: string; readonly partition: number }

const keyOf = ({ topic, partition }: At): string => `${topic}/${partition}`

const isRecorder = (group: string | undefined): boolean => group?.startsWith('record-') === true

/** By what the store knows a record. */
function storedName(record: WindowResult | Step | Told): string {
  if ('rev' in record) return `${record.id} ${record.rev}`
  if (record.kind !== 'notice') return record.id
  return JSON.stringify([record.of, record.receiver, record.key, record.seq])
}

/**
 * The store holds what the log holds, as far as it was there `before`: windows at the highest
 * revision, steps, and what was told of them. @throws Violation.
 */
export async function checkStore(
  store: Store,
  contents: LogContents,
  before: number,
): Promise<void> {
  const always = { from: 0, to: Number.MAX_SAFE_INTEGER, limit: Number.MAX_SAFE_INTEGER }
  const old = (topic: 'windows' | 'transitions') => jsonOf(contents, topic, before)
  const issued = [...(jsonOf(contents, 'windows') as Iterable<WindowResult>)]
  const textByName = new Map(issued.map((window) => [storedName(window), bare(window)]))
  const finals = finalWindows(old('windows') as Iterable<WindowResult>)
  const bySeries = Map.groupBy(finals.values(), ({ id }) => id.slice(0, id.lastIndexOf('|')))
  for (const windows of bySeries.values()) {
    const { scope, monitor, group } = windows[0]!
    const stored = await store.series({ scope, monitor, group, tier: 'live', ...always })
    const byId = new Map(stored.map((window) => [window.id, window]))
    for (const { id, rev } of windows) {
      const there = byId.get(id)
      const isThere = there !== undefined && there.rev >= rev
      if (isThere && bare(there) === textByName.get(storedName(there))) continue
      throw new Violation(`the store has ${there && bare(there)} and lacks ${id} ${rev}`)
    }
  }
  const history = new Set((await store.history(always)).map(storedName))
  for (const record of old('transitions')) {
    const name = storedName(record as Step | Told)
    if (!history.has(name)) throw new Violation(`${name} is in the log and not in the store`)
  }
}
