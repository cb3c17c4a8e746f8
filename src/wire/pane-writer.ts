// A binary pane (formats.md 2, ADR 0011), varints LEB128, signed ones zigzag, str = varint length +
// UTF-8:
//   u8 'P' · u8 version 2 · u8 flags (1 closed, 2 spread, 4 sampled, 8 inexact sum, 16 endless)
//   u64be definition · str site · varint partition
//   svarint start · varint length · varint rev · varint late
//   svarint event_max − start · svarint read_at − start · svarint appended_max − start
//   varint n · n × ( u8 kind · u8 kind version · varint bytes · payload )
// Monitor and group stand in the record's key alone: monitor 0x00 group as a JSON array.
import type { Pane, PaneState } from '../model/pane.ts'
import { ByteWriter } from '../std/bytes.ts'

/** First byte of every binary pane, the version that is written, and its flags. */
export const paneFormat = {
  letter: 0x50,
  version: 2,
  closed: 1,
  spread: 2,
  sampled: 4,
  inexact: 8,
  endless: 16,
  /** All flags lie below. */
  flagsEnd: 32,
} as const

/** What the panes of one monitor, source and slice have in common. */
export type PaneFrame = Pick<Pane, 'definition' | 'site' | 'partition' | 'start' | 'length'>

/** What a pane says for itself beside its states; `flags` are those of `paneFormat`. */
export type PaneFacts = Pick<Pane, 'rev' | 'late' | 'eventMax' | 'readAt' | 'appendedMax'> & {
  readonly flags: number
  readonly stateCount: number
}

const FLAGS_AT = 2

/**
 * Writes the values of `panes` records into a byte writer of the caller's, one behind another and
 * without an object a pane: `frame`, then for each pane `open`, and for each of its states
 * `openState`, the payload by whoever knows it, `closeState`.
 */
export class PaneWriter {
  readonly bytes: ByteWriter
  readonly #common = new ByteWriter()
  #frame: Uint8Array = new Uint8Array(0)
  #start = 0
  #payload = 0

  constructor(bytes: ByteWriter) {
    this.bytes = bytes
  }

  /** The panes that follow are of this monitor, source and slice. */
  frame({ definition, site, partition, start, length }: PaneFrame): void {
    const common = this.#common
    common.u8(paneFormat.letter)
    common.u8(paneFormat.version)
    common.u8(0)
    common.u64be(parseInt(definition.slice(0, 8), 16), parseInt(definition.slice(8), 16))
    common.text(site)
    common.varint(partition)
    common.svarint(start)
    common.varint(length)
    this.#frame = common.take()
    this.#start = start
  }

  /** Begins a pane. */
  open(facts: PaneFacts): void {
    const { bytes } = this
    const at = bytes.length
    bytes.raw(this.#frame)
    bytes.set(at + FLAGS_AT, facts.flags)
    bytes.varint(facts.rev)
    bytes.varint(facts.late)
    bytes.svarint(facts.eventMax - this.#start)
    bytes.svarint(facts.readAt - this.#start)
    bytes.svarint(facts.appendedMax - this.#start)
    bytes.varint(facts.stateCount)
  }

  /** Begins a state of this kind: its payload is written to `bytes`. */
  openState({ kind, version }: Pick<PaneState, 'kind' | 'version'>): void {
    this.bytes.u8(kind)
    this.bytes.u8(version)
    this.#payload = this.bytes.openSized()
  }

  closeState(): void {
    this.bytes.closeSized(this.#payload)
  }
}
