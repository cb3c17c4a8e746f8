import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchTries, endingOf } from './life-ending.ts'
import { kindOfFailure } from './query-failure.ts'
import { NocturneError } from '../../model/nocturne-error.ts'

const CASES = [
  ['dataLost', 'KAFKA_DATA_LOSS.START_OFFSET_RESET', 'Some data may have been lost'],
  ['damaged', 'CANNOT_LOAD_STATE_STORE.CANNOT_READ_DELTA_FILE_NOT_EXISTS', 'Error reading'],
  ['refused', 'STREAM_FAILED', 'TopicAuthorizationException: Not authorized to access topics'],
  ['refused', 'STATE_STORE_VALUE_SCHEMA_NOT_COMPATIBLE', 'Provided value schema'],
  ['passing', 'STREAM_FAILED', 'org.apache.kafka.common.errors.TimeoutException: Call(callName'],
  ['passing', 'STREAM_FAILED', 'Lost task 0.3 in stage 4 (ExecutorLostFailure'],
  ['unknown', 'STREAM_FAILED', 'java.lang.NullPointerException'],
] as const

for (const [kind, errorClass, message] of CASES) {
  test(`[Z16] ${errorClass}, ${message.slice(0, 30)}: ${kind}`, () => {
    assert.equal(kindOfFailure({ errorClass, message }), kind)
  })
}

const NEXT = { batch: 5, from: '0:100' }
const ODD = { errorClass: 'STREAM_FAILED', message: 'NullPointerException' }
const AWAY = { errorClass: 'STREAM_FAILED', message: 'TimeoutException' }

test('[Z16] a batch that fails three times is given up by its name; any commit begins anew', () => {
  const tries = new BatchTries()

  assert.deepEqual(
    [tries.ending(ODD, NEXT), tries.ending(ODD, NEXT)].map(({ event }) => event),
    ['ended', 'ended'],
  )
  const third = tries.ending(ODD, NEXT)
  assert.equal(third.event, 'batchFailed')
  assert.equal(third.code, 'SPARK_BATCH_FAILED')
  assert.match(third.detail ?? '', /^batch 5 from 0:100: STREAM_FAILED NullPointer/)
  tries.committed()
  assert.equal(tries.ending(ODD, { ...NEXT, batch: 6 }).event, 'ended')
})

test('[Z16] brokers that are away are never the batch’s fault', () => {
  const tries = new BatchTries()

  for (let i = 0; i < 10; i++) assert.equal(tries.ending(AWAY, NEXT).event, 'ended')
})

test('[Z16] each error of Spark’s has its event, and all others are not ours', () => {
  const eventOf = (code: ConstructorParameters<typeof NocturneError>[0]) =>
    endingOf(new NocturneError(code, 'x')).event

  assert.equal(eventOf('SPARK_UNAVAILABLE'), 'unreachable')
  assert.equal(eventOf('SPARK_SESSION_CHANGED'), 'gone')
  assert.equal(eventOf('SPARK_DENIED'), 'refused')
  assert.equal(eventOf('SPARK_VERSION'), 'refused')
  assert.equal(eventOf('AGGREGATE_ENGINE_DIFFERS'), 'ended')
  assert.throws(() => eventOf('LOG_UNAVAILABLE'), { code: 'LOG_UNAVAILABLE' })
  assert.throws(() => endingOf(new Error('bug')), /bug/)
})
