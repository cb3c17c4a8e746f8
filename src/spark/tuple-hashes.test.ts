import assert from 'node:assert/strict'
import { test } from 'node:test'
import { murmur3 } from '../sketch/murmur3.ts'
import { readTupleSums } from '../wire/json-pane/datasketches-tuple.ts'

/** A sketch of one entry: its hash, its sum of 190, and that it is a sum. */
const ONE = '01030901000acc93' + '0000000000000000' + '0000000000c06740' + '00'

test('[Z18] each of 64 keys of a tuple sketch is known by its hash', () => {
  for (let bucket = 0; bucket < 64; bucket++) {
    const [high, low] = murmur3(Uint8Array.of(bucket, 0, 0, 0, 0, 0, 0, 0), 9001)
    const bytes = Uint8Array.fromHex(ONE)
    new DataView(bytes.buffer).setBigUint64(8, ((BigInt(high) << 32n) | BigInt(low)) >> 1n, true)

    assert.equal(readTupleSums(bytes)?.indexOf(190), bucket)
  }
})
