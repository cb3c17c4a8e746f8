/** A varint that ran out of bytes, or out of ± 2^53. */
export const NO_VARINT = Number.MAX_VALUE

/** Where the next varint is read, and the end that it must not pass. */
export type Cursor = { at: number; end: number }

/** A zigzag varint of at most 5 bytes; `NO_VARINT` past its end. */
export function varint(bytes: Uint8Array, cursor: Cursor): number {
  let raw = 0
  for (let shift = 0; shift < 35 && cursor.at < cursor.end; shift += 7) {
    const byte = bytes[cursor.at++]!
    raw |= (byte & 127) << shift
    if (byte < 128) return (raw >>> 1) ^ -(raw & 1)
  }
  return NO_VARINT
}

/** A zigzag varlong of at most 10 bytes, by multiplication: shifts end at 32 bits. */
export function varlong(bytes: Uint8Array, cursor: Cursor): number {
  let raw = 0
  let scale = 1
  let isOdd = false
  for (let i = 0; i < 10 && cursor.at < cursor.end; i++, scale *= 128) {
    const byte = bytes[cursor.at++]!
    if (i === 0) isOdd = (byte & 1) === 1
    raw += (i === 0 ? byte & 126 : byte & 127) * scale
    if (byte < 128) return isOdd ? -raw / 2 - 1 : raw / 2
  }
  return NO_VARINT
}
