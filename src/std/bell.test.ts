import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bell } from './bell.ts'

test('a ring before the wait is kept, once', async () => {
  const bell = new Bell()
  bell.ring()
  bell.ring()
  await bell.wait()

  let hasWoken = false
  const waiting = bell.wait().then(() => {
    hasWoken = true
  })
  await Promise.resolve()
  assert.equal(hasWoken, false)

  bell.ring()
  await waiting
  assert.equal(hasWoken, true)
})

test('an abort ends the wait', async () => {
  const bell = new Bell()
  const ending = new AbortController()
  const waiting = bell.wait(ending.signal)

  ending.abort()
  await waiting
  await bell.wait(ending.signal)
})
