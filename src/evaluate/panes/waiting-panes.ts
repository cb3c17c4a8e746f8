import type { AggregatesOf } from '../../wire/pane-codec.ts'
import type { BytesAt, PaneCursor } from '../../wire/pane-cursor.ts'
import { RecordReader } from './record-reader.ts'

/** Bytes that wait at once (D5): panes beyond are not kept, and the caller counts them. */
const BYTES_MAX = 33_554_432
/** Clock records that a pane waits for: the command behind it stands before one of them (A7). */
const CLOCKS_MAX = 2

/** A pane's record: its key, a cursor at its value, where it stands and when it was appended. */
export type PaneRecord = {
  readonly key: BytesAt
  readonly pane: PaneCursor
  readonly offset: number
  readonly appendedAt: number
}

type Waiting = {
  readonly key: BytesAt
  readonly value: BytesAt
  readonly offset: number
  readonly appendedAt: number
  clocks: number
}

/**
 * Panes of a definition that is not in force yet. Who folds rows learns of a new monitor at about
 * the same time as who judges; so its first panes may stand before the clock record that puts it
 * in force here, and wait for that one.
 */
export class WaitingPanes {
  readonly #reader: RecordReader
  #records: Waiting[] = []
  #bytes = 0

  /** `aggregatesOf` knows what is in force when panes are offered again. */
  constructor(aggregatesOf: AggregatesOf) {
    this.#reader = new RecordReader(aggregatesOf)
  }

  /** Keeps a copy; false where there is no more room. */
  add({ key, pane, offset, appendedAt }: PaneRecord): boolean {
    const bytes = key.length + pane.value.length
    if (this.#bytes + bytes > BYTES_MAX) return false
    this.#bytes += bytes
    const value = copyOf(pane.value)
    this.#records.push({ key: copyOf(key), value, offset, appendedAt, clocks: 0 })
    return true
  }

  /**
   * A clock record came: offers each pane again; `put` says whether it is in force now. Answers how
   * many have waited in vain.
   */
  offer(put: (record: PaneRecord) => boolean): number {
    const waited = this.#records
    this.#records = []
    this.#bytes = 0
    let expired = 0
    for (const waiting of waited) {
      const { key, value, offset, appendedAt } = waiting
      const record = this.#reader.read(key, value)
      if (record.kind === 'pane' && put({ ...record, offset, appendedAt })) continue
      waiting.clocks++
      if (waiting.clocks >= CLOCKS_MAX) expired++
      else {
        this.#records.push(waiting)
        this.#bytes += key.length + value.length
      }
    }
    return expired
  }

  /** The first record that waits, or Infinity: a rebuild has to find it again. */
  get oldestOffset(): number {
    return this.#records[0]?.offset ?? Infinity
  }
}

function copyOf({ bytes, start, length }: BytesAt): BytesAt {
  return { bytes: bytes.slice(start, start + length), start: 0, length }
}
