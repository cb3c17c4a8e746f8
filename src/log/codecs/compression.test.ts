import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { prng } from '../../std/prng.ts'
import { openCompression } from './compression.ts'
import { xxhash32 } from './xxhash32.ts'

const CODECS = [1, 2, 3, 4]
const MEBIBYTE = 1_048_576
const { deflate, inflate } = openCompression()
const deflated = (codec: number, bytes: Uint8Array) => Uint8Array.from(deflate(codec, bytes))

/** Pieces of noise, of one byte, and of what stood before: what codecs tell apart. */
function piecemeal(seed: number, pieces: number): Uint8Array {
  const random = prng(seed)
  let bytes: number[] = []
  for (let piece = 0; piece < pieces; piece++) {
    const length = random.below(random.below(4) === 0 ? 5000 : 60)
    const kind = random.below(3)
    const from = random.below(bytes.length + 1)
    const value = random.below(256)
    bytes = bytes.concat(
      kind === 2
        ? bytes.slice(from, from + length)
        : Array.from({ length }, () => (kind === 0 ? random.below(256) : value)),
    )
  }
  return Uint8Array.from(bytes)
}

test('every codec gives back what it was given, of any length and kind', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(60), (seed, pieces) => {
      const bytes = piecemeal(seed, pieces)
      for (const codec of CODECS) {
        const back = inflate(codec, deflated(codec, bytes), bytes.length)
        assert.ok(back !== undefined && Buffer.compare(back, bytes) === 0, `codec ${codec}`)
      }
    }),
    { numRuns: 300 },
  )
})

test('content of several blocks, zeros and noise, comes back whole', () => {
  const random = prng(4)
  for (const length of [65_535, 65_536, 65_537, 131_072, 5 * MEBIBYTE + 3]) {
    const noise = Uint8Array.from({ length }, () => random.below(256))
    for (const bytes of [noise, new Uint8Array(length), noise.map((byte) => byte & 3)]) {
      for (const codec of CODECS) {
        const back = inflate(codec, deflated(codec, bytes), length)
        assert.ok(back !== undefined && Buffer.compare(back, bytes) === 0, `codec ${codec}`)
      }
    }
  }
})

test('[L20] a byte more than is allowed is refused, by every codec', () => {
  for (const length of [1, 100, 65_537, 300_000]) {
    const bytes = piecemeal(length, 40).slice(0, length)
    for (const codec of [0, ...CODECS]) {
      const small = deflated(codec, bytes)
      assert.ok(inflate(codec, small, bytes.length), `codec ${codec}, ${bytes.length} bytes`)
      assert.equal(inflate(codec, small, bytes.length - 1), undefined, `codec ${codec}`)
    }
  }
})

test('[L20] a bomb of 64 MiB and a byte is refused, by every codec', () => {
  const bytes = new Uint8Array(64 * MEBIBYTE + 1)
  for (const codec of CODECS) {
    const bomb = deflated(codec, bytes)
    assert.equal(inflate(codec, bomb, 64 * MEBIBYTE), undefined, `codec ${codec}`)
  }
})

test('[L20] what is cut short is refused wherever it is cut', () => {
  const bytes = piecemeal(11, 30)
  for (const codec of CODECS) {
    const small = deflated(codec, bytes)
    for (let to = 0; to < small.length; to += 1 + (to >> 6)) {
      const back = inflate(codec, small.subarray(0, to), MEBIBYTE)
      // Java's frame of Snappy may end behind any chunk, an empty one behind its header.
      if (codec === 2 && to === 16) assert.equal(back?.length, 0)
      else assert.equal(back, undefined, `codec ${codec}, ${to} bytes`)
    }
  }
})

test('[L20] any other bytes are refused or inflated within their bound', () => {
  const change = fc.tuple(fc.nat(), fc.nat(255))
  fc.assert(
    fc.property(fc.nat(), fc.array(change, { minLength: 1, maxLength: 5 }), (seed, changes) => {
      const bytes = piecemeal(seed, 12)
      for (const codec of CODECS) {
        const small = deflated(codec, bytes)
        for (const [at, value] of changes) small[at % small.length] = value
        const back = inflate(codec, small, bytes.length)
        assert.ok(back === undefined || back.length <= bytes.length)
      }
    }),
    { numRuns: 1000 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...CODECS), (bytes, codec) => {
      const back = inflate(codec, bytes, 1000)
      assert.ok(back === undefined || back.length <= 1000)
    }),
    { numRuns: 3000 },
  )
})

test('a number that is no codec inflates nothing and leaves what it is to deflate', () => {
  const bytes = Uint8Array.of(1, 2, 3)

  assert.equal(inflate(5, bytes, 100), undefined)
  assert.equal(deflate(5, bytes), bytes)
})

