import type { Prng } from '../../src/std/prng.ts'

/** Bytes in a buffer with room behind them, of which mutations make others. */
export type Mutable = { readonly bytes: Uint8Array; from: number; to: number }

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Bytes that mean something to JSON, to UTF-8 or to a varint. */
const TELLING = Uint8Array.from([
  ...utf8('"\\{}[],:-+.eE0123456789 \t\n\r/tfn\x7f'),
  ...[0x00, 0x01, 0x1f, 0x80, 0xbf, 0xc0, 0xc1, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff],
])

const JUNK = ['}', ' ', '0', '\0', ',"p":1}', '"', '{', '\n', '\u00a0', ',', '}}', '\ufeff'].map(
  utf8,
)

/** Changes the bytes in one of nine ways; they stay within their buffer. */
export function mutate({ below }: Prng, row: Mutable): void {
  const { bytes, from } = row
  const length = row.to - from
  if (length < 2) return
  const at = from + below(length)
  switch (below(9)) {
    case 0:
      bytes[at] = below(256)
      break
    case 1:
    case 2:
      bytes[at] = TELLING[below(TELLING.length)]!
      break
    case 3:
      bytes[at] = bytes[at]! ^ (1 << below(8))
      break
    case 4:
      row.to = at
      break
    case 5:
      insert(row, row.to, JUNK[below(JUNK.length)]!)
      break
    case 6:
      insert(row, at, TELLING.subarray(...pieceOf(below, TELLING.length, 1)))
      break
    case 7: {
      // A piece of the row once more, somewhere: repeated members, doubled digits.
      const [start, end] = pieceOf(below, length, Math.min(length, 24))
      insert(row, at, bytes.slice(from + start, from + end))
      break
    }
    default:
      bytes.copyWithin(at, at + 1, row.to)
      row.to--
  }
}

function pieceOf(
  below: Prng['below'],
  length: number,
  most: number,
): readonly [start: number, end: number] {
  const start = below(length)
  return [start, Math.min(length, start + 1 + below(most))]
}

function insert(row: Mutable, at: number, piece: Uint8Array): void {
  const { bytes } = row
  if (row.to + piece.length > bytes.length) return
  bytes.copyWithin(at + piece.length, at, row.to)
  bytes.set(piece, at)
  row.to += piece.length
}
