import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AggregateKind, AggregateSpec } from '../model/monitor.ts'
import { ByteWriter } from '../std/bytes.ts'
import { aggregateState, type AggregateState } from './aggregate-state.ts'
import { clusterOfName } from './cluster.ts'
import { count } from './count.ts'
import { couponOf } from './coupon.ts'
import { distinct } from './distinct.ts'
import { max, min } from './extrema.ts'
import { mean } from './mean.ts'
import { quantile } from './quantile.ts'
import { sampleError, type SampledRow } from './sample-error.ts'
import { sum } from './sum.ts'

type Row = { readonly value: number; readonly name: string; readonly weight: number }

const SPECS: Readonly<Record<AggregateKind, AggregateSpec>> = {
  count: { name: 'x', kind: 'count', digits: 0 },
  sum: { name: 'x', kind: 'sum', field: 'f', digits: 3 },
  min: { name: 'x', kind: 'min', field: 'f', digits: 3 },
  max: { name: 'x', kind: 'max', field: 'f', digits: 3 },
  mean: { name: 'x', kind: 'mean', field: 'f', digits: 3 },
  quantile: { name: 'x', kind: 'quantile', field: 'f', digits: 3, q: 0.9 },
  distinct: { name: 'x', kind: 'distinct', field: 'f', digits: 3 },
}

const KINDS: readonly { kind: AggregateKind; of: (rows: readonly Row[]) => AggregateState }[] = [
  { kind: 'count', of: (rows) => rows.reduce((s, r) => count.add(s, sampledOf(r)), count.zero()) },
  {
    kind: 'sum',
    of: (rows) => rows.reduce((s, r) => sum.add(s, r.value, sampledOf(r)), sum.zero(3)),
  },
  { kind: 'min', of: (rows) => rows.reduce((s, r) => min.add(s, r.value), min.zero()) },
  { kind: 'max', of: (rows) => rows.reduce((s, r) => max.add(s, r.value), max.zero()) },
  { kind: 'mean', of: (rows) => rows.reduce((s, r) => mean.add(s, r.value), mean.zero()) },
  {
    kind: 'quantile',
    of: (rows) => rows.reduce((s, r) => quantile.add(s, r.value), quantile.zero()),
  },
  { kind: 'distinct', of: distinctOf },
]

/** Rows of weight 1 are of no sample. */
function sampledOf({ name, weight }: Row): SampledRow | undefined {
  const cluster = clusterOfName(new TextEncoder().encode(name))
  return weight === 1 ? undefined : { weight, cluster }
}

function distinctOf(rows: readonly Row[]): AggregateState {
  const state = distinct.zero()
  for (const { name, weight } of rows) {
    const coupon = couponOf(new TextEncoder().encode(name))
    if (coupon !== undefined) distinct.add(state, coupon, weight)
  }
  return state
}

/** Few names and many, none and empty ones. */
const rowsOf = fc.array(
  fc.record({
    value: fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    name: fc.oneof(fc.constantFrom('a', 'b', ''), fc.string({ maxLength: 8 })),
    weight: fc.constantFrom(1, 10, 2.5),
  }),
  { maxLength: 60 },
)
const many: readonly Row[] = Array.from({ length: 400 }, (_, i) => ({
  value: i * 1.7,
  name: `many-${i}`,
  weight: 1,
}))
const parts = fc.tuple(
  rowsOf,
  fc.oneof(rowsOf, fc.constant(many)),
  fc.oneof(rowsOf, fc.constant(many.slice(0, 250))),
)

const writer = new ByteWriter()
const bytesOf = (spec: AggregateSpec, state: AggregateState) =>
  aggregateState.encode(spec, state, writer)

