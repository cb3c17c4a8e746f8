import assert from 'node:assert/strict'
import { test } from 'node:test'
import { screenOf, streamPath } from './screen-address.ts'

test('a stream’s address leads back to it, whatever its name', () => {
  for (const stream of ['arena-1', 'a/b c', '<x>%', 'ä · 2']) {
    assert.deepEqual(screenOf(streamPath('ams1/cf', stream)), {
      name: 'stream',
      scope: 'ams1/cf',
      stream,
    })
  }
  assert.deepEqual(screenOf('/feed'), { name: 'feed' })
  assert.deepEqual(screenOf('/anything'), { name: 'wall' })
  assert.deepEqual(screenOf('/stream/a/%E0%A4'), { name: 'stream', scope: 'a', stream: '%E0%A4' })
})
