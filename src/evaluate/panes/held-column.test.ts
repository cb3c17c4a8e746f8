import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AggregateSpec } from '../../model/monitor.ts'
import { ByteArena } from '../../std/byte-arena.ts'
import { ByteWriter, utf8 } from '../../std/bytes.ts'
import { aggregateState, type AggregateState } from '../../sketch/aggregate-state.ts'
import { couponOf } from '../../sketch/coupon.ts'
import { count, type CountState } from '../../sketch/count.ts'
import { distinct } from '../../sketch/distinct.ts'
import { max, min } from '../../sketch/extrema.ts'
import { mean } from '../../sketch/mean.ts'
import { quantile } from '../../sketch/quantile.ts'
import { sampleError } from '../../sketch/sample-error.ts'
import { sum, type SumState } from '../../sketch/sum.ts'
import { heldColumn } from './held-column.ts'

const ROWS = 12
const writer = new ByteWriter()

const sampledAs = (x: number) => ({ weight: x > 100 ? 20 : 10, cluster: Math.round(x * 7919) })
const sampledCount = (): CountState => ({ ...count.zero(), error: [] })
const sampledSum = (): SumState => ({ ...sum.zero(3), error: [] })

/** A state of each kind over some values, as a fold would make it. */
const kinds: readonly {
  readonly spec: AggregateSpec
  readonly of: (values: readonly number[]) => AggregateState
}[] = [
  {
    spec: { name: 'a', kind: 'count', digits: 0 },
    of: (values) => values.reduce((state) => count.add(state), count.zero()),
  },
  {
    spec: { name: 'a', kind: 'sum', digits: 3 },
    of: (values) => values.reduce((state, x) => sum.add(state, x), sum.zero(3)),
  },
  {
    spec: { name: 'a', kind: 'count', digits: 0 },
    of: (values) => values.reduce((state, x) => count.add(state, sampledAs(x)), sampledCount()),
  },
  {
    spec: { name: 'a', kind: 'sum', digits: 3 },
    of: (values) => values.reduce((state, x) => sum.add(state, x, sampledAs(x)), sampledSum()),
  },
  {
    spec: { name: 'a', kind: 'min', digits: 3 },
    of: (values) => values.reduce((state, x) => min.add(state, x), min.zero()),
  },
  {
    spec: { name: 'a', kind: 'max', digits: 3 },
    of: (values) => values.reduce((state, x) => max.add(state, x), max.zero()),
  },
  {
    spec: { name: 'a', kind: 'mean', digits: 3 },
    of: (values) => values.reduce((state, x) => mean.add(state, x), mean.zero()),
  },
  {
    spec: { name: 'a', kind: 'quantile', digits: 3, q: 0.9 },
    of: (values) => values.reduce((state, x) => quantile.add(state, x), quantile.zero()),
  },
  {
    spec: { name: 'a', kind: 'distinct', digits: 0 },
    of: (values) =>
      values.reduce(
        (state, x) => distinct.add(state, couponOf(utf8(`${x}`)) ?? 1, x > 0 ? 1 : 10),
        distinct.zero(),
      ),
  },
]

const sent = (spec: AggregateSpec, state: AggregateState) =>
  aggregateState.encode(spec, state, writer)

const nameOf = (spec: AggregateSpec, of: (values: readonly number[]) => AggregateState) =>
  'error' in of([]) ? `sampled ${spec.kind}` : spec.kind

const values = fc.array(
  fc.oneof(fc.integer({ min: -20, max: 2000 }), fc.double({ min: 0, max: 1e6, noNaN: true })),
  { maxLength: 30 },
)
// Rows are written, written over and cleared in any order, as panes come and go.
const writes = fc.array(fc.record({ row: fc.nat(ROWS - 1), values, clears: fc.nat(4) }), {
  maxLength: 40,
})

for (const { spec, of } of kinds) {
  test(`[P3] held states of ${nameOf(spec, of)} merge to what their states merge to`, () => {
    fc.assert(
      fc.property(writes, fc.uniqueArray(fc.nat(ROWS - 1)), (steps, wanted) => {
        const column = heldColumn(spec, new ByteArena())
        column.grow(4)
        column.grow(ROWS)
        const held = new Map<number, AggregateState>()
        for (const step of steps) {
          const state = of(step.values)
          const { version, kind, payload } = aggregateState.encode(spec, state, writer)
          const bytes = Uint8Array.of(9, ...payload, 9)
          const at = { bytes, start: 1, length: payload.length, version, sampled: false }
          assert.equal(kind, column.code)
          assert.ok(column.isSound(at))
          column.put(step.row, at)
          held.set(step.row, state)
          if (step.clears > 0) continue
          column.clear(step.row)
          held.delete(step.row)
        }

        const rows = wanted.filter((row) => held.has(row))
        const list = { rows: Int32Array.from(rows), count: rows.length }
        let merged = aggregateState.zero(spec)
        for (const row of rows) merged = aggregateState.merge(spec, merged, held.get(row)!)
        const expected = aggregateState.result(spec, merged) ?? NaN
        assert.ok(Object.is(column.merge(list), expected))
        const state = column.stateOf(list)
        if ('error' in merged && rows.length > 0) {
          assert.deepEqual('error' in state && state.error, merged.error)
        }
        if (!('error' in merged)) assert.deepEqual(sent(spec, state), sent(spec, merged))
      }),
      { numRuns: 150 },
    )
  })
}

test('[S5] a total of a sampled pane that brings no error has an unknown one', () => {
  const [counted] = kinds
  const column = heldColumn(counted!.spec, new ByteArena())
  column.grow(2)
  const { payload } = aggregateState.encode(counted!.spec, counted!.of([1, 2]), writer)
  const at = { bytes: payload, start: 0, length: payload.length, version: 1 }
  column.put(0, { ...at, sampled: true })
  column.put(1, { ...at, sampled: false })

  const errorOf = (...rows: readonly number[]) => {
    const state = column.stateOf({ rows: Int32Array.from(rows), count: rows.length })
    return 'error' in state ? state.error : undefined
  }

  assert.equal(errorOf(1), undefined)
  assert.equal(sampleError.isKnown(errorOf(0, 1) ?? []), false)
  column.put(0, { ...at, sampled: false })
  assert.equal(errorOf(0, 1), undefined)
})

test('a state of another version, resolution or length is not sound', () => {
  const [, total] = kinds
  const { payload } = aggregateState.encode(total!.spec, total!.of([1, 2]), writer)
  const column = heldColumn(total!.spec, new ByteArena())
  const at = { bytes: payload, start: 0, length: payload.length, version: 1, sampled: false }

  assert.equal(column.isSound(at), true)
  assert.equal(column.isSound({ ...at, version: 3 }), false)
  assert.equal(column.isSound({ ...at, length: 1 }), false)
  const other = heldColumn({ ...total!.spec, digits: 0 }, new ByteArena())
  assert.equal(other.isSound(at), false)
})
