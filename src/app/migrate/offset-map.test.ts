import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OffsetMap } from './offset-map.ts'

test('[G4] an offset leads to the first row at or after it, whatever is missing between', () => {
  const offsets = fc.uniqueArray(fc.nat(60), { maxLength: 40 })
  fc.assert(
    fc.property(offsets, fc.nat(100), (unordered, base) => {
      const rows = unordered.toSorted((a, b) => a - b)
      const map = new OffsetMap(base)
      for (const row of rows) map.add(row)

      assert.equal(map.end, base + rows.length)
      for (let offset = 0; offset < 62; offset++) {
        const before = rows.filter((row) => row < offset).length
        assert.equal(map.of(offset), base + before)
      }
    }),
  )
})
