import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bucketOf } from './quantile-bucket.ts'

const LN_GAMMA = 0.020000666706669435
/** Of 2^53 · 1000 units. */
const EXPONENT_MAX = 2183

/** Z9 as it is written. */
function formula(value: number): number {
  const units = Math.floor(value * 1000 + 0.5)
  if (units > 0) return Math.ceil(Math.log(units) / LN_GAMMA)
  return units === 0 ? -1 : -2 - Math.ceil(Math.log(-units) / LN_GAMMA)
}

const bits = new BigInt64Array(1)
const number = new Float64Array(bits.buffer)

/** The double so many steps away from another one. */
function stepped(from: number, steps: number): number {
  number[0] = from
  bits[0] = bits[0]! + BigInt(steps)
  return number[0]
}

/** How many of the values fall elsewhere than the formula says; one comparison a value is slow. */
const wrong = (values: Iterable<number>) =>
  Array.from(values).filter((value) => bucketOf(value) !== formula(value))

test('[Z9] the first three million units fall where the formula says, either side of zero', () => {
  for (let from = 0; from < 3_000_000; from += 100_000) {
    const units = Array.from({ length: 100_000 }, (_, i) => (from + i) / 1000)
    assert.deepEqual(wrong(units), [])
    assert.deepEqual(wrong(units.map((value) => -value)), [])
  }
})

test('[Z9] values around every border, and around its guards, fall where the formula says', () => {
  for (let exponent = 0; exponent <= EXPONENT_MAX; exponent++) {
    const border = Math.exp(exponent * LN_GAMMA)
    const around = [border, border * (1 - 1e-9), border * (1 + 1e-9)].flatMap((units) =>
      Array.from({ length: 41 }, (_, i) => [stepped(units, i - 20), Math.round(units) + i - 20]),
    )
    assert.deepEqual(wrong(around.flat().map((units) => units / 1000)), [], `border ${exponent}`)
  }
})

test('[Z9] values around every edge of the table’s cells fall where the formula says', () => {
  for (let cell = 0; cell < 63 * 128; cell++) {
    const edge = 2 ** (cell >> 7) * (1 + (cell & 127) / 128)
    const around = [-2, -1, 0, 1, 2].map((steps) => stepped(edge, steps) / 1000)
    assert.deepEqual(wrong(around), [], `cell ${cell}`)
  }
})

test('[Z9] any value falls where the formula says, those beyond all rows included', () => {
  fc.assert(
    fc.property(fc.double(), (value) => assert.equal(bucketOf(value), formula(value))),
    { numRuns: 20_000 },
  )
})
