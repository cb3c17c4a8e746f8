import assert from 'node:assert/strict'
import test from 'node:test'
import { textTable } from './text-table.ts'

test('texts stand at the left, numbers at the right, unknown is a dash', () => {
  const table = textTable(
    ['stream', 'retrans', 'state'],
    [
      ['arena-1', 10_860, 'firing'],
      ['a', 0.123456789, ''],
      ['b', undefined, 'ok'],
    ],
  )

  const lines = [
    'stream    retrans  state',
    'arena-1    10,860  firing',
    'a        0.123457',
    'b               –  ok',
  ]
  assert.equal(table, lines.join('\n'))
})

test('[U12] what would move a terminal’s cursor is shown as a dot', () => {
  assert.equal(textTable(['a'], [['x\x1b[2Jy\nz']]), 'a\nx·[2Jy·z')
})
