import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from '../../../std/simulated-clock.ts'
import { OwnedClaim } from './owned-claim.ts'

const REBALANCE_MS = 60_000

function given() {
  const calls = { gone: 0 }
  const gone = (): void => {
    calls.gone++
  }
  const owned = new OwnedClaim({ topic: 't', partition: 1, group: 'g', generation: 3, gone })
  return { owned, calls, clock: new SimulatedClock() }
}

/** Whether it has settled once all that was due has run. */
async function isSettled(work: Promise<void>): Promise<boolean> {
  let isDone = false
  void work.then(() => {
    isDone = true
  })
  for (let i = 0; i < 10; i++) await Promise.resolve()
  return isDone
}

test('[L25] a revoked claim stays ours until its reader releases it', async () => {
  const { owned, calls, clock } = given()

  const revoked = owned.revoke(clock, REBALANCE_MS)

  assert.equal(owned.claim.signal.reason, 'revoked')
  assert.deepEqual([owned.isOurs, owned.isHeld, calls.gone], [true, false, 0])
  assert.equal(await isSettled(revoked), false)
  owned.claim.release()
  await revoked
  assert.deepEqual([owned.isOurs, calls.gone], [false, 1])
})

test('[L26] a revoked claim that is not released is lost 5 s before its time ends', async () => {
  const { owned, calls, clock } = given()
  const revoked = owned.revoke(clock, REBALANCE_MS)

  clock.advance(REBALANCE_MS - 5_001)
  assert.equal(await isSettled(revoked), false)
  assert.equal(owned.isOurs, true)
  clock.advance(1)

  await revoked
  assert.deepEqual([owned.isOurs, calls.gone], [false, 1])
})

test('[L26] a rebalance shorter than the margin loses a revoked claim at once', async () => {
  const { owned, calls, clock } = given()

  await owned.revoke(clock, 1_000)

  assert.deepEqual([owned.isOurs, calls.gone], [false, 1])
})

test('a claim that is dropped is lost, and its reader is told so', () => {
  const { owned, calls } = given()

  owned.drop()

  assert.equal(owned.claim.signal.reason, 'lost')
  assert.deepEqual([owned.isOurs, owned.isHeld, calls.gone], [false, false, 1])
})

test('whatever comes after the end of a claim changes nothing', async () => {
  const { owned, calls, clock } = given()
  const revoked = owned.revoke(clock, REBALANCE_MS)
  owned.claim.release()
  await revoked

  owned.claim.release()
  owned.drop()
  await owned.revoke(clock, REBALANCE_MS)
  clock.advance(REBALANCE_MS)

  assert.equal(calls.gone, 1)
})

test('a claim says what it is a claim of', () => {
  const { topic, partition, group, generation, signal } = given().owned.claim

  assert.deepEqual(
    { topic, partition, group, generation },
    {
      topic: 't',
      partition: 1,
      group: 'g',
      generation: 3,
    },
  )
  assert.equal(signal.aborted, false)
})
