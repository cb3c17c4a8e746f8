import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { ByteReader, ByteWriter } from '../std/bytes.ts'
import { prng } from '../std/prng.ts'
import { distinct, type DistinctState } from './distinct.ts'
import { DistinctMerge, isDistinctPayload } from './distinct-merge.ts'
import { QuantileMerge, isQuantilePayload } from './quantile-merge.ts'
import { quantile, type QuantileState } from './quantile.ts'

const writer = new ByteWriter()

function payloadOf<S>(sketch: { write(writer: ByteWriter, state: S): void }, state: S): Uint8Array {
  sketch.write(writer, state)
  return writer.take()
}

const value = fc.oneof(
  fc.double({ min: -1e12, max: 1e12, noNaN: true }),
  fc.integer({ min: -5, max: 5 }),
)

test('[P3] [Z9] encoded quantile states merge to what their states merge to', () => {
  const merge = new QuantileMerge()
  const windows = fc.array(fc.array(value, { maxLength: 40 }), { maxLength: 12 })
  fc.assert(
    fc.property(windows, fc.double({ min: 0, max: 1, noNaN: true }), (slices, q) => {
      const whole: QuantileState = quantile.zero()
      merge.clear()
      for (const values of slices) {
        const state = quantile.zero()
        for (const each of values) quantile.add(state, each)
        const payload = payloadOf(quantile, state)
        merge.add(payload, 0, payload.length)
        quantile.merge(whole, state)
      }

      assert.ok(Object.is(merge.result(q), quantile.result(whole, q)))
    }),
    { numRuns: 500 },
  )
})

test('[P3] [Z10] encoded distinct states merge to what their states merge to', () => {
  const merge = new DistinctMerge()
  const slice = fc.record({
    seed: fc.integer(),
    count: fc.oneof(fc.nat(30), fc.nat(400)),
    below: fc.constantFrom(20, 500, 100_000),
    weight: fc.constantFrom(1, 1, 1, 10, 2.5),
  })
  fc.assert(
    fc.property(fc.array(slice, { maxLength: 8 }), (slices) => {
      const whole: DistinctState = distinct.zero()
      merge.clear()
      for (const { seed, count, below, weight } of slices) {
        const random = prng(seed)
        const state = distinct.zero()
        for (let i = 0; i < count; i++) {
          const coupon = (1 + random.below(20)) * 2 ** 26 + random.below(below)
          distinct.add(state, coupon, weight)
        }
        const payload = payloadOf(distinct, state)
        merge.add(payload, 0, payload.length)
        distinct.merge(whole, state)
      }

      assert.ok(Object.is(merge.result(), distinct.result(whole)))
    }),
    { numRuns: 300 },
  )
})

test('a payload is sound exactly if its sketch reads it', () => {
  const random = prng(20_261_128)
  const sketches = [
    { check: isQuantilePayload, read: quantile.read },
    { check: isDistinctPayload, read: distinct.read },
  ]
  const seeds = [
    payloadOf(quantile, quantile.add(quantile.add(quantile.zero(), 7), -3.5)),
    payloadOf(distinct, distinct.add(distinct.add(distinct.zero(), 2 ** 27 + 5, 1), 2 ** 26, 10)),
  ]
  let sound = 0
  for (let i = 0; i < 40_000; i++) {
    const which = i % 2
    const bytes = seeds[which]!.slice()
    if (i > 2) bytes[random.below(bytes.length)] = random.below(256)
    const cut = random.below(4) === 0 ? random.below(bytes.length + 1) : bytes.length
    const { check, read } = sketches[which]!

    const reader = new ByteReader(bytes, 0, cut)
    const state = read(reader)
    const isRead = state !== undefined && reader.ok && reader.at === cut

    assert.equal(check(new ByteReader(bytes, 0, cut)), isRead, `${bytes.join()} up to ${cut}`)
    if (isRead) sound++
  }
  assert.ok(sound > 2000 && sound < 38_000)
})
