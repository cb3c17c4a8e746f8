import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NocturneError } from '../../model/nocturne-error.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { kafkaLimits } from './kafka-limits.ts'
import { patiently, Pauses, type Waiting } from './patience.ts'

const limits = { ...kafkaLimits, backoffMs: 100, backoffMsMax: 350, patienceMs: 1_000 }
const away = () => new NocturneError('LOG_UNAVAILABLE', 'away')

function given() {
  const clock = new SimulatedClock(0)
  const closing = new AbortController()
  const waiting: Waiting = { clock, limits, signal: closing.signal }
  return { clock, closing, waiting }
}

/** Moves the clock in small steps until the work has settled; answers when that was. */
async function settledAt(clock: SimulatedClock, work: Promise<unknown>): Promise<number> {
  let isDone = false
  const done = (): void => {
    isDone = true
  }
  work.then(done, done)
  for (let step = 0; step < 10_000; step++) {
    for (let i = 0; i < 8; i++) await Promise.resolve()
    if (isDone) return clock.now()
    clock.advance(10)
  }
  return assert.fail('it never settles')
}

test('pauses grow up to a bound, and are short again after a success', async () => {
  const { clock, waiting } = given()
  const pauses = new Pauses(waiting)
  const waited: number[] = []

  for (const isReset of [false, false, false, false, true]) {
    if (isReset) pauses.reset()
    const before = clock.now()
    waited.push((await settledAt(clock, pauses.pause())) - before)
  }

  assert.deepEqual(waited, [100, 200, 350, 350, 100])
})

test('what may pass is tried again until it has passed', async () => {
  const { clock, waiting } = given()
  let tries = 0

  const work = patiently(waiting, () => {
    return ++tries < 4 ? Promise.reject(away()) : Promise.resolve('done')
  })

  assert.equal(await settledAt(clock, work), 650)
  assert.equal(await work, 'done')
})

test('what does not pass in time is told as it was', async () => {
  const { clock, waiting } = given()

  const work = patiently(waiting, () => Promise.reject(away()))

  assert.equal(await settledAt(clock, work), 1_000)
  await assert.rejects(work, { code: 'LOG_UNAVAILABLE' })
})

test('what will not pass is told at once', async () => {
  const { clock, waiting } = given()
  const denied = new NocturneError('LOG_ACL_DENIED', 'topic')

  const work = patiently(waiting, () => Promise.reject(denied))

  assert.equal(await settledAt(clock, work), 0)
  await assert.rejects(work, denied)
})

test('[L36] a log that closes ends the waiting', async () => {
  const { clock, closing, waiting } = given()
  const work = patiently(waiting, () => Promise.reject(away()))
  const outcome = assert.rejects(work, { code: 'LOG_CLOSED' })
  clock.advance(10)

  closing.abort()

  await outcome
  assert.equal(clock.now(), 10)
})
