import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppendWindow } from './append-window.ts'

test('[D5] [L5] beyond the bound calls wait in their order, then they are refused', () => {
  const window = new AppendWindow(100)
  const sent: string[] = []
  const enter = (name: string, bytes: number) => window.enter(bytes, () => sent.push(name))

  enter('a', 60)
  enter('b', 60)
  enter('c', 10)
  assert.deepEqual(sent, ['a'])
  assert.throws(() => enter('d', 40), { code: 'LOG_FULL' })

  window.leave(60)
  assert.deepEqual(sent, ['a', 'b', 'c'])
})

test('[D5] one call larger than the bound goes alone', () => {
  const window = new AppendWindow(100)
  const sent: string[] = []

  window.enter(500, () => sent.push('large'))
  window.enter(1, () => sent.push('small'))
  assert.deepEqual(sent, ['large'])

  window.leave(500)
  assert.deepEqual(sent, ['large', 'small'])
})
