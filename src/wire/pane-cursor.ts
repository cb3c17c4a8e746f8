import { ByteReader } from '../std/bytes.ts'
import { paneFormat } from './pane-writer.ts'

const VERSION_MIN = 1
/** More aggregates than this no monitor may have, so a pane with more is none. */
const STATES_MAX = 256

/** Where a record's key or value lies. */
export type BytesAt = {
  readonly bytes: Uint8Array
  readonly start: number
  readonly length: number
}

/**
 * Reads binary panes in place (formats.md 2; the grammar is in `pane-writer.ts`): one cursor serves
 * all records, so a pane costs no object. What it says of a pane holds until the next `read`; the
 * payload of state i is `payloadLengths[i]` bytes from `payloadStarts[i]` of `bytes`.
 */
export class PaneCursor {
  readonly #reader = new ByteReader(new Uint8Array(0))
  /** The value that was read last. */
  value: BytesAt = { bytes: new Uint8Array(0), start: 0, length: 0 }
  bytes: Uint8Array = this.value.bytes
  closed = false
  /** Nobody closes panes of its engine (ADR 0033). */
  endless = false
  sampled = false
  /** The two halves of the monitor's definition. */
  definitionHigh = 0
  definitionLow = 0
  siteStart = 0
  siteLength = 0
  partition = 0
  start = 0
  length = 0
  rev = 0
  late = 0
  eventMax = 0
  /** Append time of its newest row; when it was read, where version 1 does not say. */
  appendedMax = 0
  readAt = 0
  stateCount = 0
  readonly kinds = new Uint8Array(STATES_MAX)
  readonly versions = new Uint8Array(STATES_MAX)
  readonly payloadStarts = new Int32Array(STATES_MAX)
  readonly payloadLengths = new Int32Array(STATES_MAX)

  /** Whether a value is a binary pane at all, whatever its version. */
  static isPane({ bytes, start, length }: BytesAt): boolean {
    return length > 0 && bytes[start] === paneFormat.letter
  }

  /** Reads the pane that a value is; false where it is none, or cut, or newer than ours. */
  read(value: BytesAt): boolean {
    const { bytes, start, length } = value
    const reader = this.#reader.open(bytes, start, start + length)
    this.value = value
    this.bytes = bytes
    if (reader.u8() !== paneFormat.letter) return false
    const version = reader.u8()
    if (version < VERSION_MIN || version > paneFormat.version) return false
    const flags = reader.u8()
    this.closed = (flags & paneFormat.closed) !== 0
    this.endless = (flags & paneFormat.endless) !== 0
    this.sampled = (flags & paneFormat.sampled) !== 0
    this.definitionHigh = reader.u32be()
    this.definitionLow = reader.u32be()
    this.siteLength = reader.varint()
    this.siteStart = reader.at
    reader.skip(this.siteLength)
    this.partition = reader.varint()
    this.start = reader.svarint()
    this.length = reader.varint()
    this.rev = reader.varint()
    this.late = reader.varint()
    this.eventMax = this.start + reader.svarint()
    this.readAt = this.start + reader.svarint()
    this.appendedMax = version === 1 ? this.readAt : this.start + reader.svarint()
    return (
      this.#readStates(reader) && flags < paneFormat.flagsEnd && this.length > 0 && this.#isSafe()
    )
  }

  #readStates(reader: ByteReader): boolean {
    this.stateCount = reader.varint()
    if (!reader.ok || this.stateCount > STATES_MAX) return false
    for (let i = 0; i < this.stateCount; i++) {
      this.kinds[i] = reader.u8()
      this.versions[i] = reader.u8()
      const length = reader.varint()
      this.payloadStarts[i] = reader.at
      this.payloadLengths[i] = length
      reader.skip(length)
    }
    return reader.ok && reader.at === reader.end
  }

  /** Whether instants and counts are integers that a double counts. */
  #isSafe(): boolean {
    const { partition, start, length, rev, late, eventMax, readAt, appendedMax } = this
    return (
      Number.isSafeInteger(start) &&
      Number.isSafeInteger(eventMax) &&
      Number.isSafeInteger(readAt) &&
      Number.isSafeInteger(appendedMax) &&
      Number.isSafeInteger(start + length) &&
      partition + rev + late <= Number.MAX_SAFE_INTEGER
    )
  }
}
