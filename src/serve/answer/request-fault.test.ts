import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostFault, originFault } from './request-fault.ts'

test('[R15] a change is let through from our own page alone', () => {
  const host = '127.0.0.1:81'
  const own = `http://${host}`
  const cases = [
    [{ host, 'sec-fetch-site': 'same-origin', origin: own }, undefined],
    [{ host, 'sec-fetch-site': 'same-origin' }, undefined],
    [{ host, origin: own }, undefined],
    [{ host, 'sec-fetch-site': 'cross-site', origin: own }, 'sec-fetch-site'],
    [{ host, 'sec-fetch-site': 'none' }, 'sec-fetch-site'],
    [{ host, 'sec-fetch-site': 'same-origin', origin: 'http://evil.example' }, 'origin'],
    [{ host, origin: 'null' }, 'origin'],
    [{ host }, 'neither Sec-Fetch-Site nor Origin'],
  ] as const
  for (const [headers, fault] of cases) {
    assert.equal(originFault(headers, false), fault, JSON.stringify(headers))
  }
})

test('[R15] a program without browser headers may post readings, a page elsewhere may not', () => {
  assert.equal(originFault({ host: 'localhost' }, true), undefined)
  assert.equal(
    originFault({ host: 'localhost', 'sec-fetch-site': 'cross-site' }, true),
    'sec-fetch-site',
  )
})

test('[R15] a host name that is none of ours is refused, whatever it resolves to', () => {
  for (const host of ['127.0.0.1:81', 'localhost', '[::1]:81', 'LocalHost:1', 'noc.example:80']) {
    assert.equal(hostFault({ host }, ['noc.example']), undefined, host)
  }
  assert.equal(hostFault({ host: 'evil.example:81' }, []), 'host evil.example')
  assert.equal(hostFault({}, []), 'host missing')
})
