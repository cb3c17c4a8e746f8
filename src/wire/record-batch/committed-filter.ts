import { BATCH_HEADER_BYTES, type BatchHeader } from './batch-header.ts'
import type { BatchFilter } from './scanned-columns.ts'
import { NO_VARINT, varint, varlong, type Cursor } from './varint.ts'

/** A transaction that was given up: rows of this producer from this offset to its marker. */
export type AbortedTransaction = { readonly producerId: number; readonly firstOffset: number }

/** What the marker of a control batch says of the transaction before it. */
const ABORT = 0

/**
 * Drops what `read_committed` does not show: batches of transactions that were aborted. For one
 * response of a broker at a time, its batches in order; the broker repeats the list for every
 * range that it serves.
 */
export class CommittedFilter implements BatchFilter {
  /** Those not yet reached, the next one last. */
  #ahead: AbortedTransaction[] = []
  readonly #open = new Set<number>()

  /** Begins a response, whose list comes in any order. */
  reset(aborted: readonly AbortedTransaction[]): void {
    this.#open.clear()
    this.#ahead = aborted.toSorted((a, b) => b.firstOffset - a.firstOffset)
  }

  isDropped(header: BatchHeader, bytes: Uint8Array, at: number): boolean {
    const { producerId, last, isControl, isTransactional } = header
    for (let next = this.#ahead.at(-1); next && next.firstOffset <= last;) {
      this.#open.add(next.producerId)
      this.#ahead.pop()
      next = this.#ahead.at(-1)
    }
    if (!isControl) return isTransactional && this.#open.has(producerId)
    if (markerOf(header, bytes, at) === ABORT) this.#open.delete(producerId)
    return true
  }
}

/** The type in the key (i16 version, i16 type) of a control batch's record, where there is one. */
function markerOf({ codec, size }: BatchHeader, bytes: Uint8Array, at: number): number | undefined {
  if (codec !== 0) return undefined
  const cursor: Cursor = { at: at + BATCH_HEADER_BYTES, end: at + size }
  const length = varint(bytes, cursor)
  cursor.at++ // Attributes of a record are unused.
  varlong(bytes, cursor)
  varint(bytes, cursor)
  const keyLength = varint(bytes, cursor)
  const isWhole = length !== NO_VARINT && keyLength !== NO_VARINT && keyLength >= 4
  if (!isWhole || cursor.at + 4 > cursor.end) return undefined
  return ((bytes[cursor.at + 2]! << 24) >> 16) | bytes[cursor.at + 3]!
}
