import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  ConnectionDeltas,
  type ConnectionCounters,
  type ConnectionDelta,
  type ConnectionSample,
} from './connection-deltas.ts'

const T = 1_795_383_157_000
const zero = { retrans: 0, segs_out: 0, bytes_sent: 0, bytes_retrans: 0, dsack_dups: 0 }
const sample = (conn: string, counters: ConnectionCounters): ConnectionSample => ({
  conn,
  counters: { ...zero, ...counters },
})
type Rows = readonly ConnectionDelta<ConnectionSample>[]
const sum = (rows: Rows, name: keyof ConnectionCounters) =>
  rows.reduce((total, row) => total + (row.deltas[name] ?? 0), 0)
const poll = (deltas: ConnectionDeltas, at: number, ...samples: ConnectionSample[]): Rows =>
  Array.from(deltas.poll(at, samples))

test('[C1] a connection first seen at start-up counts nothing, then what it did since', () => {
  const deltas = new ConnectionDeltas({ periodMs: 1000 })

  assert.deepEqual(poll(deltas, T, sample('a', { bytes_sent: 5000 })), [])
  const rows = poll(deltas, T + 1000, sample('a', { bytes_sent: 7000, retrans: 2 }))

  assert.equal(rows.length, 1)
  assert.deepEqual(rows[0]?.deltas, { ...zero, bytes_sent: 2000, retrans: 2 })
  assert.deepEqual([rows[0].at, rows[0].spanMs, rows[0].isSpread], [T + 1000, 1000, false])
})

test('[C1] a connection born between two polls counts whole, after a longer gap nothing', () => {
  const deltas = new ConnectionDeltas({ periodMs: 1000 })
  poll(deltas, T)

  const born = poll(deltas, T + 2000, sample('a', { bytes_sent: 300 }))
  const afterGap = poll(
    deltas,
    T + 4001,
    sample('a', { bytes_sent: 300 }),
    sample('b', { bytes_sent: 9 }),
  )

  assert.deepEqual(
    born.map((row) => [row.deltas.bytes_sent, row.spanMs]),
    [[300, 2000]],
  )
  assert.deepEqual(afterGap, [])
})

test('[C1] a counter that falls is a new connection', () => {
  const deltas = new ConnectionDeltas({ periodMs: 1000 })
  poll(deltas, T, sample('a', { bytes_sent: 9000, retrans: 4 }))

  const rows = poll(deltas, T + 1000, sample('a', { bytes_sent: 800, retrans: 4 }))
  const late = poll(deltas, T + 9000, sample('a', { bytes_sent: 70 }))

  assert.deepEqual(
    rows.map((row) => [row.deltas.bytes_sent, row.deltas.retrans]),
    [[800, 4]],
  )
  assert.deepEqual(late, [])
})

test('[C1] a reused pair of addresses with a cookie of its own is a new connection', () => {
  const deltas = new ConnectionDeltas({ periodMs: 1000 })
  poll(deltas, T, sample('cookie-1', { bytes_sent: 100 }))

  const rows = poll(deltas, T + 1000, sample('cookie-2', { bytes_sent: 150 }))

  assert.deepEqual(
    rows.map((row) => row.deltas.bytes_sent),
    [150],
  )
})

test('[C2] a delta over a long gap becomes one marked row per period, its total exact', () => {
  const deltas = new ConnectionDeltas({ periodMs: 1000 })
  poll(deltas, T, sample('a', {}))

  const rows = poll(deltas, T + 3000, sample('a', { bytes_sent: 10, retrans: 1 }))

  assert.deepEqual(
    rows.map((row) => row.at),
    [T + 1000, T + 2000, T + 3000],
  )
  assert.deepEqual(
    rows.map((row) => row.deltas.bytes_sent),
    [4, 3, 3],
  )
  assert.deepEqual(
    rows.map((row) => row.deltas.retrans),
    [1, 0, 0],
  )
  assert.deepEqual(
    rows.map((row) => [row.isSpread, row.isLast]),
    [
      [true, false],
      [true, false],
      [true, true],
    ],
  )
})

test('[C2] any gap keeps the total, its rows lie inside it and are bounded', () => {
  const gaps = fc.integer({ min: 2001, max: 10_000_000 })
  fc.assert(
    fc.property(gaps, fc.maxSafeNat(), (gapMs, bytes) => {
      const deltas = new ConnectionDeltas({ periodMs: 1000 })
      poll(deltas, T, sample('a', {}))
      const rows = poll(deltas, T + gapMs, sample('a', { bytes_sent: bytes }))
      assert.equal(sum(rows, 'bytes_sent'), bytes)
      assert.equal(
        rows.every((row) => row.at > T && row.at <= T + gapMs && row.isSpread),
        true,
      )
      assert.equal(rows.length <= 120, true)
    }),
  )
})

test('a connection that does nothing gives no row', () => {
  const deltas = new ConnectionDeltas({ periodMs: 1000 })
  poll(deltas, T, sample('a', { bytes_sent: 1 }))

  assert.deepEqual(poll(deltas, T + 1000, sample('a', { bytes_sent: 1 })), [])
})

test('a counter that is unknown stays unknown', () => {
  const deltas = new ConnectionDeltas({ periodMs: 1000 })
  poll(deltas, T, { conn: 'a', counters: { segs_out: 5 } })

  const rows = poll(deltas, T + 1000, { conn: 'a', counters: { segs_out: 8, bytes_sent: 4 } })

  assert.deepEqual(
    rows.map((row) => row.deltas),
    [{ segs_out: 3 }],
  )
})

test('[D5] connections beyond the bound are refused and never counted whole later', () => {
  const deltas = new ConnectionDeltas({ periodMs: 1000, connectionsMax: 1, forgetMs: 500 })
  poll(deltas, T, sample('a', {}))
  poll(deltas, T + 1000, sample('a', {}), sample('b', { bytes_sent: 1_000_000 }))

  poll(deltas, T + 2000, sample('c', { bytes_sent: 5 }))
  const rows = poll(deltas, T + 3000, sample('b', { bytes_sent: 1_000_001 }))

  assert.equal(deltas.refusedCount, 2)
  assert.equal(deltas.connectionCount, 1)
  assert.deepEqual(rows, [])
})

test('[D5] connections that are gone are forgotten', () => {
  const deltas = new ConnectionDeltas({ periodMs: 1000, forgetMs: 2000 })
  poll(deltas, T, sample('a', {}))

  for (let s = 1; s <= 3; s++) poll(deltas, T + s * 1000)

  assert.equal(deltas.connectionCount, 0)
})

test('a clock that was set back begins anew instead of inventing a delta', () => {
  const deltas = new ConnectionDeltas({ periodMs: 1000 })
  poll(deltas, T, sample('a', {}))

  assert.deepEqual(poll(deltas, T - 5000, sample('a', { bytes_sent: 10 })), [])
  const rows = poll(deltas, T - 4000, sample('a', { bytes_sent: 13 }))

  assert.deepEqual(
    rows.map((row) => row.deltas.bytes_sent),
    [3],
  )
})
