import assert from 'node:assert/strict'
import { test } from 'node:test'
import { durationText, parseDuration, parseSize } from './quantity.ts'

test('[R8] durations carry a unit', () => {
  const texts = ['200ms', '10s', '5 min', '5m', '24h', '30d', '0s', '1.5s', '5', '5 y', '-1s', '']

  assert.deepEqual(texts.map(parseDuration), [
    200,
    10_000,
    300_000,
    300_000,
    86_400_000,
    2_592_000_000,
    0,
    1500,
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})

test('[R8] sizes carry a unit, of 1,000 or of 1,024', () => {
  const texts = ['512 B', '64 KiB', '8GiB', '1 MB', '0.5 MiB', '1 TB', '7', '0.3 B']

  assert.deepEqual(texts.map(parseSize), [
    512,
    65_536,
    8_589_934_592,
    1_000_000,
    524_288,
    undefined,
    undefined,
    undefined,
  ])
})

test('a duration is shown in the largest unit that divides it', () => {
  const shown = [0, 1500, 60_000, 90_000, 7_200_000, 172_800_000].map(durationText)

  assert.deepEqual(shown, ['0ms', '1500ms', '1m', '90s', '2h', '2d'])
})
