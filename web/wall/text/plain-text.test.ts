import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainText } from './plain-text.ts'

test('[U12] a text is cut at 200 characters, and marks that reorder it are made visible', () => {
  assert.equal(plainText('a\u202eb'), 'a‹202E›b')
  assert.equal(plainText('x'.repeat(300)).length, 200)
})
