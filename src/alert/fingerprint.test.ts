import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fingerprintOf } from './fingerprint.ts'

test('[A11] fingerprints equal those of Alertmanager', () => {
  const labels = { stream: 'arena-1', site: 'lyon', alertname: 'retransmits_high' }

  assert.equal(fingerprintOf(labels), '2373c9c219e684c1')
  assert.equal(fingerprintOf({ alertname: 'x', b: 'z', a: 'é' }), 'ec3a3ab1465a9241')
  assert.equal(fingerprintOf({}), 'cbf29ce484222325')
})
