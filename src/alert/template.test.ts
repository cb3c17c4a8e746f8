import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderTemplate, templateNames } from './template.ts'

const facts = { stream: 'arena-1', odd: '{{stream}}', retrans: 402, loss: NaN }

test('a template shows values and labels, and says unknown for what is undefined', () => {
  assert.equal(renderTemplate('{{retrans}} on {{ stream }}', facts), '402 on arena-1')
  assert.equal(
    renderTemplate('{{loss}} {{toString}} {{__proto__}}', facts),
    'unknown unknown unknown',
  )
  assert.equal(renderTemplate('{{odd}} {{}} {{a b}} $&', facts), '{{stream}} {{}} {{a b}} $&')
})

test('a template names each of its places once', () => {
  assert.deepEqual(templateNames('{{a}} {{ b }} {{a}} {{1}}'), ['a', 'b'])
})

test('numbers are shown with at most four significant digits', () => {
  const shown = [0.0251349, 402, 12345.6, -1.5, 0, 1 / 3].map((x) => renderTemplate('{{x}}', { x }))

  assert.deepEqual(shown, ['0.02513', '402', '12350', '-1.5', '0', '0.3333'])
})
