import type { LogRecord } from '../log/log.ts'
import { ByteWriter } from '../std/bytes.ts'
import { PaneWriter } from '../wire/pane-writer.ts'
import { copied } from './copied.ts'

/** A block that one burst made larger is let go of after it. */
const KEPT_BYTES_MAX = 4 * 1_048_576
const KEPT_RECORDS_MAX = 65_536
const RECORDS_MIN = 256

/** A record for the `panes` log. */
export type PaneRecord = LogRecord & { readonly key: Uint8Array; readonly value: Uint8Array }

/**
 * Panes on their way to the log, keys and values one behind another in one buffer that is used
 * again: no object a pane but the record itself.
 */
export class PaneBlock {
  readonly #bytes = new ByteWriter()
  readonly panes = new PaneWriter(this.#bytes)
  #count = 0
  /** Where each record's key begins, and its value. */
  #keys = new Int32Array(RECORDS_MIN)
  #values = new Int32Array(RECORDS_MIN)

  /** Bytes of the records in it. */
  get length(): number {
    return this.#bytes.length
  }

  /** Begins a record: its key is written to `panes.bytes` now. */
  openKey(): void {
    if (this.#count === this.#keys.length) {
      this.#keys = copied(new Int32Array(this.#count * 2), this.#keys)
      this.#values = copied(new Int32Array(this.#count * 2), this.#values)
    }
    this.#keys[this.#count] = this.#bytes.length
  }

  /** The key is whole, and the value follows. */
  openValue(): void {
    this.#values[this.#count++] = this.#bytes.length
  }

  /** The records, and an empty block: their bytes are valid until something is written to it. */
  take(): PaneRecord[] {
    const records: PaneRecord[] = []
    const bytes = this.#bytes
    for (let i = 0; i < this.#count; i++) {
      const end = i + 1 < this.#count ? this.#keys[i + 1]! : bytes.length
      const value = this.#values[i]!
      records.push({ key: bytes.view(this.#keys[i]!, value), value: bytes.view(value, end) })
    }
    this.#count = 0
    bytes.clear(KEPT_BYTES_MAX)
    if (this.#keys.length > KEPT_RECORDS_MAX) {
      this.#keys = new Int32Array(RECORDS_MIN)
      this.#values = new Int32Array(RECORDS_MIN)
    }
    return records
  }
}
