// The states of one roll-up as one blob, as they stand in a pane (formats.md 2):
//   varint n · n × ( u8 kind · u8 kind version · varint bytes · payload )
import type { PaneState } from '../model/pane.ts'
import { ByteReader, ByteWriter } from '../std/bytes.ts'

// One writer for all: `take` copies.
const writer = new ByteWriter()

/** The states of a roll-up as one blob. */
export function encodeStates(states: readonly PaneState[]): Uint8Array {
  writer.varint(states.length)
  for (const { kind, version, payload } of states) {
    writer.u8(kind)
    writer.u8(version)
    writer.varint(payload.length)
    writer.raw(payload)
  }
  return writer.take()
}

/** The states in a blob, whose payloads are copies; undefined where it is none, or cut. */
export function decodeStates(bytes: Uint8Array): readonly PaneState[] | undefined {
  const reader = new ByteReader(bytes)
  const count = reader.varint()
  const states: PaneState[] = []
  for (let i = 0; i < count && reader.ok; i++) {
    const kind = reader.u8()
    const version = reader.u8()
    // Not `slice`: of a driver's or a file's Buffer that would be another view of its pool.
    states.push({ kind, version, payload: new Uint8Array(reader.raw(reader.varint())) })
  }
  return reader.ok && reader.at === bytes.length ? states : undefined
}
