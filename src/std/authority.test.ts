import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authorityOf } from './authority.ts'

test('an IPv6 address stands in brackets before its port, a name and IPv4 as they are', () => {
  assert.equal(authorityOf({ host: '::1', port: 9042 }), '[::1]:9042')
  assert.equal(authorityOf({ host: '10.0.0.1', port: 1 }), '10.0.0.1:1')
  assert.equal(authorityOf({ host: 'spark.example', port: 443 }), 'spark.example:443')
})
