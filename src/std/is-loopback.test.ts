import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLoopback } from './is-loopback.ts'

test('[R10] only addresses of this machine are loopback, whatever a name looks like', () => {
  for (const host of ['localhost', '::1', '127.0.0.1', '127.255.0.10']) {
    assert.equal(isLoopback(host), true, host)
  }
  for (const host of [
    '',
    '0.0.0.0',
    '::',
    '127.0.0',
    '127.0.0.256',
    '127.1.2.3.4',
    '127.example',
  ]) {
    assert.equal(isLoopback(host), false, host)
  }
})
