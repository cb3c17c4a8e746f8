import type { ByteColumn } from '../../model/record-columns.ts'
import type { ClockRecord, FactRecord, Watermark } from '../../model/pane.ts'
import type { AggregatesOf, PanesBytes, PanesFault, PanesRecord } from '../../wire/pane-codec.ts'
import { decodePanesRecord, encodePane, paneKey } from '../../wire/pane-codec.ts'
import { PaneCursor, type BytesAt } from '../../wire/pane-cursor.ts'

/** What a record of `panes` holds; a pane's key and cursor are valid until the next record. */
export type ReadRecord =
  | { readonly kind: 'pane'; readonly key: BytesAt; readonly pane: PaneCursor }
  | { readonly kind: 'watermark'; readonly watermark: Watermark }
  | { readonly kind: 'clock'; readonly clock: ClockRecord }
  | { readonly kind: 'fact'; readonly fact: FactRecord }
  | { readonly kind: 'rejected'; readonly reason: PanesFault }

/** Reads records of `panes`: binary panes in place, all else through objects. */
export class RecordReader {
  readonly #aggregatesOf: AggregatesOf
  readonly #cursor = new PaneCursor()
  readonly #held: { kind: 'pane'; key: BytesAt; pane: PaneCursor }

  /** `aggregatesOf` gives the states of a JSON pane their kinds. */
  constructor(aggregatesOf: AggregatesOf) {
    this.#aggregatesOf = aggregatesOf
    this.#held = { kind: 'pane', key: wholeOf(new Uint8Array(0)), pane: this.#cursor }
  }

  read(key: BytesAt, value: BytesAt): ReadRecord {
    if (PaneCursor.isPane(value) && this.#cursor.read(value)) {
      this.#held.key = key
      return this.#held
    }
    const record = { key: viewOf(key), value: viewOf(value) }
    const decoded = this.#decode(record)
    if (decoded.kind !== 'pane') return decoded
    // A JSON pane, for people and other engines: as bytes it goes the way of all others.
    const { pane } = decoded
    if (!this.#cursor.read(wholeOf(encodePane(pane)))) return { kind: 'rejected', reason: 'pane' }
    // Who keeps it for later keeps what came.
    this.#cursor.value = value
    this.#held.key = wholeOf(paneKey(pane.monitor, pane.group))
    return this.#held
  }

  /** A JSON pane of a definition not in force has no states: nobody can say what they are. */
  #decode(record: PanesBytes): PanesRecord {
    const decoded = decodePanesRecord(record, this.#aggregatesOf)
    if (decoded.kind !== 'rejected' || decoded.reason !== 'shape') return decoded
    return decodePanesRecord(record, () => [])
  }
}

const wholeOf = (bytes: Uint8Array): BytesAt => ({ bytes, start: 0, length: bytes.length })

const viewOf = ({ bytes, start, length }: BytesAt): Uint8Array =>
  bytes.subarray(start, start + Math.max(0, length))

/** One row of a batch's column; an absent one has no bytes. */
export const bytesAt = ({ bytes, starts, lengths }: ByteColumn, row: number): BytesAt => ({
  bytes,
  start: starts[row]!,
  length: Math.max(0, lengths[row]!),
})
