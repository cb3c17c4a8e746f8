import assert from 'node:assert/strict'
import { test } from 'node:test'

import { layoutOf } from './reading-layout.ts'

test('[F1] known fields are ordered canonically, unknown ones behind them as they came', () => {
  const { order, kinds } = layoutOf(['zeta', 'rtt_ms', 'v', 'alpha', 'ts'])

  assert.deepEqual(
    order.map((field) => field.label),
    [',"ts":', ',"rtt_ms":', ',"zeta":', ',"alpha":'],
  )
  assert.deepEqual(kinds, [undefined, 'G', 'I', undefined, 'I'])
})

test('layouts of as many keys do not stand in for each other', () => {
  const first = layoutOf(['ts', 'stream'])
  const second = layoutOf(['ts', 'pop'])

  assert.deepEqual(second.keys, ['ts', 'pop'])
  assert.deepEqual(layoutOf(['ts', 'stream']), first)
})
