import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Codecs } from '../../wire/record-batch/codecs.ts'
import { Lz4Frames } from './lz4-frame.ts'
import { SnappyStreams } from './snappy-stream.ts'

const ZSTD_LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 3 } }

/** Output is taken in pieces of about what it will be, so that few have to be joined. */
const PIECE_BYTES = { least: 16_384, most: 1_048_576 }

/** All of Kafka's codecs; what they answer is valid until the next call of either function. */
export function openCompression(): Pick<Codecs, 'deflate' | 'inflate'> {
  const lz4 = new Lz4Frames()
  const snappy = new SnappyStreams()
  return {
    deflate: (codec, bytes) => {
      if (codec === 1) return gzipSync(bytes)
      if (codec === 2) return snappy.deflate(bytes)
      if (codec === 3) return lz4.deflate(bytes)
      return codec === 4 ? zstdCompressSync(bytes, ZSTD_LEVEL) : bytes
    },
    inflate: (codec, bytes, bytesMax) => {
      if (codec === 0) return bytes.length > bytesMax ? undefined : bytes
      if (codec === 1) return inflatedBy(gunzipSync, bytes, bytesMax)
      if (codec === 2) return snappy.inflate(bytes, bytesMax)
      if (codec === 3) return lz4.inflate(bytes, bytesMax)
      return codec === 4 ? inflatedBy(zstdDecompressSync, bytes, bytesMax) : undefined
    },
  }
}

function inflatedBy(
  inflate: typeof gunzipSync | typeof zstdDecompressSync,
  bytes: Uint8Array,
  bytesMax: number,
): Uint8Array | undefined {
  const { least, most } = PIECE_BYTES
  const chunkSize = Math.min(most, Math.max(least, 4 * bytes.length))
  try {
    // The least bound that there is to give is one byte.
    const content = inflate(bytes, { chunkSize, maxOutputLength: Math.max(1, bytesMax) })
    return content.length > bytesMax ? undefined : content
  } catch (error) {
    // Damage and too much output: both are told by what is thrown, and neither is ours to repair.
    if (error instanceof Error) return undefined
    throw error
  }
}
