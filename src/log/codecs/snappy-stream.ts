// Snappy comes in two shapes. Java frames it (xerial): 82 S N A P P Y 00 · i32 version 1 · i32
// least version 1 · chunks: i32 length · a block; these numbers stand highest byte first. C clients
// write one block as it is.

import type { Span } from './lz4-block.ts'
import { Scratch } from './scratch.ts'
import { inflateSnappyBlock, snappyBlockBytesMax, snappyHead } from './snappy-block.ts'
import { SnappyBlockWriter } from './snappy-block.ts'

const HEADER = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]
const MAGIC_BYTES = 8

/** Distances reach no further in the short forms. */
const CHUNK_BYTES = 65_536

/** Reads both shapes and writes Java's. What it answers is valid until the next call. */
export class SnappyStreams {
  readonly #scratch = new Scratch()
  readonly #writer = new SnappyBlockWriter()

  deflate(bytes: Uint8Array): Uint8Array {
    const count = Math.ceil(bytes.length / CHUNK_BYTES)
    const into = this.#scratch.room(HEADER.length + count * (4 + snappyBlockBytesMax(CHUNK_BYTES)))
    into.set(HEADER)
    let at = HEADER.length
    for (let from = 0; from < bytes.length; from += CHUNK_BYTES) {
      const chunk = { from, to: Math.min(from + CHUNK_BYTES, bytes.length) }
      const end = this.#writer.write(bytes, chunk, { into, at: at + 4 })
      const size = end - at - 4
      into[at] = size >>> 24
      into[at + 1] = size >>> 16
      into[at + 2] = size >>> 8
      into[at + 3] = size
      at = end
    }
    return into.subarray(0, at)
  }

  /** Undefined for what is damaged or holds more than `bytesMax`. */
  inflate(bytes: Uint8Array, bytesMax: number): Uint8Array | undefined {
    const chunks = isFramed(bytes) ? chunksOf(bytes) : [{ from: 0, to: bytes.length }]
    const blocks = chunks?.map((chunk) => ({ ...chunk, head: snappyHead(bytes, chunk) }))
    const size = blocks?.reduce((sum, { head }) => sum + (head?.size ?? Infinity), 0) ?? Infinity
    if (blocks === undefined || size > bytesMax) return undefined
    const into = this.#scratch.room(size)
    let out = 0
    for (const { to, head } of blocks) {
      if (head === undefined) return undefined
      const place = { into, at: out, to: out + head.size }
      if (!inflateSnappyBlock(bytes, { from: head.at, to }, place)) return undefined
      out = place.to
    }
    return into.subarray(0, out)
  }
}

const isFramed = (bytes: Uint8Array): boolean =>
  bytes.length >= HEADER.length &&
  HEADER.slice(0, MAGIC_BYTES).every((byte, i) => bytes[i] === byte)

/** Undefined where a length reaches beyond the bytes. */
function chunksOf(bytes: Uint8Array): readonly Span[] | undefined {
  const chunks: Span[] = []
  let at = HEADER.length
  while (at < bytes.length) {
    if (bytes.length - at < 4) return undefined
    const size =
      (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
    if (size <= 0 || size > bytes.length - at - 4) return undefined
    chunks.push({ from: at + 4, to: at + 4 + size })
    at += 4 + size
  }
  return chunks
}
