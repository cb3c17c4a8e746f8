import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeBatch } from './encode-batch.suite.ts'
import type { BatchRecord } from './batch-encoder.ts'
import { findBatch, scanBatches } from './batch-scanner.ts'
import { crc32c } from './crc32c.ts'
import { ScannedColumns } from './scanned-columns.ts'

const TIME = 1_700_000_000_000

const field = fc.option(fc.uint8Array({ maxLength: 40 }), { nil: undefined })
const records = fc.array(
  fc.record({ key: field, value: field }).map(({ key, value }) => ({
    ...(key && { key }),
    ...(value && { value }),
  })),
  { minLength: 1, maxLength: 20 },
)

/** Batches one behind another, offsets without a gap from `base`. */
function encodeRun(runs: readonly (readonly BatchRecord[])[], base = 0): Uint8Array {
  let next = base
  const parts = runs.map((run) => {
    next += run.length
    return encodeBatch({ base: next - run.length, time: TIME, logAppendTime: true, records: run })
  })
  return new Uint8Array(Buffer.concat(parts))
}

const text = (value: string) => new TextEncoder().encode(value)
const part = (bytes: Uint8Array, start: number, length: number) =>
  length < 0 ? undefined : bytes.slice(start, start + length)

function rowsOf(columns: ScannedColumns): BatchRecord[] {
  const { keys, values } = columns
  return Array.from({ length: columns.count }, (_, row) => {
    const key = part(keys.bytes, keys.starts[row]!, keys.lengths[row]!)
    const value = part(values.bytes, values.starts[row]!, values.lengths[row]!)
    return { ...(key && { key }), ...(value && { value }) }
  })
}

/** Renews the CRC of the batch at 0 after a test has put something else into it. */
function seal(bytes: Uint8Array): Uint8Array {
  new DataView(bytes.buffer).setUint32(17, crc32c(bytes, 21, bytes.length))
  return bytes
}

const all = (bytes: Uint8Array) => ({ from: 0, to: bytes.length })

test('[L4] scanning what was encoded gives it back, absent and empty kept apart', () => {
  const columns = new ScannedColumns(1)
  fc.assert(
    fc.property(
      fc.array(records, { minLength: 1, maxLength: 5 }),
      fc.nat(2 ** 45),
      (runs, base) => {
        const bytes = encodeRun(runs, base)
        columns.reset({ next: base })

        scanBatches(bytes, all(bytes), columns)

        const rows = runs.flat()
        assert.deepEqual(rowsOf(columns), rows)
        assert.deepEqual(
          [...columns.offsets.subarray(0, columns.count)],
          rows.map((_, i) => base + i),
        )
        assert.ok(columns.times.subarray(0, columns.count).every((time) => time === TIME))
        assert.equal(columns.next, base + rows.length)
        assert.equal(columns.consumed, bytes.length)
        assert.equal(columns.stuck, undefined)
      },
    ),
  )
})

test('[L37] a base offset beyond 2^31 and a time of −1 survive', () => {
  const base = 2 ** 31 + 5
  const bytes = encodeBatch({
    base,
    time: -1,
    logAppendTime: false,
    records: [{ value: text('x') }],
  })
  const columns = new ScannedColumns()
  columns.reset({ next: 0 })

  scanBatches(bytes, all(bytes), columns)

  assert.deepEqual([columns.offsets[0], columns.times[0], columns.next], [base, -1, base + 1])
})

test('rows below the first wanted offset are not delivered', () => {
  const bytes = encodeRun([[{ value: text('a') }, { value: text('b') }, { value: text('c') }]])
  const columns = new ScannedColumns()
  columns.reset({ next: 0, first: 2 })

  scanBatches(bytes, all(bytes), columns)

  assert.deepEqual(rowsOf(columns), [{ value: text('c') }])
  assert.equal(columns.next, 3)
})

test('a partial last batch stays unconsumed, whatever its length', () => {
  const whole = encodeRun([[{ value: text('first') }]])
  const bytes = encodeRun([[{ value: text('first') }], [{ value: text('second') }]])
  const columns = new ScannedColumns()
  for (let to = whole.length; to < bytes.length; to++) {
    columns.reset({ next: 0 })
    scanBatches(bytes, { from: 0, to }, columns)
    assert.deepEqual([columns.count, columns.consumed, columns.stuck], [1, whole.length, undefined])
  }
})

