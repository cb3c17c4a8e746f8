// An LZ4 frame: magic 04 22 4d 18 · FLG · BD · [u64 content size] · HC, the second byte of the
// header's xxHash32 · blocks: u32 size, high bit: stored as it is · bytes · [u32 xxHash32 of them]
// · u32 0 · [u32 xxHash32 of the content]. All numbers stand least byte first.
// FLG: version 01 in bits 6–7 · 5 blocks stand alone · 4 sums of blocks · 3 content size
// · 2 sum of the content · 0 a dictionary. BD: bits 4–6, 4 to 7: blocks of 64 KiB to 4 MiB.

import { inflateLz4Block, lz4BlockBytesMax, Lz4BlockWriter } from './lz4-block.ts'
import { Scratch } from './scratch.ts'
import { le32, xxhash32 } from './xxhash32.ts'

const MAGIC = 0x184d2204

/** What the Java client writes: blocks of 64 KiB that stand alone, no sums. */
const HEADER = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]
const BLOCK_BYTES = 65_536

/** A byte of a block says at most this many bytes of content. */
const GROWTH_MAX = 255

type Frame = {
  readonly bytes: Uint8Array
  readonly blocksAt: number
  readonly areAlone: boolean
  readonly hasBlockSums: boolean
  readonly hasSum: boolean
  readonly blockBytesMax: number
  readonly contentBytes: number | undefined
}

/** One block: `bytes[from, to)`; the next one's size stands at `next`. */
type Block = {
  readonly from: number
  readonly to: number
  readonly next: number
  readonly isStored: boolean
}

/** Reads and writes LZ4 frames. What it answers is valid until the next call. */
export class Lz4Frames {
  readonly #scratch = new Scratch()
  readonly #writer = new Lz4BlockWriter()

  deflate(bytes: Uint8Array): Uint8Array {
    const count = Math.ceil(bytes.length / BLOCK_BYTES)
    const into = this.#scratch.room(HEADER.length + 4 + count * (4 + lz4BlockBytesMax(BLOCK_BYTES)))
    into.set(HEADER)
    let at = HEADER.length
    for (let from = 0; from < bytes.length; from += BLOCK_BYTES) {
      const block = { from, to: Math.min(from + BLOCK_BYTES, bytes.length) }
      const end = this.#writer.write(bytes, block, { into, at: at + 4 })
      const size = end - at - 4
      const length = block.to - from
      const isStored = size >= length
      putLe32(into, at, isStored ? length | 0x80000000 : size)
      if (isStored) into.set(bytes.subarray(from, block.to), at + 4)
      at = isStored ? at + 4 + length : end
    }
    putLe32(into, at, 0)
    return into.subarray(0, at + 4)
  }

  /** Undefined for what is no whole frame or holds more than `bytesMax`. */
  inflate(bytes: Uint8Array, bytesMax: number): Uint8Array | undefined {
    const frame = headerOf(bytes)
    const size = frame && contentBytesMax(frame, bytesMax)
    if (frame === undefined || size === undefined) return undefined
    const into = this.#scratch.room(size)
    let at = frame.blocksAt
    let out = 0
    for (let block = blockAt(frame, at); block; block = blockAt(frame, at)) {
      const { from, to, isStored } = block
      if (frame.hasBlockSums && xxhash32(bytes, from, to) !== le32(bytes, to) >>> 0)
        return undefined
      const limit = Math.min(size, out + frame.blockBytesMax)
      if (!isStored) {
        const floor = frame.areAlone ? out : 0
        out = inflateLz4Block(bytes, block, { into, at: out, to: limit, floor })
        if (out < 0) return undefined
      } else {
        if (to - from > limit - out) return undefined
        into.set(bytes.subarray(from, to), out)
        out += to - from
      }
      at = block.next
    }
    return isWhole(frame, at, into.subarray(0, out)) ? into.subarray(0, out) : undefined
  }
}

function headerOf(bytes: Uint8Array): Frame | undefined {
  if (bytes.length < 11 || le32(bytes, 0) !== MAGIC) return undefined
  const [flags, blocks] = [bytes[4]!, bytes[5]!]
  const hasSize = (flags & 8) !== 0
  const end = hasSize ? 14 : 6
  const sizeId = blocks >>> 4
  if ((flags & 0b1100_0011) !== 0b0100_0000 || (blocks & 0b1000_1111) !== 0) return undefined
  if (sizeId < 4 || bytes.length < end + 5) return undefined
  if (((xxhash32(bytes, 4, end) >>> 8) & 255) !== bytes[end]) return undefined
  return {
    bytes,
    blocksAt: end + 1,
    areAlone: (flags & 32) !== 0,
    hasBlockSums: (flags & 16) !== 0,
    hasSum: (flags & 4) !== 0,
    blockBytesMax: 1 << (8 + 2 * sizeId),
    contentBytes: hasSize ? (le32(bytes, 6) >>> 0) + (le32(bytes, 10) >>> 0) * 2 ** 32 : undefined,
  }
}

/** The block whose size stands at `at`; undefined at the end mark, and where bytes are missing. */
function blockAt({ bytes, hasBlockSums }: Frame, at: number): Block | undefined {
  if (bytes.length - at < 8) return undefined
  const head = le32(bytes, at)
  const size = head & 0x7fffffff
  const next = at + 4 + size + (hasBlockSums ? 4 : 0)
  if (size === 0 || next > bytes.length) return undefined
  return { from: at + 4, to: at + 4 + size, next, isStored: head < 0 }
}

/**
 * Room that the content needs at most, known before any is taken; undefined where a frame says more
 * than `bytesMax`, or than its blocks can hold.
 */
function contentBytesMax(frame: Frame, bytesMax: number): number | undefined {
  const { contentBytes, blockBytesMax } = frame
  let sum = 0
  for (let block = blockAt(frame, frame.blocksAt); block; block = blockAt(frame, block.next)) {
    const size = block.to - block.from
    if (size > blockBytesMax) return undefined
    sum += block.isStored ? size : Math.min(blockBytesMax, size * GROWTH_MAX)
  }
  const bound = Math.min(sum, bytesMax)
  if (contentBytes === undefined) return bound
  return contentBytes > bound ? undefined : contentBytes
}

/** Whether a frame ends as it must behind its last block. */
function isWhole(frame: Frame, at: number, content: Uint8Array): boolean {
  const { bytes, hasSum, contentBytes = content.length } = frame
  if (bytes.length !== at + (hasSum ? 8 : 4) || le32(bytes, at) !== 0) return false
  if (content.length !== contentBytes) return false
  return !hasSum || xxhash32(content, 0, content.length) === le32(bytes, at + 4) >>> 0
}

function putLe32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
}
