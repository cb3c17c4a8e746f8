import { checkBatch, emptyHeader } from '../../../wire/record-batch/batch-header.ts'
import type { BatchHeader, RejectReason } from '../../../wire/record-batch/batch-header.ts'
import { plainCodecs, type Codecs } from '../../../wire/record-batch/codecs.ts'
import type { DiskFile } from '../disk.ts'

const CHUNK_BYTES = 2 * 1_048_576

type WalkRange = { readonly from: number; readonly to: number; readonly codecs?: Codecs }

/** Where a walk ended, and why when not at the end of the bytes. */
export type WalkEnd = { readonly position: number; readonly reason?: RejectReason }

/**
 * Visits the record batches of a file in turn, CRC checked, from `from` to the first that does not
 * hold or that `visit` refuses. Header and batch are valid during the visit.
 */
export async function walkSegment(
  file: DiskFile,
  { from, to, codecs = plainCodecs }: WalkRange,
  visit: (header: BatchHeader, position: number, batch: Uint8Array) => boolean,
): Promise<WalkEnd> {
  const header = emptyHeader()
  let buffer = new Uint8Array(Math.min(CHUNK_BYTES, to - from))
  let position = from
  let left = 0
  while (position + left < to) {
    const room = buffer.subarray(left, Math.min(buffer.length, to - position))
    const filled = left + (await file.read(room, position + left))
    if (filled === left) break
    let at = 0
    while (at < filled) {
      const verdict = checkBatch(buffer, { at, to: filled, codecs }, header)
      if (verdict === 'partial') break
      if (verdict !== 'ok') return { position: position + at, reason: verdict }
      const batch = buffer.subarray(at, at + header.size)
      if (!visit(header, position + at, batch))
        return { position: position + at, reason: 'offsets' }
      at += header.size
    }
    left = filled - at
    position += at
    if (at > 0) buffer.copyWithin(0, at, filled)
    else if (filled === buffer.length && position + left < to) buffer = doubled(buffer)
  }
  return position < to ? { position, reason: 'length' } : { position }
}

function doubled(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(bytes.length * 2)
  grown.set(bytes)
  return grown
}
