// The bytes of an Apache DataSketches tuple sketch as `tuple_sketch_agg_double` writes them: a sum
// of doubles by key ("Apache DataSketches Core: tuple, compact image"; little-endian):
//   0 preamble longs (1 none or one entry, 2 more) · 1 = 3 version · 2 = 9 family · 3 = 1 compact
//   6 u16 hash of the seed · 8 u32 how many (where there are more) · entries: u64 hash, f64 sum,
//   u8 0: that it is a sum
// Three preamble longs mean a sample of the keys, which 64 keys never need: refused.

/** MurmurHash3 x64 128 of the keys 0 to 63 as longs, seed 9001: 63 bits, without the last of 64. */
const HASHES = `
  204480c8ee616be5 05a186bdcb7df915 1e9d708112fc97c3 5d6906dac1b340ba 083ddbc9e12ede40
  14cc9146727332bd 10bc98fb132116fe 7cc38399ea8bf4e0 085768b891b98b69 222f8c990b30d11a
  7e35b94b77232dd8 018f2413897938fb 1f74fd1a385ba523 3a9741af9cc41e57 20b66f6fa3dcba3e
  1e61664abc16a96d 484b098d291a62b7 3f8bd978f5adf867 6f2847d4b1fc9fdc 44cdd80ae228eee1
  493bd78b6e123d64 04beeacd9fcfdae2 1bc9dd061184a39b 1cae0cbce04df24f 3d793d134054ab5c
  25aa4909d5fb96f7 11ba6ff65cf59d91 4eee0ac916350ce3 2da1a6332818d49a 7b0a1a31d8ea3fac
  283cc4f62d305dcb 355524ab32c4e246 720e526801b516cf 2e4c081360f7d067 29362986d743b9d5
  3b1d8459e2e634c2 21725f4f898ef2b6 3e22db7af10497db 159f33e7aa6103ca 30b7138508b11299
  71958c65fc98aa49 714235bfd25a1101 484019d7e6e85e0d 504bc440f75861c7 3c7605cc371a3c6b
  2b972cf5292fa198 3fa643d432f23d50 2117f870da24481f 3c3c66eed702a316 07e62d2b579a3163
  0b6f7f4235cd4e61 7cc1948aefd3ccb0 7b99e8da75d5c542 05ed0a24decaa96a 131f388c5e7728f3
  0506ba526d4d0bed 518b5eaaadce9f58 04860bfe68bda7e8 19d664957d5c5459 1c74ae5f73b19f55
  0b4825451c8b1eb2 217efe4512d624c6 6e57c78c47cae7f3 05c97f83d279cef7
`

const bucketByHash = new Map(
  HASHES.trim()
    .split(/\s+/)
    .map((hash, bucket) => [BigInt(`0x${hash}`), bucket]),
)
const BUCKETS = bucketByHash.size
const VERSION = 3
const FAMILY = 9
const COMPACT = 1
const SEED_HASH = 0x93cc
const ENTRY_BYTES = 17
const SUM = 0

/** The sums by key from 0 to 63, 0 where nothing was; undefined of bytes that are not known. */
export function readTupleSums(bytes: Uint8Array): readonly number[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length < 8 || !isOurs(view)) return undefined
  const from = bytes[0]! * 8
  const count = from === 16 && bytes.length >= 16 ? view.getUint32(8, true) : from === 8 ? 1 : -1
  const isEmpty = from === 8 && bytes.length === 8
  if (!isEmpty && bytes.length !== from + count * ENTRY_BYTES) return undefined
  const sums: number[] = new Array(BUCKETS).fill(0)
  for (let at = from; at < bytes.length; at += ENTRY_BYTES) {
    const bucket = bucketByHash.get(view.getBigUint64(at, true))
    if (bucket === undefined || bytes[at + 16] !== SUM) return undefined
    sums[bucket] = view.getFloat64(at + 8, true)
  }
  return sums
}

const isOurs = (view: DataView): boolean =>
  view.getUint8(1) === VERSION &&
  view.getUint8(2) === FAMILY &&
  view.getUint8(3) === COMPACT &&
  view.getUint16(6, true) === SEED_HASH
