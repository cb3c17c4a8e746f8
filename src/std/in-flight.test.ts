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

test('items are handed on until something under way fails, though no next one comes', async () => {
  const inFlight = new InFlight(3)
  const torn = Promise.withResolvers<void>()
  async function* items() {
    yield 1
    yield 2
    await new Promise<never>(() => undefined)
  }
  const taken: number[] = []

  const reading = (async () => {
    for await (const item of inFlight.beside(items())) {
      taken.push(item)
      if (item === 2) torn.reject(new Error('torn'))
      else await inFlight.add(torn.promise)
    }
  })()

  await assert.rejects(reading, /torn/)
  assert.deepEqual(taken, [1, 2])
})

test('items that are left are told so, and those that end are the end', async () => {
  const inFlight = new InFlight(3)
  let told = 0
  async function* items() {
    try {
      yield 1
      yield 2
    } finally {
      told++
    }
  }
  const all: number[] = []

  for await (const item of inFlight.beside(items())) all.push(item)
  for await (const item of inFlight.beside(items())) if (item === 1) break

  assert.deepEqual(all, [1, 2])
  assert.equal(told, 2)
})
