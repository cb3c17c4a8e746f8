/** Reflected Castagnoli polynomial (RFC 3720, B.4). */
const POLYNOMIAL = 0x82f63b78

/** Sixteen tables end to end: entry 256 · k + b is byte b followed by k zero bytes. */
const TABLE = sixteenTables()

function sixteenTables(): Int32Array {
  const table = new Int32Array(16 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0)
    table[byte] = crc
  }
  for (let i = 256; i < table.length; i++) {
    const before = table[i - 256]!
    table[i] = (before >>> 8) ^ table[before & 255]!
  }
  return table
}

/** Words are as the machine lays them down, and the tables want the first byte lowest. */
const IS_LITTLE_ENDIAN = new Uint8Array(Int32Array.of(1).buffer)[0] === 1
const WORDS_BYTES_MIN = IS_LITTLE_ENDIAN ? 64 : Infinity

/**
 * CRC-32C of `bytes[from, to)`, unsigned, by slicing-by-16 (Kounavis and Berry, 2008, widened from
 * eight): the sixteen look-ups of a step do not wait for each other. Indices are the caller's
 * promise: within the array.
 */
export function crc32c(bytes: Uint8Array, from: number, to: number): number {
  if (to - from < WORDS_BYTES_MIN) return ~byBytes(-1, bytes, { from, to }) >>> 0
  const aligned = from + (-(bytes.byteOffset + from) & 3)
  const stepsEnd = aligned + ((to - aligned) & ~15)
  let crc = byBytes(-1, bytes, { from, to: aligned })
  const place = bytes.byteOffset + aligned
  crc = byWords(crc, new Int32Array(bytes.buffer, place, (stepsEnd - aligned) >> 2))
  return ~byBytes(crc, bytes, { from: stepsEnd, to }) >>> 0
}

function byBytes(
  before: number,
  bytes: Uint8Array,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  let crc = before
  for (let i = from; i < to; i++) crc = (crc >>> 8) ^ TABLE[(crc ^ bytes[i]!) & 255]!
  return crc
}

/** Four words a step. */
function byWords(before: number, words: Int32Array): number {
  const t = TABLE
  let crc = before
  for (let i = 3; i < words.length; i += 4) {
    const a = words[i - 3]! ^ crc
    const b = words[i - 2]!
    const c = words[i - 1]!
    const d = words[i]!
    crc =
      t[3840 + (a & 255)]! ^
      t[3584 + ((a >>> 8) & 255)]! ^
      t[3328 + ((a >>> 16) & 255)]! ^
      t[3072 + (a >>> 24)]! ^
      t[2816 + (b & 255)]! ^
      t[2560 + ((b >>> 8) & 255)]! ^
      t[2304 + ((b >>> 16) & 255)]! ^
      t[2048 + (b >>> 24)]! ^
      t[1792 + (c & 255)]! ^
      t[1536 + ((c >>> 8) & 255)]! ^
      t[1280 + ((c >>> 16) & 255)]! ^
      t[1024 + (c >>> 24)]! ^
      t[768 + (d & 255)]! ^
      t[512 + ((d >>> 8) & 255)]! ^
      t[256 + ((d >>> 16) & 255)]! ^
      t[d >>> 24]!
  }
  return crc
}
