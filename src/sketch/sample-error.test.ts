import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteReader, ByteWriter } from '../std/bytes.ts'
import { errorUnitsOf, SAMPLE_BUCKETS, sampleError } from './sample-error.ts'

test('[Z18] a share in the error is √(w(w − 1)) · x in hundredths of a unit, rounded once', () => {
  assert.equal(errorUnitsOf(1, 10, 1), 949)
  assert.equal(errorUnitsOf(1, 2, 1), 141)
  assert.equal(errorUnitsOf(7.289, 10, 1000), 6914953)
  assert.equal(errorUnitsOf(-1, 10, 1), -949)
  assert.equal(errorUnitsOf(12, 1, 1), 0)
})

test('[Z18] a cluster’s low six bits choose its bucket, and the seventh takes away', () => {
  const error = sampleError.zero()

  sampleError.add(error, 0x1234_5603, 5)
  sampleError.add(error, -1, 7)
  sampleError.add(error, 0x43, 2)

  assert.deepEqual(error, [3, 3, 63, -7])
})

test('[P3] what cancels out leaves no trace', () => {
  const error = sampleError.zero()

  sampleError.add(error, 5, 8)
  sampleError.add(error, 5 + SAMPLE_BUCKETS, 8)

  assert.deepEqual(error, [])
})

test('[P3] an error of all buckets is read back as it was written', () => {
  const error = sampleError.zero()
  for (let bucket = 0; bucket < SAMPLE_BUCKETS; bucket++) {
    sampleError.add(error, bucket * 129, 10 ** (bucket % 15))
  }
  const writer = new ByteWriter()
  sampleError.write(writer, error)

  assert.equal(error.length, 2 * SAMPLE_BUCKETS)
  assert.deepEqual(sampleError.read(new ByteReader(writer.take())), error)
})

test('[S2] an unknown error stays unknown, whatever is merged with it', () => {
  const merged = sampleError.merge(sampleError.add([], 0, 5), sampleError.unknown())

  assert.equal(sampleError.isKnown(merged), false)
  assert.equal(sampleError.isKnown(sampleError.add(merged, 0, 3)), false)
  assert.equal(sampleError.isKnown(sampleError.zero()), true)
})
