import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkBatch, emptyHeader } from './batch-header.ts'
import { plainCodecs, type Codecs } from './codecs.ts'
import { encodeBatch } from './encode-batch.suite.ts'
import { compressBatch, stampProducer } from './sealed-batch.ts'

/** A codec that keeps every hundredth byte. */
const sparse: Codecs = {
  ...plainCodecs,
  deflate: (_, bytes) => bytes.filter((_byte, i) => i % 100 === 0),
}

const batchOf = (valueBytes: number): Uint8Array =>
  encodeBatch({
    base: 2 ** 40,
    time: 1_700_000_000_000,
    logAppendTime: true,
    records: [{ value: new Uint8Array(valueBytes) }],
  })

test('a compressed batch is the batch but for its records, length, codec and checksum', () => {
  const batch = batchOf(5000)
  const before = batch.slice()

  const sealed = compressBatch(batch, 4, sparse)

  const header = emptyHeader()
  const place = { at: 0, to: sealed.length }
  assert.equal(checkBatch(sealed, place, header), 'ok')
  assert.equal(header.size, sealed.length)
  assert.deepEqual([header.codec, header.isLogAppendTime, header.base], [4, true, 2 ** 40])
  assert.deepEqual(sealed.slice(23, 61), batch.slice(23, 61))
  assert.deepEqual(sealed.slice(61), sparse.deflate(4, batch.subarray(61)))
  assert.deepEqual(batch, before)
})

test('a batch is left as it is where compressing it wins nothing', () => {
  const [small, large] = [batchOf(1000), batchOf(5000)]

  assert.equal(compressBatch(small, 4, sparse), small)
  assert.equal(compressBatch(large, 0, sparse), large)
  assert.equal(compressBatch(large, 4, plainCodecs), large)
  const longer: Codecs = { ...plainCodecs, deflate: (_, bytes) => new Uint8Array(bytes.length + 1) }
  assert.equal(compressBatch(large, 4, longer), large)
})

test('a producer’s stamp is read as it was written, under a checksum that holds', () => {
  for (const stamp of [
    { producerId: 2 ** 53 - 1, producerEpoch: 32_767, baseSequence: 2 ** 31 - 1 },
    { producerId: 2 ** 31 + 5, producerEpoch: 256, baseSequence: 0 },
    { producerId: 0, producerEpoch: 0, baseSequence: 1 },
    { producerId: -1, producerEpoch: -1, baseSequence: -1 },
  ]) {
    const batch = batchOf(10)
    const rest = batch.slice(57)

    stampProducer(batch, stamp, plainCodecs)

    const header = emptyHeader()
    assert.equal(checkBatch(batch, { at: 0, to: batch.length }, header), 'ok')
    const { producerId, producerEpoch, baseSequence, isTransactional, leaderEpoch } = header
    assert.deepEqual({ producerId, producerEpoch, baseSequence }, stamp)
    assert.deepEqual([isTransactional, leaderEpoch], [false, -1])
    assert.deepEqual(batch.slice(57), rest)
  }
})