for (const { kind, of } of KINDS) {
  const spec = SPECS[kind]
  const merged = (...states: readonly AggregateState[]) =>
    states.reduce((into, from) => aggregateState.merge(spec, into, from), aggregateState.zero(spec))

  test(`[P3] ${kind} is a commutative monoid: cut and order of the rows leave no trace`, () => {
    fc.assert(
      fc.property(parts, ([a, b, c]) => {
        const whole = bytesOf(spec, of([...a, ...b, ...c]))

        assert.deepEqual(bytesOf(spec, merged(of(a), of(b), of(c))), whole)
        assert.deepEqual(bytesOf(spec, merged(of(c), of(a), of(b))), whole)
        assert.deepEqual(bytesOf(spec, merged(of(a), merged(of(b), of(c)))), whole)
        assert.deepEqual(bytesOf(spec, merged(of([...c, ...b, ...a]), of([]))), whole)
      }),
      { numRuns: 60 },
    )
  })

  test(`[P3] merging leaves the second state of ${kind} as it was`, () => {
    const [into, from] = [of(many.slice(0, 3)), of(many)]
    const before = bytesOf(spec, from)

    aggregateState.merge(spec, aggregateState.merge(spec, merged(), from), into)

    assert.deepEqual(bytesOf(spec, from), before)
  })

  test(`[P4] a state of ${kind} reads back as it was written`, () => {
    fc.assert(
      fc.property(fc.oneof(rowsOf, fc.constant(many)), (rows) => {
        const state = of(rows)
        const back = aggregateState.decode(spec, bytesOf(spec, state))

        assert.ok(back !== undefined)
        assert.deepEqual(bytesOf(spec, back), bytesOf(spec, state))
        assert.equal(aggregateState.result(spec, back), aggregateState.result(spec, state))
      }),
      { numRuns: 60 },
    )
  })

  test(`any bytes are a state of ${kind} or are refused, and none throws`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (payload) => {
        const { kind: code } = bytesOf(spec, of([]))
        for (const version of [0, 1, 2, 3]) {
          const state = aggregateState.decode(spec, { kind: code, version, payload })
          if (state !== undefined) aggregateState.result(spec, state)
        }
      }),
    )
  })
}

test('a state of another kind, version or resolution is refused', () => {
  const { payload } = bytesOf(SPECS.sum, aggregateState.zero(SPECS.sum))

  assert.equal(aggregateState.decode(SPECS.sum, { kind: 1, version: 1, payload }), undefined)
  assert.equal(aggregateState.decode(SPECS.sum, { kind: 2, version: 2, payload }), undefined)
  assert.equal(aggregateState.decode(SPECS.sum, { kind: 2, version: 3, payload }), undefined)
  const other = { ...SPECS.sum, digits: 0 }
  assert.equal(aggregateState.decode(other, { kind: 2, version: 1, payload }), undefined)
})

for (const kind of ['count', 'sum'] as const) {
  const spec = SPECS[kind]
  const { of } = KINDS.find((each) => each.kind === kind)!

  test(`[S2] a ${kind} is written with its error only where rows of a sample are in it`, () => {
    const whole = bytesOf(spec, of([{ value: 2, name: 'a', weight: 1 }]))
    const sampled = bytesOf(spec, of([{ value: 2, name: 'a', weight: 10 }]))

    assert.deepEqual([whole.version, sampled.version], [1, 2])
    assert.ok(whole.payload.length <= 4 && sampled.payload.length > 8)
  })

  test(`[S2] a sampled ${kind} without its error makes what it merges with unknown`, () => {
    const known = of([{ value: 2, name: 'a', weight: 10 }])
    const older = bytesOf(spec, of([{ value: 20, name: 'b', weight: 1 }]))

    const state = aggregateState.decode(spec, older, { sampled: true })
    assert.ok(state !== undefined)
    const merged = aggregateState.merge(spec, known, state)

    assert.ok('error' in merged && merged.error !== undefined)
    assert.equal(sampleError.isKnown(merged.error), false)
    const unsampled = aggregateState.decode(spec, older, { sampled: false })
    assert.ok(unsampled !== undefined && !('error' in unsampled))
  })
}

test('[V2] of nothing, counts and sums are 0 and all else is undefined', () => {
  const results = Object.fromEntries(
    KINDS.map(({ kind, of }) => [kind, aggregateState.result(SPECS[kind], of([]))]),
  )

  assert.deepEqual(results, {
    count: 0,
    sum: 0,
    min: undefined,
    max: undefined,
    mean: undefined,
    quantile: undefined,
    distinct: undefined,
  })
})
