import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Replaceable } from './replaceable.ts'

test('whoever works by a value is told once when another takes its place', () => {
  const value = new Replaceable('old')
  const { replaced } = value
  const seen: string[] = []
  replaced.addEventListener('abort', () => seen.push(value.current))

  value.replace('new')
  value.replace('newer')

  assert.deepEqual(seen, ['new'])
  assert.equal(value.current, 'newer')
  assert.equal(value.replaced.aborted, false)
})
