import { crc32c } from './crc32c.ts'

/**
 * What a machine may do faster for record batches than we can write it, and what only a machine
 * can. Every implementation gives the same answers, or none; which one runs is the composition
 * root's to say. Codecs by number: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.
 */
export interface Codecs {
  /** CRC-32C of `bytes[from, to)`, unsigned; the range lies within the bytes. */
  crc32c(bytes: Uint8Array, from: number, to: number): number
  /**
   * The bytes compressed; the bytes themselves where this implementation lacks the codec. Valid
   * until the next `deflate` or `inflate`.
   */
  deflate(codec: number, bytes: Uint8Array): Uint8Array
  /**
   * What was compressed; undefined where the bytes are damaged, hold more than `bytesMax` or are
   * of a codec that this implementation lacks. Never takes memory of more than about `bytesMax`.
   * Valid until the next `deflate` or `inflate`.
   */
  inflate(codec: number, bytes: Uint8Array, bytesMax: number): Uint8Array | undefined
}

/** Nothing but our own code: checksums, and records that are not compressed. */
export const plainCodecs: Codecs = {
  crc32c,
  deflate: (_, bytes) => bytes,
  inflate: (codec, bytes, bytesMax) =>
    codec === 0 && bytes.length <= bytesMax ? bytes : undefined,
}
