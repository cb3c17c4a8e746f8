import assert from 'node:assert/strict'
import { test } from 'node:test'
import { orAborted } from './or-aborted.ts'

test('work that ends first gives its result or its error', async () => {
  const { signal } = new AbortController()

  assert.equal(await orAborted(Promise.resolve(7), signal), 7)
  await assert.rejects(orAborted(Promise.reject(new Error('no')), signal), /no/)
})

test('an abort ends the wait at once, and what fails later is nobody’s', async () => {
  const stop = new AbortController()
  const work = Promise.withResolvers<number>()

  const waiting = orAborted(work.promise, stop.signal)
  stop.abort()

  assert.equal(await waiting, undefined)
  work.reject(new Error('too late'))
  assert.equal(await orAborted(work.promise, stop.signal), undefined)
})
