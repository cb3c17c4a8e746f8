import assert from 'node:assert/strict'
import { test } from 'node:test'
import { protocolErrors } from '@platformatic/kafka'
import { NocturneError } from '../../model/nocturne-error.ts'
import { connectionError, kafkaCode, kafkaError, mayPass } from './kafka-error.ts'

/** Codes as Kafka numbers them, by another's table. */
const codes = new Map(Object.values(protocolErrors).map(({ code, id }) => [code, id]))

test('each code bears the name that Kafka gives it', () => {
  let named = 0
  for (const [code, id] of codes) {
    const { detail } = kafkaError(code, 'here')
    const name = /\((.*)\)$/.exec(detail)?.[1]
    if (name === `error ${code}`) continue
    assert.equal(name, id)
    named++
  }

  assert.ok(named > 35)
})

test('the codes that we decide by are Kafka’s', () => {
  const names = Object.entries(kafkaCode).map(([name, code]) => [name, codes.get(code)])

  assert.deepEqual(Object.fromEntries(names), {
    offsetOutOfRange: 'OFFSET_OUT_OF_RANGE',
    corruptMessage: 'CORRUPT_MESSAGE',
    unknownTopic: 'UNKNOWN_TOPIC_OR_PARTITION',
    notLeader: 'NOT_LEADER_OR_FOLLOWER',
    tooLarge: 'MESSAGE_TOO_LARGE',
    illegalGeneration: 'ILLEGAL_GENERATION',
    unknownMember: 'UNKNOWN_MEMBER_ID',
    rebalancing: 'REBALANCE_IN_PROGRESS',
    topicExists: 'TOPIC_ALREADY_EXISTS',
    outOfOrderSequence: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
    duplicateSequence: 'DUPLICATE_SEQUENCE_NUMBER',
    invalidProducerEpoch: 'INVALID_PRODUCER_EPOCH',
    unknownProducer: 'UNKNOWN_PRODUCER_ID',
    memberIdRequired: 'MEMBER_ID_REQUIRED',
    fencedInstance: 'FENCED_INSTANCE_ID',
    unstableOffset: 'UNSTABLE_OFFSET_COMMIT',
    producerFenced: 'PRODUCER_FENCED',
    unknownTopicId: 'UNKNOWN_TOPIC_ID',
    inconsistentTopicId: 'INCONSISTENT_TOPIC_ID',
  })
})

test('what a code is to us', () => {
  const ours = [1, 3, 6, 10, 12, 19, 22, 25, 26, 29, 35, 38, 58, 82, 100].map((code) => {
    return kafkaError(code, 'here').code
  })

  assert.deepEqual(ours, [
    'LOG_OFFSET_OUT_OF_RANGE',
    'LOG_TOPIC_UNKNOWN',
    'LOG_UNAVAILABLE',
    'LOG_RECORD_TOO_LARGE',
    'LOG_NOTE_TOO_LONG',
    'LOG_UNAVAILABLE',
    'LOG_FENCED',
    'LOG_FENCED',
    'LOG_REFUSED',
    'LOG_ACL_DENIED',
    'LOG_UNSUPPORTED',
    'LOG_BROKERS_MISSING',
    'LOG_AUTH_FAILED',
    'LOG_FENCED',
    'LOG_TOPIC_UNKNOWN',
  ])
})

test('the driver and we agree on what may pass, but for what a new try cannot change', () => {
  const retried = Object.values(protocolErrors).filter(({ canRetry }) => canRetry)

  const refused = retried.map(({ code }) => code).filter((code) => !mayPass(code))

  // A topic that is unknown is looked for apart; a batch that was damaged is told.
  assert.deepEqual(
    refused.toSorted((a, b) => a - b),
    [2, 3, 100, 103],
  )
})

test('a code that Kafka has only since yesterday may pass', () => {
  assert.deepEqual([mayPass(32_000), kafkaError(32_000, 'here').code], [true, 'LOG_UNAVAILABLE'])
})

const failed = (message: string, code?: string, cause?: unknown): Error =>
  Object.assign(new Error(message, { cause }), code === undefined ? {} : { code })

test('an error of a connection is told by the first cause that has a name of its own', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [failed('out', 'X', failed('in', 'CERT_HAS_EXPIRED')), 'LOG_TLS_EXPIRED'],
    [failed('out', 'X', failed('in', 'ERR_TLS_CERT_ALTNAME_INVALID')), 'LOG_TLS_HOSTNAME'],
    [failed('out', 'X', failed('in', 'DEPTH_ZERO_SELF_SIGNED_CERT')), 'LOG_TLS_UNKNOWN_CA'],
    [failed('out', 'PLT_KFK_AUTHENTICATION', failed('in', 'X')), 'LOG_AUTH_FAILED'],
    [failed('Broker requires TLS.'), 'LOG_TLS_MISMATCH'],
    [failed('away', 'ECONNREFUSED'), 'LOG_UNAVAILABLE'],
    [new NocturneError('LOG_UNSUPPORTED', 'old'), 'LOG_UNSUPPORTED'],
    ['no error at all', 'LOG_UNAVAILABLE'],
  ]
  for (const [error, code] of cases) assert.equal(connectionError(error, 'b:1').code, code)
})

test('the sentence nearest to what happened is told, with where', () => {
  const { detail } = connectionError(failed('out', 'X', failed('in', 'Y')), 'b:1')

  assert.equal(detail, 'b:1: in')
})
