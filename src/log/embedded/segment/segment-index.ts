import { crc32 } from 'node:zlib'

// The file, little-endian:  entries of 16 bytes · footer of 20 bytes
//   entry:   u32 offset − base · u32 position · i64 greatest append time before the position
//   footer:  u32 NIDX · u32 version · u32 entries · u32 bytes covered · u32 crc32 of all before
// The last entry stands for the segment's end. It is a cache and never truth: a file that is
// missing or does not hold is built again from the segment.

const ENTRY_BYTES = 16
const FOOTER_BYTES = 20
const MAGIC = 0x5844494e
const VERSION = 1

/** Where a batch begins. */
export type IndexEntry = {
  readonly offset: number
  readonly position: number
  /** Greatest append time before it, −1 where there is none. */
  readonly timeBefore: number
}

/** A sparse map from offsets and times to positions in one segment. */
export class SegmentIndex {
  readonly base: number
  readonly #everyBytes: number
  readonly #entries: IndexEntry[]

  constructor(base: number, everyBytes: number, entries: readonly IndexEntry[] = []) {
    this.base = base
    this.#everyBytes = everyBytes
    this.#entries = [...entries]
  }

  /** Called for each batch in turn; keeps one entry every so many bytes. */
  note(entry: IndexEntry): void {
    const last = this.#entries.at(-1)
    if (last !== undefined && entry.position - last.position < this.#everyBytes) return
    this.#entries.push(entry)
  }

  get entries(): readonly IndexEntry[] {
    return this.#entries
  }

  /** The last entry at or before the offset: reading from there meets it. */
  before(offset: number): IndexEntry {
    return this.#lastWhere((entry) => entry.offset <= offset)
  }

  /** The last entry before which every row is older than `atMs`. */
  olderThan(atMs: number): IndexEntry {
    return this.#lastWhere((entry) => entry.timeBefore < atMs)
  }

  /** `end` closes the segment. */
  encode(end: IndexEntry): Uint8Array {
    const entries = [...this.#entries.filter(({ position }) => position < end.position), end]
    const bytes = new Uint8Array(entries.length * ENTRY_BYTES + FOOTER_BYTES)
    const view = new DataView(bytes.buffer)
    let at = 0
    for (const { offset, position, timeBefore } of entries) {
      view.setUint32(at, offset - this.base, true)
      view.setUint32(at + 4, position, true)
      view.setBigInt64(at + 8, BigInt(timeBefore), true)
      at += ENTRY_BYTES
    }
    for (const field of [MAGIC, VERSION, entries.length, end.position]) {
      view.setUint32(at, field, true)
      at += 4
    }
    view.setUint32(at, crc32(bytes.subarray(0, at)), true)
    return bytes
  }

  #lastWhere(holds: (entry: IndexEntry) => boolean): IndexEntry {
    let [low, high] = [0, this.#entries.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (holds(this.#entries[middle]!)) low = middle + 1
      else high = middle
    }
    return this.#entries[low - 1] ?? { offset: this.base, position: 0, timeBefore: -1 }
  }
}

/** The index and the end that an `.idx` file holds; undefined where it does not hold. */
export function decodeIndex(
  bytes: Uint8Array,
  { base, everyBytes }: { readonly base: number; readonly everyBytes: number },
): { readonly index: SegmentIndex; readonly end: IndexEntry } | undefined {
  const footer = bytes.length - FOOTER_BYTES
  if (footer < ENTRY_BYTES || footer % ENTRY_BYTES !== 0) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const count = footer / ENTRY_BYTES
  const holds =
    view.getUint32(footer, true) === MAGIC &&
    view.getUint32(footer + 4, true) === VERSION &&
    view.getUint32(footer + 8, true) === count &&
    view.getUint32(footer + 16, true) === crc32(bytes.subarray(0, footer + 16))
  if (!holds) return undefined
  const entries = Array.from({ length: count }, (_, i) => ({
    offset: base + view.getUint32(i * ENTRY_BYTES, true),
    position: view.getUint32(i * ENTRY_BYTES + 4, true),
    timeBefore: Number(view.getBigInt64(i * ENTRY_BYTES + 8, true)),
  }))
  const end = entries.pop()
  if (end?.position !== view.getUint32(footer + 12, true)) return undefined
  return { index: new SegmentIndex(base, everyBytes, entries), end }
}
