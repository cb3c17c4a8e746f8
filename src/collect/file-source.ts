import { createReadStream } from 'node:fs'
import { Readable, pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { readingLimits } from '../model/reading.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import { NdjsonLines, type SourceLine } from './ndjson-lines.ts'

/** The lines that one read brought; they must be read to their end before the next chunk. */
export type SourceChunk = {
  readonly lines: Iterable<SourceLine>
  /** Bytes taken from the input so far, packed as they lie there: for a progress bar. */
  readonly readBytes: number
}

const GZIP_MAGIC = [0x1f, 0x8b] as const

/**
 * The lines of a file, plain or gzip (told by its first bytes), in order and over one pass.
 * @throws COLLECT_INPUT_UNREADABLE: missing, not allowed, or packed bytes that break off. The lines
 * before the break were given.
 */
export const fileLines = (path: string): AsyncGenerator<SourceChunk> =>
  inputLines(createReadStream(path, { highWaterMark: 256 * 1024 }), path)

/**
 * The same for any stream of bytes, such as stdin; `name` is for the error's sentence.
 * @throws COLLECT_INPUT_UNREADABLE.
 */
export async function* inputLines(
  input: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<SourceChunk> {
  const lines = new NdjsonLines({ lineBytesMax: readingLimits.rowBytesMax })
  const read = { bytes: 0 }
  try {
    for await (const chunk of unpacked(input, read)) {
      yield { lines: lines.push(chunk), readBytes: read.bytes }
    }
  } catch (error) {
    if (error instanceof NocturneError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new NocturneError('COLLECT_INPUT_UNREADABLE', `${name}: ${reason}`, { cause: error })
  }
  yield { lines: lines.end(), readBytes: read.bytes }
}

async function* unpacked(
  input: AsyncIterable<Uint8Array>,
  read: { bytes: number },
): AsyncGenerator<Uint8Array> {
  const chunks = input[Symbol.asyncIterator]()
  const first = await firstBytes(chunks)
  const rest = counted(first, { [Symbol.asyncIterator]: () => chunks }, read)
  if (first[0] !== GZIP_MAGIC[0] || first[1] !== GZIP_MAGIC[1]) return yield* rest
  const gunzip = createGunzip()
  // An error of either stream destroys the other, and reading below throws it.
  pipeline(Readable.from(rest), gunzip, () => undefined)
  for await (const chunk of gunzip) yield chunk
}

/** Enough of the input to know its kind: two bytes, or all where it has fewer. */
async function firstBytes(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let first: Uint8Array = new Uint8Array(0)
  while (first.length < 2) {
    const next = await chunks.next()
    if (next.done === true) break
    first = Buffer.concat([first, next.value])
  }
  return first
}

async function* counted(
  first: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
  read: { bytes: number },
): AsyncGenerator<Uint8Array> {
  read.bytes += first.length
  if (first.length > 0) yield first
  for await (const chunk of rest) {
    read.bytes += chunk.length
    yield chunk
  }
}
