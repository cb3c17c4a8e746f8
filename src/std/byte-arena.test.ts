import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { ByteArena } from './byte-arena.ts'

type Piece = { readonly at: number; readonly bytes: Uint8Array }

test('pieces keep their bytes while others come and go', () => {
  const operations = fc.array(
    fc.oneof(
      fc.record({ keep: fc.uint8Array({ maxLength: 3000 }) }),
      fc.record({ release: fc.nat(50) }),
    ),
    { maxLength: 200 },
  )
  fc.assert(
    fc.property(operations, (steps) => {
      const arena = new ByteArena()
      const held: Piece[] = []
      for (const step of steps) {
        if ('keep' in step) {
          const { length } = step.keep
          held.push({ at: arena.keep(step.keep, 0, length), bytes: step.keep })
        } else if (held.length > 0) {
          const [piece] = held.splice(step.release % held.length, 1)
          arena.release(piece!.at, piece!.bytes.length)
        }
      }

      for (const { at, bytes } of held) {
        assert.deepEqual(arena.bytes.slice(at, at + bytes.length), bytes)
      }
    }),
    { numRuns: 200 },
  )
})

test('what is let go of is used again before the buffer grows', () => {
  const arena = new ByteArena()
  const bytes = new Uint8Array(100)
  const first = arena.keep(bytes, 0, 100)
  const size = arena.size

  for (let i = 0; i < 1000; i++) {
    arena.release(first, 100)
    assert.equal(arena.keep(bytes, 0, 98), first)
  }

  assert.equal(arena.size, size)
})

test('lengths share a room in steps of sixteen bytes, long ones in powers of two', () => {
  assert.equal(ByteArena.isSameRoom(1, 16), true)
  assert.equal(ByteArena.isSameRoom(16, 17), false)
  assert.equal(ByteArena.isSameRoom(1025, 2048), true)
  assert.equal(ByteArena.isSameRoom(2048, 2049), false)
})
