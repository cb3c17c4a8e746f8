import assert from 'node:assert/strict'
import test from 'node:test'
import { instant } from './instant.ts'

const NOW = 1_795_383_150_000

const WRITTEN = [
  ['now', NOW],
  ['10m', NOW - 600_000],
  ['1795383150123', 1_795_383_150_123],
  ['2026-11-22T20:00:00Z', Date.UTC(2026, 10, 22, 20)],
] as const

for (const [text, at] of WRITTEN) {
  test(`"${text}" is an instant`, () => assert.equal(instant.read(text, NOW), at))
}

test('anything else says what to write', () => {
  assert.throws(() => instant.read('noon', NOW), /write 10m \(ago\)/)
})

test('instants and ages are short', () => {
  assert.equal(instant.text(NOW), '2026-11-22T21:32:30Z')
  assert.equal(instant.text(NOW + 5), '2026-11-22T21:32:30.005Z')
  assert.deepEqual([5_000, 65_000, 7_500_000, -1].map(instant.ageText), [
    '5s',
    '1m 5s',
    '2h 5m',
    '0s',
  ])
})
