import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { errors } from 'cassandra-driver'
import { NocturneError } from '../../../model/nocturne-error.ts'
import { storeFaults } from './store-fault.ts'

const named = (code: string): Error => Object.assign(new Error(code.toLowerCase()), { code })
const lost = (inner: unknown) => new errors.NoHostAvailableError({ 'c1:9042': inner })
const answered = (code: number, message = 'no') => new errors.ResponseError(code, message)

const CASES: readonly (readonly [of: string, error: unknown, code: string])[] = [
  ['an unknown authority', lost(named('UNABLE_TO_VERIFY_LEAF_SIGNATURE')), 'STORE_TLS_UNKNOWN_CA'],
  ['another host', lost(named('ERR_TLS_CERT_ALTNAME_INVALID')), 'STORE_TLS_HOSTNAME'],
  ['an old certificate', lost(named('CERT_HAS_EXPIRED')), 'STORE_TLS_EXPIRED'],
  ['TLS on our side alone', lost(named('ERR_SSL_WRONG_VERSION_NUMBER')), 'STORE_TLS_MISMATCH'],
  ['a refused login', lost(new errors.AuthenticationError('no')), 'STORE_AUTH_FAILED'],
  ['a missing right', answered(0x2100), 'STORE_ACL_DENIED'],
  ['no such table', answered(0x2200), 'STORE_REFUSED'],
  ['no such table, and no other node', lost(answered(0x2200)), 'STORE_REFUSED'],
  ['an overloaded node', answered(0x1001), 'STORE_UNAVAILABLE'],
  ['late copies', answered(0x1100), 'STORE_TIMEOUT'],
  ['too few copies', lost(answered(0x1000)), 'STORE_UNAVAILABLE'],
  ['a late node', new errors.OperationTimedOutError('late', 'c1:9042'), 'STORE_TIMEOUT'],
  ['nobody there', lost(named('ECONNREFUSED')), 'STORE_UNAVAILABLE'],
  ['roles that no copy tells', answered(0x2100, 'Unable to perform authorization of'), 'STORE_UNA'],
]

for (const [of, error, code] of CASES) {
  test(`[R2] ${of} is told as ${code}`, () => {
    const told = storeFaults(new EventEmitter())(error)

    assert.ok(told instanceof NocturneError)
    assert.ok(told.code.startsWith(code), told.code)
  })
}

test('[R2] a node that is lost is told by why it could not come back, until it is', () => {
  const client = new EventEmitter()
  const fault = storeFaults(client)
  const codeOf = (): string => {
    const told = fault(lost('Host considered as DOWN'))
    return told instanceof NocturneError ? told.code : 'none'
  }

  assert.equal(codeOf(), 'STORE_UNAVAILABLE')
  client.emit('log', 'warning', 'Connection', 'failed', named('CERT_HAS_EXPIRED'))
  assert.equal(codeOf(), 'STORE_TLS_EXPIRED')
  client.emit('hostUp')
  assert.equal(codeOf(), 'STORE_UNAVAILABLE')
})

test('[R31] what the driver did not fail with is a bug and stays one', () => {
  const bug = new TypeError('undefined is no function')

  assert.equal(storeFaults(new EventEmitter())(bug), bug)
})