test('xxHash32 gives the values that its authors publish', () => {
  const vectors = [
    ['', 0x02cc5d05],
    ['a', 0x550d7456],
    ['abc', 0x32d153ff],
    ['Nobody inspects the spammish repetition', 0xe2293b2f],
  ] as const
  for (const [text, sum] of vectors) {
    const bytes = new TextEncoder().encode(`..${text}.`)
    assert.equal(xxhash32(bytes, 2, bytes.length - 1), sum, text)
  }
})

/** An LZ4 frame of blocks as they are, with whatever its flags promise; least byte first. */
function frameOf(flags: number, blocks: readonly (readonly number[])[], content: string) {
  const word = (value: number) => [0, 8, 16, 24].map((bits) => (value >>> bits) & 255)
  const sum = (bytes: readonly number[]) => word(xxhash32(Uint8Array.from(bytes), 0, bytes.length))
  const size = (flags & 8) === 0 ? [] : [...word(content.length), 0, 0, 0, 0]
  const head = [flags, 0x40, ...size]
  const parts = blocks.flatMap((block) => [
    ...word(block.length),
    ...block,
    ...((flags & 16) === 0 ? [] : sum(block)),
  ])
  const end = (flags & 4) === 0 ? [] : sum([...new TextEncoder().encode(content)])
  const magic = [0x04, 0x22, 0x4d, 0x18]
  return Uint8Array.from([...magic, ...head, sum(head)[1]!, ...parts, 0, 0, 0, 0, ...end])
}

/** `abcdabcd…` of 20 bytes; then, reaching back into it, the same 12 bytes and `z`. */
const BLOCKS = [
  [0x4b, 0x61, 0x62, 0x63, 0x64, 4, 0, 0x10, 0x61],
  [0x08, 4, 0, 0x10, 0x7a],
]
const FIRST = 'abcdabcdabcdabcdabca'

test('a frame may carry its size and sums, and blocks that reach into those before them', () => {
  const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes)
  const [first, second] = BLOCKS
  for (const more of [0, 4, 8, 16, 28]) {
    const alone = frameOf(0x60 | more, [first!], FIRST)
    assert.equal(text(inflate(3, alone, 100)), FIRST, `flags ${more}`)
    const content = `${FIRST}${repeated(FIRST, 12)}z`
    const linked = frameOf(0x40 | more, [first!, second!], content)
    assert.equal(text(inflate(3, linked, 100)), content, `flags ${more}`)
    assert.equal(inflate(3, frameOf(0x60 | more, [first!, second!], content), 100), undefined)
  }
})

/** What a match of distance 4 makes behind a text. */
function repeated(text: string, length: number): string {
  let out = text
  for (let i = 0; i < length; i++) out += out.at(-4)!
  return out.slice(text.length)
}

test('[L20] a frame is refused whose header, size or sums are not right', () => {
  const frame = frameOf(0x7c, [BLOCKS[0]!], FIRST)
  assert.ok(inflate(3, frame, 100))
  for (let at = 0; at < frame.length; at++) {
    const bad = frame.slice()
    bad[at]! ^= 1
    assert.equal(inflate(3, bad, 100), undefined, `byte ${at}`)
  }
  assert.equal(inflate(3, Uint8Array.of(...frame, 0), 100), undefined)
  // A dictionary, another version, block sizes that are none.
  for (const flags of [0x61, 0x20, 0xa0, 0x62]) {
    assert.equal(inflate(3, frameOf(flags, [BLOCKS[0]!], FIRST), 100), undefined)
  }
})

test('our LZ4 frame begins as Java’s does', () => {
  const head = deflated(3, new Uint8Array(100)).slice(0, 7)

  assert.deepEqual([...head], [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82])
})

test('a block of Snappy without Java’s frame is read too, long forms included', () => {
  const bytes = piecemeal(3, 30).slice(0, 60_000)
  const framed = deflated(2, bytes)
  // 16 bytes of header, 4 of the only chunk's length.
  assert.deepEqual(inflate(2, framed.slice(20), 60_000), bytes)
  // 8 bytes: a literal `ab` by a length of four bytes, then six by a distance of four.
  const long = [8, 63 << 2, 1, 0, 0, 0, 0x61, 0x62, (5 << 2) | 3, 2, 0, 0, 0]
  assert.equal(Buffer.from(inflate(2, Uint8Array.from(long), 8)!).toString(), 'abababab')
  assert.equal(inflate(2, Uint8Array.from(long).fill(255, 2, 6), 8), undefined)
})
