import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { ErrorCode } from '../model/error-catalogue.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import { SimulatedClock } from '../std/simulated-clock.ts'
import { silentLogger } from '../telemetry/logger.ts'
import { supervise } from './supervise.ts'

/** A part that fails by what it is given, one after another, and then runs on. */
function supervised(failures: readonly unknown[], isRebuilt: boolean) {
  const clock = new SimulatedClock()
  const stop = new AbortController()
  const startedAt: number[] = []
  const troubles: (ErrorCode | undefined)[] = []
  const counted: string[] = []
  const bugs: unknown[] = []
  const ended = supervise(
    {
      clock,
      logger: silentLogger,
      failed: (_, reason) => counted.push(reason),
      troubled: (_, code) => troubles.push(code),
      missed: () => undefined,
      bug: (error) => bugs.push(error),
    },
    { name: 'reader', signal: stop.signal, isRebuilt },
    async (signal) => {
      startedAt.push(clock.now())
      const failure = failures[startedAt.length - 1]
      if (failure !== undefined) throw failure
      await clock.sleep(Infinity, signal)
    },
  )
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 100) {
      await setImmediate()
      clock.advance(100)
    }
    await setImmediate()
  }
  return { stop, startedAt, troubles, counted, bugs, ended, pass }
}

const full = new NocturneError('LOG_FULL', 'x')
const denied = new NocturneError('LOG_ACL_DENIED', 'x')
const poisoned = new NocturneError('LOG_POISONED', 'x')

test('[R31] a reader that failed begins again after 100 ms, then each time later', async () => {
  const { stop, startedAt, counted, troubles, ended, pass } = supervised([full, full, full], true)

  await pass(5000)
  stop.abort()
  await ended

  const waits = startedAt.map((at, i) => at - (startedAt[i - 1] ?? at))
  assert.deepEqual(waits, [0, 100, 200, 400])
  assert.deepEqual(counted, ['LOG_FULL', 'LOG_FULL', 'LOG_FULL'])
  assert.deepEqual(troubles, [])
})

test('[R2] [R31] what time or people cure is tried every 10 s, all else every 60 s', async () => {
  for (const [failure, longest] of [
    [full, 10_000],
    [denied, 10_000],
    [poisoned, 60_000],
  ] as const) {
    const failures = Array.from({ length: 14 }, () => failure)
    const { stop, startedAt, ended, pass } = supervised(failures, true)

    await pass(400_000)
    stop.abort()
    await ended

    const waits = startedAt.slice(1).map((at, i) => at - startedAt[i]!)
    assert.equal(Math.max(...waits), longest)
  }
})

test('[R31] a reader outlives its bug: named at once, well after 10 s', async () => {
  const { stop, troubles, counted, bugs, ended, pass } = supervised([new TypeError('x')], true)

  await pass(5000)
  const meanwhile = [...troubles]
  await pass(10_000)

  assert.deepEqual(meanwhile, ['APP_READER_BUG'])
  assert.deepEqual(troubles, ['APP_READER_BUG', undefined])
  assert.deepEqual([counted, bugs], [['APP_READER_BUG'], []])
  stop.abort()
  await ended
})

test('[D8] [R31] a reader that the log overtakes goes on after 100 ms, untroubled', async () => {
  const outside = new NocturneError('LOG_OFFSET_OUT_OF_RANGE', 'x')
  const failures = Array.from({ length: 10 }, () => outside)

  const { stop, startedAt, troubles, counted, ended, pass } = supervised(failures, true)
  await pass(3000)
  stop.abort()
  await ended

  const waits = startedAt.slice(1).map((at, i) => at - startedAt[i]!)
  assert.deepEqual(waits, Array(10).fill(100))
  assert.deepEqual([troubles, counted.length], [[], 10])
})

test('[R31] a reader that leaves while it is troubled takes its trouble along', async () => {
  const { stop, troubles, ended, pass } = supervised([poisoned, poisoned, poisoned], true)

  await pass(300)
  stop.abort()
  await ended

  assert.deepEqual(troubles.at(-1), undefined)
  assert.ok(troubles.includes('LOG_POISONED'))
})

test('[R5] a bug outside of the readers of partitions ends the process', async () => {
  const bug = new TypeError('x')

  const { bugs, startedAt, ended } = supervised([bug], false)
  await ended

  assert.deepEqual([bugs, startedAt.length], [[bug], 1])
})
