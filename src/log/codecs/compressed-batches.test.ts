import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import fc from 'fast-check'
import { utf8, utf8Text } from '../../std/bytes.ts'
import { scanBatches } from '../../wire/record-batch/batch-scanner.ts'
import { crc32c } from '../../wire/record-batch/crc32c.ts'
import { encodeBatch } from '../../wire/record-batch/encode-batch.suite.ts'
import { ScannedColumns, type BatchFilter } from '../../wire/record-batch/scanned-columns.ts'
import { compressBatch, stampProducer } from '../../wire/record-batch/sealed-batch.ts'
import { javaBatches, javaValue } from './java-batches.suite.ts'
import { openCodecs } from './open-codecs.ts'

const require = createRequire(import.meta.url)
const codecs = await openCodecs()
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const MEBIBYTE = 1_048_576
const TIME = 1_700_000_000_000

type Rows = readonly (readonly [offset: number, key: string | null, value: string | null])[]

function scanned(bytes: Uint8Array, columns: ScannedColumns, from = 0): Rows {
  scanBatches(bytes, { from, to: bytes.length }, columns)
  const { keys, values, offsets } = columns
  const text = (column: typeof keys, row: number) => {
    const at = column.starts[row]!
    const length = column.lengths[row]!
    return length < 0 ? null : utf8Text(column.bytes.subarray(at, at + length))
  }
  return Array.from({ length: columns.count }, (_, row) => {
    return [offsets[row]!, text(keys, row), text(values, row)] as const
  })
}

const joined = (...parts: readonly Uint8Array[]) => Uint8Array.from(Buffer.concat(parts))

/** A batch of rows with one key and long values, compressed by one codec. */
function batchOf(base: number, texts: readonly string[], codec: number): Uint8Array {
  const records = texts.map((text) => ({ key: utf8('key'), value: utf8(text) }))
  return compressBatch(
    encodeBatch({ base, time: TIME, logAppendTime: true, records }),
    codec,
    codecs,
  )
}

const rowsOf = (base: number, texts: readonly string[]): Rows =>
  texts.map((text, i) => [base + i, 'key', text])

test('[L19] batches in any codec, mixed in one run, are scanned into the same rows', () => {
  const columns = new ScannedColumns(1, codecs)
  const run = fc.record({
    codec: fc.nat(4),
    texts: fc.array(fc.string({ maxLength: 40 }), { minLength: 1, maxLength: 20 }),
    repeats: fc.constantFrom(1, 2, 200),
  })
  fc.assert(
    fc.property(fc.array(run, { maxLength: 6 }), fc.nat(20), fc.nat(9), (runs, first, ahead) => {
      let base = 0
      const parts: Uint8Array[] = [new Uint8Array(ahead)]
      const rows: Rows[number][] = []
      for (const { codec, texts, repeats } of runs) {
        const long = texts.map((text) => text.repeat(repeats))
        parts.push(batchOf(base, long, codec))
        rows.push(...rowsOf(base, long))
        base += texts.length
      }
      columns.reset({ next: 0, first })

      const found = scanned(joined(...parts), columns, ahead)

      assert.deepEqual(
        found,
        rows.filter(([offset]) => offset >= first),
      )
      assert.equal(columns.next, base)
      assert.deepEqual(columns.rejected, [])
    }),
    { numRuns: 200 },
  )
})

test('a run without compression stays in the bytes that it came in', () => {
  const columns = new ScannedColumns(1, codecs)
  const bytes = joined(batchOf(0, ['a'.repeat(3000)], 0), batchOf(1, ['b'.repeat(3000)], 0))
  columns.reset({ next: 0 })

  scanned(bytes, columns)

  assert.equal(columns.keys.bytes, bytes)
  assert.equal(columns.values.bytes, bytes)
})

test('[L20] a batch that does not inflate is rejected, and those around it are read', () => {
  const columns = new ScannedColumns(1, codecs)
  const texts = ['x'.repeat(3000)]
  for (const codec of [1, 2, 3, 4]) {
    for (const before of [0, codec]) {
      const bad = batchOf(1, texts, codec)
      bad.fill(0xff, 61, 75)
      stampProducer(bad, { producerId: -1, producerEpoch: -1, baseSequence: -1 }, codecs)
      const bytes = joined(batchOf(0, texts, before), bad, batchOf(2, texts, codec))
      columns.reset({ next: 0 })

      const rows = scanned(bytes, columns)

      assert.deepEqual(rows, [...rowsOf(0, texts), ...rowsOf(2, texts)])
      const [rejected, ...more] = columns.rejected
      assert.deepEqual([rejected!.from, rejected!.next, rejected!.reason], [1, 2, 'inflate'])
      assert.deepEqual(rejected!.sample, bad.slice(0, 256))
      assert.deepEqual(more, [])
    }
  }
})

/** The batch with other records under the same header and a checksum that holds. */
function withRecords(batch: Uint8Array, codec: number, records: Uint8Array): Uint8Array {
  const bytes = joined(batch.subarray(0, 61), codecs.deflate(codec, records))
  const view = new DataView(bytes.buffer)
  view.setInt32(8, bytes.length - 12)
  bytes[22] = codec
  view.setUint32(17, crc32c(bytes, 21, bytes.length))
  return bytes
}

