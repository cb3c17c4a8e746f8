import { crc32c } from './crc32c.ts'

/**
 * What a machine may do faster for record batches than we can write it. Every implementation gives
 * the same answers; which one runs is the composition root's to say.
 */
export interface Codecs {
  /** CRC-32C of `bytes[from, to)`, unsigned; the range lies within the bytes. */
  crc32c(bytes: Uint8Array, from: number, to: number): number
}

/** Nothing but our own code. */
export const plainCodecs: Codecs = { crc32c }
