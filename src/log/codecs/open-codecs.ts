import type { Codecs } from '../../wire/record-batch/codecs.ts'
import { crc32c } from '../../wire/record-batch/crc32c.ts'
import { openCompression } from './compression.ts'

/** CRC-32C of all bytes, by the machine's own instructions. */
export type NativeCrc32c = (bytes: Uint8Array) => number

/** Codecs, and what they are made of: of the plain ones, why they are no others. */
export type OpenedCodecs = Codecs &
  ({ readonly crc32cBy: 'native' } | { readonly crc32cBy: 'plain'; readonly reason: string })

/** Below so many bytes the call out of JavaScript costs more than it saves. */
const NATIVE_BYTES_MIN = 512

/**
 * The fastest codecs that this machine has: a native checksum where the optional package has a
 * build for it that loads and gives our answers, else our own; compression in all of Kafka's forms.
 */
export async function openCodecs(
  load: () => Promise<NativeCrc32c> = loadNative,
): Promise<OpenedCodecs> {
  const compression = openCompression()
  let native: NativeCrc32c
  try {
    native = await load()
  } catch (error) {
    return { ...compression, crc32c, crc32cBy: 'plain', reason: String(error) }
  }
  if (!isRight(native)) {
    return { ...compression, crc32c, crc32cBy: 'plain', reason: 'it gives other answers' }
  }
  return {
    ...compression,
    crc32c: (bytes, from, to) =>
      to - from < NATIVE_BYTES_MIN ? crc32c(bytes, from, to) : native(bytes.subarray(from, to)),
    crc32cBy: 'native',
  }
}

async function loadNative(): Promise<NativeCrc32c> {
  const { crc32c: native } = await import('@node-rs/crc32')
  return native
}

function isRight(native: NativeCrc32c): boolean {
  const bytes = Uint8Array.from({ length: 4099 }, (_, i) => (i * i) >>> 3)
  return native(bytes) === crc32c(bytes, 0, bytes.length)
}