test('[L20] records that inflate and are none, too few or too large are rejected', () => {
  const columns = new ScannedColumns(1, codecs)
  const one = encodeBatch({
    base: 5,
    time: TIME,
    logAppendTime: true,
    records: [{ key: utf8('k') }],
  })
  const faults = [
    ['record', new Uint8Array(100).fill(255)],
    ['count', new Uint8Array(3)],
    ['count', joined(one.subarray(61), new Uint8Array(1))],
    ['inflate', new Uint8Array(64 * MEBIBYTE + 1)],
  ] as const
  for (const codec of [1, 2, 3, 4]) {
    for (const [reason, records] of faults) {
      columns.reset({ next: 0 })
      const bytes = joined(withRecords(one, codec, records), batchOf(6, ['x'.repeat(2000)], codec))

      const rows = scanned(bytes, columns)

      assert.deepEqual(rows, rowsOf(6, ['x'.repeat(2000)]))
      assert.deepEqual(
        columns.rejected.map(({ reason: found }) => found),
        [reason],
      )
    }
  }
})

test('[L22] a run is cut before its records pass 64 MiB, but one batch is read whole', () => {
  const columns = new ScannedColumns(1, codecs)
  const large = 'x'.repeat(40 * MEBIBYTE)
  const bytes = joined(...[0, 1].map((base) => batchOf(base, [large], 4)), batchOf(2, ['y'], 0))
  columns.reset({ next: 0 })

  const first = scanned(bytes, columns).map(([offset]) => offset)
  const { consumed, next } = columns
  columns.reset({ next })
  const second = scanned(bytes, columns, consumed).map(([offset]) => offset)

  assert.deepEqual([first, second], [[0], [1, 2]])
  assert.ok(columns.arena.bytes.length <= 64 * MEBIBYTE)
  columns.reset({ next: 3 })
  assert.equal(columns.arena.bytes.length, 0)
})

test('rows of many bytes before a compressed batch count as its run’s', () => {
  const columns = new ScannedColumns(1, codecs)
  const plain = 'p'.repeat(8 * MEBIBYTE)
  const large = 'x'.repeat(60 * MEBIBYTE)
  const bytes = joined(batchOf(0, [plain], 0), batchOf(1, [large], 4))
  columns.reset({ next: 0 })

  const rows = scanned(bytes, columns)

  assert.deepEqual([rows.length, columns.next, columns.keys.bytes === bytes], [1, 1, true])
})

test('a filter is asked of every batch, and what it drops gives no rows', () => {
  const columns = new ScannedColumns(1, codecs)
  const control = encodeBatch({ base: 2, time: TIME, logAppendTime: true, records: [{}] })
  control[22] = 32
  const texts = ['z'.repeat(2000)]
  const parts = [batchOf(0, texts, 3), batchOf(1, texts, 0), control, batchOf(3, texts, 2)]
  for (const part of parts) {
    stampProducer(part, { producerId: 2 ** 52 + 1, producerEpoch: 7, baseSequence: 9 }, codecs)
  }
  const asked: unknown[] = []
  const filter: BatchFilter = {
    isDropped: (header, bytes, at) => {
      const { base, producerId, producerEpoch, baseSequence, leaderEpoch, isControl } = header
      asked.push([base, producerId, producerEpoch, baseSequence, leaderEpoch, isControl])
      assert.equal(bytes[at + 16], 2)
      return base === 1
    },
  }
  columns.reset({ next: 0, filter })

  const rows = scanned(joined(...parts), columns)

  assert.deepEqual(rows, [...rowsOf(0, texts), ...rowsOf(3, texts)])
  assert.equal(columns.next, 4)
  assert.deepEqual(
    asked,
    [0, 1, 2, 3].map((base) => [base, 2 ** 52 + 1, 7, 9, -1, base === 2]),
  )
})

for (const { codec, valueBytes, batch } of javaBatches()) {
  test(`[L19] a batch that the Java client wrote in ${CODECS[codec]} is read`, () => {
    const columns = new ScannedColumns(1, codecs)
    columns.reset({ next: 0 })

    const rows = scanned(batch, columns)

    const expected = [0, 1].map((i) => [7 + i, `k${i}`, javaValue(i, valueBytes)])
    assert.deepEqual(rows, expected)
    assert.deepEqual([...columns.times.subarray(0, 2)], [TIME, TIME + 1])
  })
}

type Decoded = { records: { key: Buffer | null; value: Buffer | null }[] }

test('[L19] kafkajs reads our gzip', async () => {
  const Decoder = require('kafkajs/src/protocol/decoder')
  const decode: (
    decoder: unknown,
  ) => Promise<Decoded> = require('kafkajs/src/protocol/recordBatch/v0/decoder')
  const texts = Array.from({ length: 300 }, (_, i) => `row ${i} `.repeat(i % 40))
  const batch = batchOf(5, texts, 1)
  assert.equal(batch[22], 8 | 1)

  const { records } = await decode(new Decoder(Buffer.from(batch)))

  assert.deepEqual(
    records.map(({ value }) => String(value)),
    texts,
  )
})

test('[L19] what kafkajs writes in gzip is read', async () => {
  const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0')
  const Record = require('kafkajs/src/protocol/recordBatch/record/v0')
  const texts = Array.from({ length: 300 }, (_, i) => `row ${i} `.repeat(i % 40))
  const records = texts.map((value, offsetDelta) => Record({ offsetDelta, key: 'key', value }))
  const of = { compression: 1, firstTimestamp: TIME, maxTimestamp: TIME, partitionLeaderEpoch: 3 }
  const lastOffsetDelta = texts.length - 1
  const { buffer } = await RecordBatch({ ...of, lastOffsetDelta, records })
  const columns = new ScannedColumns(1, codecs)
  columns.reset({ next: 0 })

  const rows = scanned(Uint8Array.from(buffer), columns)

  assert.deepEqual(rows, rowsOf(0, texts))
})
