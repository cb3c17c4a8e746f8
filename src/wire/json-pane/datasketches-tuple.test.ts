import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTupleSums } from './datasketches-tuple.ts'

const hex = (text: string): Uint8Array => Uint8Array.fromHex(text.replaceAll(' ', ''))

/** As Spark 4.2.0 wrote them. */
const EMPTY = '01030901000ecc93'
const ONE = '01030901000acc93 e56b61eec8804420 0000000000c06740 00'
const THREE =
  '02030901000acc93 0300000000000000 c397fc1281709d1e 0000000000804c40 00' +
  'e56b61eec8804420 0000000000804f40 00 15f97dcbbd86a105 0000000000805140 00'

const sums = (entries: Readonly<Record<number, number>>): readonly number[] =>
  Array.from({ length: 64 }, (_, bucket) => entries[bucket] ?? 0)

test('[Z18] the sums of a tuple sketch are read by bucket', () => {
  assert.deepEqual(readTupleSums(hex(EMPTY)), sums({}))
  assert.deepEqual(readTupleSums(hex(ONE)), sums({ 0: 190 }))
  assert.deepEqual(readTupleSums(hex(THREE)), sums({ 0: 63, 1: 70, 2: 57 }))
})

const STRANGE = [
  { says: 'nothing', bytes: '' },
  { says: 'one that is cut', bytes: ONE.slice(0, -2) },
  { says: 'one that goes on', bytes: `${THREE}00` },
  { says: 'another version', bytes: ONE.replace('0103', '0104') },
  { says: 'another family', bytes: ONE.replace('010309', '010308') },
  { says: 'another seed', bytes: ONE.replace('cc93', 'cc94') },
  { says: 'a sample of its keys', bytes: THREE.replace('0203', '0303') },
  { says: 'a key beyond 63', bytes: ONE.replace('e56b61', 'e56b62') },
  { says: 'another summary than a sum', bytes: ONE.replace(/00$/, '01') },
]

for (const { says, bytes } of STRANGE) {
  test(`[Z18] a tuple sketch is refused that is ${says}`, () => {
    assert.equal(readTupleSums(hex(bytes)), undefined)
  })
}
