import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errors, types } from 'cassandra-driver'
import { NocturneError } from '../../../model/nocturne-error.ts'
import { storeError } from './cassandra-error.ts'

const { responseErrorCodes: codes } = types
const answer = (code: number, says: string) => new errors.ResponseError(code, says)

for (const [what, failed, code] of [
  ['a node that is overloaded', answer(codes.overloaded, 'busy'), 'STORE_UNAVAILABLE'],
  ['a node without enough others', answer(codes.unavailableException, '1'), 'STORE_UNAVAILABLE'],
  ['a write that is late there', answer(codes.writeTimeout, 'late'), 'STORE_TIMEOUT'],
  ['a node that says nothing', new errors.OperationTimedOutError('late', 'a'), 'STORE_TIMEOUT'],
  ['a table that is not there', answer(codes.invalid, 'table x'), 'STORE_REFUSED'],
  [
    'no node',
    new errors.NoHostAvailableError({ a: new Error('ECONNREFUSED') }),
    'STORE_UNAVAILABLE',
  ],
  [
    'a node that refuses, and no other',
    new errors.NoHostAvailableError({ a: answer(codes.invalid, 'table x') }),
    'STORE_REFUSED',
  ],
] as const) {
  test(`${code}: ${what}`, () => {
    const told = storeError(failed)

    assert.ok(told instanceof NocturneError)
    assert.equal(told.code, code)
    assert.equal(told.cause, failed)
  })
}

test('STORE_UNAVAILABLE says why, each reason once', () => {
  const reasons = { a: new Error('connect ECONNREFUSED'), b: new Error('connect ECONNREFUSED') }

  const told = storeError(new errors.NoHostAvailableError(reasons))

  assert.ok(told instanceof NocturneError)
  assert.equal(told.detail, 'connect ECONNREFUSED')
})

test('STORE_REFUSED says what to run', () => {
  const told = storeError(answer(codes.invalid, 'unconfigured table schema_version'))

  assert.ok(told instanceof NocturneError)
  assert.match(told.detail, /unconfigured table.*nocturne store migrate/)
})

test('a bug is left as it is', () => {
  const bug = new TypeError('no')

  assert.equal(storeError(bug), bug)
})
