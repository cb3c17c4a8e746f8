import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { byText, identityLabels, shownLabels } from './labels.ts'

test('[A10] the identity is alertname, group labels, and site where the instance is local', () => {
  const group = { stream: 'arena-1' }

  assert.deepEqual(identityLabels({ alert: 'x', group, site: 'lyon' }), {
    alertname: 'x',
    stream: 'arena-1',
    site: 'lyon',
  })
  assert.deepEqual(identityLabels({ alert: 'x', group }), { alertname: 'x', stream: 'arena-1' })
})

test('[A10] severity and the labels of the rule are shown and change no identity', () => {
  const identity = { alertname: 'x', stream: 'arena-1' }

  assert.deepEqual(shownLabels(identity, 'critical', { team: 'cdn', stream: 'other' }), {
    alertname: 'x',
    stream: 'arena-1',
    severity: 'critical',
    team: 'cdn',
  })
})

test('labels sort by code point, whatever the machine', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 8 })
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.equal(Math.sign(byText(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
  )
})
