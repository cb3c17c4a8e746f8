import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Limiter } from './limiter.ts'

test('[D5] so many enter and no more; reads that wait go before writes', async () => {
  const limiter = new Limiter(2)
  const entered: string[] = []
  const enter = async (name: string, kind: 'read' | 'write') => {
    await limiter.enter(kind)
    entered.push(name)
  }
  const all = [enter('a', 'write'), enter('b', 'write'), enter('c', 'write'), enter('d', 'read')]

  await setImmediate()
  assert.deepEqual(entered, ['a', 'b'])
  limiter.leave()
  await setImmediate()
  assert.deepEqual(entered, ['a', 'b', 'd'])
  limiter.leave()
  await Promise.all(all)
  assert.deepEqual(entered, ['a', 'b', 'd', 'c'])
})
