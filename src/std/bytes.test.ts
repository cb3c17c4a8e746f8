import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteReader, ByteWriter } from './bytes.ts'

/** LEB128 by another way than the writer's: seven bits at a time out of a big integer. */
function leb128(value: bigint): readonly number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return [...bytes, Number(rest)]
}

const zigzag = (value: bigint): bigint => (value < 0n ? -value * 2n - 1n : value * 2n)

const integers = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.integer({ min: -300, max: 300 }),
  fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 31), -(2 ** 32), -(2 ** 53)),
)

test('varints are LEB128 and signed ones zigzag, up to 2^53 either way', () => {
  fc.assert(
    fc.property(integers, (value) => {
      const writer = new ByteWriter()
      writer.varint(Math.abs(value))
      writer.svarint(value)

      const bytes = writer.take()

      const written = [...leb128(BigInt(Math.abs(value))), ...leb128(zigzag(BigInt(value)))]
      assert.deepEqual([...bytes], written)
      const reader = new ByteReader(bytes)
      assert.deepEqual([reader.varint(), reader.svarint()], [Math.abs(value), value])
      assert.ok(reader.ok && reader.at === reader.end)
    }),
    { numRuns: 2000 },
  )
})

for (const count of [0, 1, 127, 128, 16_383, 16_384, 300_000]) {
  test(`${count} bytes stand behind their count, and what follows them behind that`, () => {
    const payload = Uint8Array.from({ length: count }, (_, i) => i * 7)
    const writer = new ByteWriter()
    writer.u8(9)
    const from = writer.openSized()
    writer.raw(payload)
    writer.closeSized(from)
    writer.u8(10)

    const reader = new ByteReader(writer.view(0, writer.length))

    assert.equal(reader.u8(), 9)
    assert.deepEqual(reader.raw(reader.varint()), payload)
    assert.equal(reader.u8(), 10)
    assert.ok(reader.ok && reader.at === reader.end)
  })
}

test('a writer that was cleared begins anew', () => {
  const writer = new ByteWriter()
  writer.u8(1)

  writer.clear()
  writer.u8(2)

  assert.deepEqual(writer.take(), Uint8Array.of(2))
})
