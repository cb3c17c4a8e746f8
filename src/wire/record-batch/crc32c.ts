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

/**
 * CRC-32C of `bytes[from, to)`, unsigned, by slicing-by-16 (Kounavis and Berry, 2008, widened from
 * eight): the sixteen look-ups of a step do not wait for each other. Indices are the caller's
 * promise: within the array.
 */
export function crc32c(bytes: Uint8Array, from: number, to: number): number {
  const t = TABLE
  let crc = -1
  let i = from
  for (const whole = to - 15; i < whole; i += 16) {
    crc =
      t[3840 + (bytes[i]! ^ (crc & 255))]! ^
      t[3584 + (bytes[i + 1]! ^ ((crc >>> 8) & 255))]! ^
      t[3328 + (bytes[i + 2]! ^ ((crc >>> 16) & 255))]! ^
      t[3072 + (bytes[i + 3]! ^ (crc >>> 24))]! ^
      t[2816 + bytes[i + 4]!]! ^
      t[2560 + bytes[i + 5]!]! ^
      t[2304 + bytes[i + 6]!]! ^
      t[2048 + bytes[i + 7]!]! ^
      t[1792 + bytes[i + 8]!]! ^
      t[1536 + bytes[i + 9]!]! ^
      t[1280 + bytes[i + 10]!]! ^
      t[1024 + bytes[i + 11]!]! ^
      t[768 + bytes[i + 12]!]! ^
      t[512 + bytes[i + 13]!]! ^
      t[256 + bytes[i + 14]!]! ^
      t[bytes[i + 15]!]!
  }
  for (; i < to; i++) crc = (crc >>> 8) ^ t[(crc ^ bytes[i]!) & 255]!
  return ~crc >>> 0
}
