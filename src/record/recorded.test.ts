import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeRecordNote, encodeRecordNote, movedRecordNote } from './record-note.ts'
import { Recorded } from './recorded.ts'

const spanOf = fc
  .tuple(fc.nat({ max: 60 }), fc.integer({ min: 1, max: 9 }))
  .map(([from, length]) => ({ from, to: from + length }))

test('[D6] nothing counts as recorded that no span held', () => {
  fc.assert(
    fc.property(fc.array(spanOf, { maxLength: 6 }), (spans) => {
      const recorded = new Recorded(0, [])
      const held = new Set<number>()
      for (const span of spans) {
        recorded.add(span)
        for (let offset = span.from; offset < span.to; offset++) held.add(offset)
      }

      let offset = 0
      while (held.has(offset)) offset++
      assert.equal(recorded.offset, offset)
      const beyond = recorded.done.flatMap(({ from, to }) =>
        Array.from({ length: to - from }, (_, i) => from + i),
      )
      assert.deepEqual(
        beyond,
        [...held].filter((each) => each > offset).sort((a, b) => a - b),
      )
      assert.deepEqual(new Recorded(recorded.offset, recorded.done).done, recorded.done)
    }),
  )
})

test('[D5] more spans than are kept: one is forgotten, and recorded again', () => {
  const recorded = new Recorded(0, [])
  for (let i = 1; i <= 20; i++) recorded.add({ from: i * 10, to: i * 10 + 1 })

  assert.equal(recorded.done.length, 8)
  assert.equal(recorded.end, 201)
  assert.equal(recorded.offset, 0)
})

test('the note beside a position comes back, and moves with its records', () => {
  const done = [
    { from: 900, to: 1_000 },
    { from: 1_500, to: 1_600 },
  ]

  assert.deepEqual(decodeRecordNote(encodeRecordNote('sqlite-17', done)), {
    identity: 'sqlite-17',
    done,
  })
  assert.deepEqual(decodeRecordNote('sqlite-17'), { identity: 'sqlite-17', done: [] })
  assert.deepEqual(decodeRecordNote('sqlite-17 9-3,x,5'), { identity: 'sqlite-17', done: [] })
  const moved = movedRecordNote(encodeRecordNote('c', done), (offset) => offset - 900)
  assert.equal(moved, 'c 0-100,600-700')
  assert.equal(
    movedRecordNote('', (offset) => offset),
    '',
  )
})
