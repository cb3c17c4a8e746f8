import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from './simulated-clock.ts'

test('advancing wakes the sleepers that are due, the earliest first', async () => {
  const clock = new SimulatedClock(1_000)
  const woken: string[] = []
  const late = clock.sleep(20).then(() => woken.push('late'))
  const early = clock.sleep(10).then(() => woken.push('early'))
  void clock.sleep(30).then(() => woken.push('not yet'))

  clock.advance(25)
  await Promise.all([late, early])

  assert.deepEqual(woken, ['early', 'late'])
  assert.equal(clock.now(), 1_025)
})

test('an aborted sleep ends at once', async () => {
  const clock = new SimulatedClock()
  const ending = new AbortController()
  const sleep = clock.sleep(60_000, ending.signal)

  ending.abort()

  await sleep
  await clock.sleep(60_000, ending.signal)
})

test('setting the clock back wakes nobody', async () => {
  const clock = new SimulatedClock(1_000)
  let woken = false
  void clock.sleep(1).then(() => (woken = true))

  clock.set(900)
  await Promise.resolve()

  assert.equal(clock.now(), 900)
  assert.equal(woken, false)
})
