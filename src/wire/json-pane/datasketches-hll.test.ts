import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readHll } from './datasketches-hll.ts'

/**
 * Sketches of `v0`, `v1`, … as DataSketches 6.2.0 writes them (Spark 4.2.0 has that version):
 * HLL_8 at lgK 12, but for two; `merged-550` by its Union, of five that overlap.
 */
const SKETCHES: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/hll.json', import.meta.url), 'utf8'),
)
const sketch = (name: string): Uint8Array => Uint8Array.fromBase64(SKETCHES[name]!)

const COUPONS = {
  empty: 0,
  'list-1': 1,
  'compact-1': 1,
  'set-9': 9,
  'set-200': 200,
  'set-300': 300,
}

for (const [name, count] of Object.entries(COUPONS)) {
  test(`[Z10] of ${name} the coupons are read, rising`, () => {
    const content = readHll(sketch(name))

    assert.ok(content?.kind === 'coupons')
    assert.equal(content.coupons.length, count)
    assert.ok(content.coupons.every((each, i) => i === 0 || each > content.coupons[i - 1]!))
  })
}

test('[Z10] of registers the bytes are read', () => {
  for (const name of ['registers-500', 'merged-550']) {
    const content = readHll(sketch(name))

    assert.ok(content?.kind === 'registers')
    assert.deepEqual(content.registers, sketch(name).subarray(40))
  }
})

test('[Z10] a sketch is read wherever its bytes lie', () => {
  const bytes = sketch('set-200')
  const moved = new Uint8Array(bytes.length + 3)
  moved.set(bytes, 3)

  assert.deepEqual(readHll(moved.subarray(3)), readHll(bytes))
})

const changed = (name: string, at: number, byte: number) => sketch(name).with(at, byte)

const REFUSED: Readonly<Record<string, Uint8Array>> = {
  'no bytes': new Uint8Array(0),
  'a preamble cut short': sketch('list-1').subarray(0, 7),
  'a coupon cut short': sketch('list-1').subarray(0, 39),
  'registers cut short': sketch('registers-500').subarray(0, 4135),
  'bytes behind the registers': Uint8Array.of(...sketch('registers-500'), 0),
  'another version': changed('list-1', 1, 2),
  'another family': changed('list-1', 2, 8),
  'another lgK': sketch('lgk11-1'),
  'a half byte per register': sketch('hll4-1'),
  'a mode that is none': changed('list-1', 7, 11),
  'a preamble of another mode': changed('list-1', 0, 3),
  'a list that lacks a coupon': changed('list-1', 6, 2),
  'a set that has one too many': changed('set-9', 8, 8),
  'a coupon without a rank': changed('list-1', 11, 0),
  'a rank beyond 63': changed('registers-500', 50, 64),
  'a coupon that is there twice': (() => {
    const bytes = changed('list-1', 6, 2)
    bytes.copyWithin(12, 8, 12)
    return bytes
  })(),
}

for (const [says, bytes] of Object.entries(REFUSED)) {
  test(`[Z10] a sketch of ${says} is refused`, () => {
    assert.equal(readHll(bytes), undefined)
  })
}
