import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GroupSlots } from './group-slots.ts'

test('each hash has one slot, numbered as they come, however many there are', () => {
  const hashes = fc.array(fc.maxSafeNat(), { minLength: 1, maxLength: 5_000, size: 'max' })
  fc.assert(
    fc.property(hashes, (all) => {
      const slots = new GroupSlots()

      const found = all.map((hash) => slots.of(hash))

      assert.deepEqual(slots.hashes, [...new Set(all)])
      assert.deepEqual(
        found.map((slot) => slots.hashes[slot]),
        all,
      )
    }),
    { numRuns: 30 },
  )
})
