import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identityLabels, shownLabels } from './labels.ts'

const rule = { alert: 'x', labels: { team: 'cdn', stream: 'other' } }

test('[A10] the identity is alertname, group labels, and site where the instance is local', () => {
  assert.deepEqual(identityLabels(rule, { stream: 'arena-1', site: 'lyon' }), {
    alertname: 'x',
    stream: 'arena-1',
    site: 'lyon',
  })
})

test('[A10] severity and the labels of the rule are shown and change no identity', () => {
  assert.deepEqual(shownLabels(rule, { stream: 'arena-1' }, 'critical'), {
    alertname: 'x',
    stream: 'arena-1',
    severity: 'critical',
    team: 'cdn',
  })
})