test('[L20] bad content under a valid CRC is rejected with its reason', () => {
  const faults: readonly [reason: string, at: number, value: number][] = [
    ['codec', 22, 5],
    ['inflate', 22, 2],
    ['count', 60, 3],
    ['count', 60, 1],
    ['count', 57, 255],
    ['record', 61, 0x7f],
    ['record', 65, 0x7f],
    ['record', 65, 5],
    ['offsets', 64, 20],
    ['offsets', 64, 1],
    ['range', 35, 0x7f],
  ]
  const run = [{ value: text('aa') }, { value: text('bb') }]
  for (const [reason, at, value] of faults) {
    const bad = encodeRun([run], 5)
    bad[at] = value
    const bytes = new Uint8Array(
      Buffer.concat([encodeRun([run], 3), seal(bad), encodeRun([run], 7)]),
    )
    const columns = new ScannedColumns()
    columns.reset({ next: 3 })

    scanBatches(bytes, all(bytes), columns)

    const found = columns.rejected.map(({ from, next, reason }) => ({ from, next, reason }))
    assert.deepEqual(found, [{ from: 5, next: 7, reason }], `${reason} at ${at}`)
    assert.deepEqual([...columns.offsets.subarray(0, columns.count)], [3, 4, 7, 8])
  }
})

test('[L20] a time that a double would round, or that has no end, is rejected', () => {
  // length · attributes · time delta −2^53 − 1, −2^53 + 1, or one without an end · delta 0 ·
  // no key · an empty value · no headers
  const times = [
    { delta: [0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20], base: 2 ** 52, isRead: false },
    { delta: [0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f], base: 2 ** 52, isRead: true },
    { delta: Array(10).fill(0x80), base: -1, isRead: false },
  ]
  for (const { delta, base, isRead } of times) {
    const body = [0, ...delta, 0, 1, 0, 0]
    const head = encodeBatch({
      base: 7,
      time: Math.max(base, 0),
      logAppendTime: base < 0,
      records: [{}],
    }).slice(0, 61)
    const bytes = new Uint8Array([...head, body.length * 2, ...body])
    new DataView(bytes.buffer).setInt32(8, bytes.length - 12)
    const columns = new ScannedColumns()
    columns.reset({ next: 0 })

    scanBatches(seal(bytes), all(bytes), columns)

    assert.equal(columns.stuck, undefined)
    assert.equal(columns.count, isRead ? 1 : 0)
    assert.equal(columns.rejected.length, isRead ? 0 : 1)
  }
})

test('a control batch delivers no rows and moves the position on', () => {
  const control = encodeRun([[{ key: text('abcd') }]])
  control[22] = 32
  const bytes = new Uint8Array(
    Buffer.concat([seal(control), encodeRun([[{ value: text('x') }]], 1)]),
  )
  const columns = new ScannedColumns()
  columns.reset({ next: 0 })

  scanBatches(bytes, all(bytes), columns)

  assert.deepEqual([columns.count, columns.offsets[0], columns.next], [1, 1, 2])
})

test('[L20] lost bytes stop the scan, and the next batch is found behind them', () => {
  const run = [{ value: text('aa') }]
  const lost: readonly [reason: string, at: number, value: number][] = [
    ['length', 8, 0x70],
    ['magic', 16, 1],
    ['crc', 68, 1],
    ['offsets', 7, 9],
    ['offsets', 0, 0x80],
  ]
  for (const [reason, at, value] of lost) {
    const bad = encodeRun([run], 10)
    bad[at] = value
    const bytes = new Uint8Array(Buffer.concat([bad, encodeRun([run], 11)]))
    const columns = new ScannedColumns()
    columns.reset({ next: 10 })

    scanBatches(bytes, all(bytes), columns)
    const found = findBatch(bytes, { from: 1, to: bytes.length }, { next: 10, limit: 100 })

    assert.deepEqual([columns.stuck, columns.count, columns.consumed], [reason, 0, 0])
    assert.deepEqual(found, { at: bad.length, base: 11 })
  }
})

test('any mutated bytes are scanned or rejected, never beyond their end', () => {
  const columns = new ScannedColumns()
  const mutation = fc.tuple(fc.nat(2000), fc.nat(255))
  fc.assert(
    fc.property(
      fc.array(records, { minLength: 1, maxLength: 4 }),
      fc.array(mutation, { maxLength: 6 }),
      fc.boolean(),
      (runs, mutations, isSealed) => {
        const bytes = encodeRun(runs)
        for (const [at, value] of mutations) bytes[at % bytes.length] = value
        if (isSealed && runs.length === 1) seal(bytes)
        columns.reset({ next: 0, limit: 1000 })
        let turns = 0
        let from = 0
        while (from < bytes.length && turns++ < 20) {
          scanBatches(bytes, { from, to: bytes.length }, columns)
          const { stuck, consumed, next } = columns
          if (stuck === undefined) break
          columns.stuck = undefined
          const bounds = { next, limit: 1000 }
          from = findBatch(bytes, { from: consumed + 1, to: bytes.length }, bounds).at
        }
        assert.ok(turns < 20 && columns.consumed <= bytes.length)
        for (const { bytes: of, starts, lengths } of [columns.keys, columns.values]) {
          for (let row = 0; row < columns.count; row++) {
            assert.ok(starts[row]! + lengths[row]! <= of.length)
          }
        }
        for (let row = 1; row < columns.count; row++) {
          assert.ok(columns.offsets[row]! > columns.offsets[row - 1]!)
        }
      },
    ),
    { numRuns: 2000 },
  )
})
