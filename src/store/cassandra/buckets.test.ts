import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bucketCount, bucketOf, BUCKET_MS, type BucketKind } from './buckets.ts'

const kinds = Object.keys(BUCKET_MS) as BucketKind[]
const instant = fc.integer({ min: 0, max: 4_102_444_800_000 })

test('a time lies in one bucket of its kind, which begins at or before it', () => {
  fc.assert(
    fc.property(fc.constantFrom(...kinds), instant, (kind, at) => {
      const bucket = bucketOf(kind, at)
      assert.ok(bucket <= at && at < bucket + BUCKET_MS[kind])
      assert.equal(bucketOf(kind, bucket), bucket)
    }),
  )
})

test('a span touches as many buckets as its times have', () => {
  const span = fc.tuple(instant, fc.integer({ min: -1, max: 3_600_000 }))
  fc.assert(
    fc.property(span, ([first, length]) => {
      const last = first + length
      const times = Array.from({ length: 121 }, (_, i) => first + Math.floor((length * i) / 120))
      const buckets = new Set(times.map((at) => bucketOf('live', at)))
      assert.equal(
        bucketCount('live', first, last),
        length < 0 ? bucketsOfNone(first) : buckets.size,
      )
    }),
  )
})

/** A span that ends a millisecond before it begins touches a bucket unless it begins with one. */
const bucketsOfNone = (first: number): number => (bucketOf('live', first) === first ? 0 : 1)

test('at 10,000 groups and a window a second no partition of windows passes 100,000 rows', () => {
  const rows = (10_000 / 32) * (BUCKET_MS.live / 1_000)

  assert.ok(rows < 100_000)
  assert.ok(BUCKET_MS.minute / 60_000 <= 10_080)
  assert.ok(BUCKET_MS.hour / 3_600_000 <= 2_184)
})
