import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from './clock.ts'
import { Lane } from './lane.ts'

test('[D5] whoever has work takes turns, and the loop runs on between two pieces', async () => {
  const lane = new Lane(systemClock)
  const done: string[] = []
  const reader = async (name: string): Promise<void> => {
    for (let piece = 0; piece < 3; piece++) {
      await lane.turn()
      done.push(`${name}${piece}`)
    }
  }
  let isOver = false
  const urgent = async (): Promise<void> => {
    while (!isOver) {
      if (done.at(-1) !== 'urgent') done.push('urgent')
      await new Promise(setImmediate)
    }
  }
  const watching = urgent()

  await Promise.all([reader('a'), reader('b')])
  isOver = true
  await watching

  const pieces = done.filter((each) => each !== 'urgent')
  assert.deepEqual(pieces, ['a0', 'b0', 'a1', 'b1', 'a2', 'b2'])
  for (const [i, each] of done.entries()) {
    const isAfterPiece = i > 0 && done[i - 1] !== 'urgent'
    assert.ok(each === 'urgent' || !isAfterPiece, done.join(' '))
  }
})
