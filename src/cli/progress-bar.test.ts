import assert from 'node:assert/strict'
import test from 'node:test'
import { progressText } from './progress-bar.ts'

test('a bar shows share, rows and speed', () => {
  const text = progressText({ readBytes: 50, rows: 1000, bytesTotal: 100, seconds: 4 })

  assert.equal(text, `[${'#'.repeat(15)}${'-'.repeat(15)}] 50 %  1,000 rows  250 rows/s`)
})

test('where the total is unknown there is no bar', () => {
  assert.equal(progressText({ readBytes: 50, rows: 7, bytesTotal: 0, seconds: 0 }), '7 rows')
})
