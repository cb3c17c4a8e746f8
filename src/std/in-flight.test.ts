import assert from 'node:assert/strict'
import test from 'node:test'
import { InFlight } from './in-flight.ts'

test('so many are under way and no more, in the order in which they came', async () => {
  const inFlight = new InFlight(2)
  const first = Promise.withResolvers<void>()
  const second = Promise.withResolvers<void>()
  let isFull = true

  await inFlight.add(first.promise)
  const waiting = inFlight.add(second.promise).then(() => (isFull = false))
  await Promise.resolve()
  assert.equal(isFull, true)
  first.resolve()
  await waiting

  assert.equal(isFull, false)
  second.resolve()
  await inFlight.drain()
})

test('a failure is told by the next add or drain, whoever else is under way', async () => {
  const inFlight = new InFlight(3)
  await inFlight.add(Promise.reject(new Error('torn')))

  await assert.rejects(inFlight.add(Promise.resolve()), /torn/)
  await assert.rejects(inFlight.drain(), /torn/)
})
