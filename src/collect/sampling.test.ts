import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { SessionSampling } from './sampling.ts'

const sessions = Array.from({ length: 20_000 }, (_, i) => `s.${i}`)

test('[S1] the first 32 bits of a keyed hash pick sessions, for every observer alike', () => {
  const here = new SessionSampling({ rate: 0.1, key: 'tenant' })
  const there = new SessionSampling({ rate: 0.1, key: 'tenant' })
  const other = new SessionSampling({ rate: 0.1, key: 'another' })

  const taken = sessions.filter((session) => here.takes(session))

  assert.deepEqual(
    taken,
    sessions.filter((session) => there.takes(session)),
  )
  assert.notDeepEqual(
    taken,
    sessions.filter((session) => other.takes(session)),
  )
  // Five standard errors of a binomial around the rate.
  assert.equal(Math.abs(taken.length - 2000) < 5 * Math.sqrt(20_000 * 0.1 * 0.9), true)
  const hex = createHmac('sha256', 'tenant').update('s.7').digest('hex').slice(0, 8)
  assert.equal(here.takes('s.7'), parseInt(hex, 16) < 429_496_729.6)
})

test('[S1] the sessions of a lower rate are among those of a higher one', () => {
  const few = new SessionSampling({ rate: 0.05, key: 'tenant' })
  const many = new SessionSampling({ rate: 0.5, key: 'tenant' })

  assert.equal(
    sessions.filter((s) => few.takes(s)).every((s) => many.takes(s)),
    true,
  )
})

test('a rate of 1 takes every session', () => {
  const all = new SessionSampling({ rate: 1, key: '' })

  assert.equal(
    sessions.every((session) => all.takes(session)),
    true,
  )
})
