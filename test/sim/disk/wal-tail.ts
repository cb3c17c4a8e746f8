import { closeSync, existsSync, openSync, readSync } from 'node:fs'

// SQLite's write-ahead log (sqlite.org/fileformat2.html#walformat): a header of 32 bytes with the
// page size at 8 and two salts at 16, then frames of 24 bytes and a page; a frame belongs to the
// log as long as it has the header's salts.
const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24

/** Where the frames of a write-ahead log end, and which generation of it that is. */
export type WalEnd = { readonly salts: string; readonly bytes: number }

const NONE: WalEnd = { salts: '', bytes: 0 }

/** Finds the end of the frames, from the end that was found before where that still holds. */
export function walEnd(path: string, before: WalEnd = NONE): WalEnd {
  if (!existsSync(path)) return NONE
  const file = openSync(path, 'r')
  try {
    const header = bytesAt(file, 0, HEADER_BYTES)
    if (header.length < HEADER_BYTES) return NONE
    const salts = header.subarray(16, 24)
    const pageBytes = header.readUInt32BE(8)
    const isSame = before.salts === salts.toString('hex')
    let bytes = isSame ? before.bytes : HEADER_BYTES
    for (;;) {
      const frame = bytesAt(file, bytes, FRAME_HEADER_BYTES)
      if (frame.length < FRAME_HEADER_BYTES || !frame.subarray(8, 16).equals(salts)) break
      bytes += FRAME_HEADER_BYTES + pageBytes
    }
    return { salts: salts.toString('hex'), bytes }
  } finally {
    closeSync(file)
  }
}

function bytesAt(file: number, at: number, count: number): Buffer {
  const bytes = Buffer.alloc(count)
  return bytes.subarray(0, readSync(file, bytes, 0, count, at))
}
