import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prng } from '../../std/prng.ts'
import { PositionRing } from './position-ring.ts'

/** A batch of partition 0 from the first one on. */
const first = (end: number, watermark: number) => ({
  starts: new Map<number, number>(),
  ends: new Map([[0, end]]),
  watermarks: new Map([[0, watermark]]),
  newestBeforeMs: undefined,
})

test('[Z17] a position is the newest end whose watermark lies far enough behind', () => {
  const ring = new PositionRing(10)
  for (let i = 1; i <= 30; i++) ring.add(first(i * 100, i))

  assert.deepEqual(ring.positions(new Map([[0, 30]])), new Map([[0, 2000]]))
  assert.deepEqual(new PositionRing(10).positions(new Map([[0, 30]])), new Map())
})

test('[Z17] a partition has none before it came far enough, and keeps none of another', () => {
  const ring = new PositionRing(10)
  const ends = new Map([
    [0, 5],
    [1, 7],
  ])
  ring.add({ ...first(5, 1), ends })
  const marks = new Map([
    [0, 11],
    [1, 11],
  ])

  assert.deepEqual(ring.positions(marks), new Map([[0, 5]]))
})

test('[Z17] behind a position lies no row that can still change, in whatever order', () => {
  const random = prng(11)
  for (let run = 0; run < 50; run++) {
    const reach = 5 + random.below(40)
    const ring = new PositionRing(reach)
    const rows: number[] = []
    let watermark = 0
    for (let batch = 0; batch < 60; batch++) {
      for (let i = random.below(5); i >= 0; i--) {
        rows.push(Math.max(0, batch * 3 + random.below(20) - 10))
        watermark = Math.max(watermark, rows.at(-1)!)
      }
      ring.add(first(rows.length, watermark))
      const from = ring.positions(new Map([[0, watermark]])).get(0) ?? 0
      assert.ok(rows.slice(0, from).every((t) => t <= watermark - reach))
    }
  }
})

test('[Z17] the ring is bounded while a source stands still', () => {
  const ring = new PositionRing(10)
  for (let i = 0; i < 10_000; i++) ring.add(first(i, 0))

  assert.ok(ring.size <= 2_048)
})

test('[Z17] rows of batches that nobody told of hold positions back until they are old', () => {
  const ring = new PositionRing(10)
  ring.add(first(100, 5))
  // Rows from 100 to 200 were as new as 40; the batch behind them brings an old one.
  const late = { starts: new Map([[0, 200]]), ends: new Map([[0, 210]]) }
  ring.add({ ...late, watermarks: new Map([[0, 6]]), newestBeforeMs: 40 })

  assert.deepEqual(ring.positions(new Map([[0, 41]])), new Map([[0, 100]]))
  assert.deepEqual(ring.positions(new Map([[0, 50]])), new Map([[0, 210]]))
})

test('[Z17] who comes to a run that went on begins with what Spark has seen', () => {
  const ring = new PositionRing(10)
  const batch = { starts: new Map([[0, 100]]), ends: new Map([[0, 110]]) }
  const watermarks = new Map([[0, 5]])

  ring.add({ ...batch, watermarks, newestBeforeMs: undefined })
  assert.equal(ring.size, 0)
  ring.add({ ...batch, watermarks, newestBeforeMs: 40 })

  assert.deepEqual(ring.positions(new Map([[0, 41]])), new Map())
  assert.deepEqual(ring.positions(new Map([[0, 50]])), new Map([[0, 110]]))
})
