import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reader, readRecordsBatch } from '@platformatic/kafka'
import fc from 'fast-check'
import { openCodecs } from '../../codecs/open-codecs.ts'
import { WaitingBatch } from './waiting-batch.ts'

const codecs = await openCodecs()
const CODECS = { none: 0, lz4: 3, zstd: 4 } as const
const MADE_AT = 1_795_383_150_000

const field = fc.option(fc.uint8Array({ maxLength: 400 }), { nil: undefined })
const record = fc.tuple(field, field).map(([key, value]) => ({
  ...(key && { key }),
  ...(value && { value }),
}))

const plain = (bytes: Uint8Array | null | undefined) => (bytes ? Uint8Array.from(bytes) : undefined)

test('[L4] [L19] the driver reads a batch as the records that went into it, in each codec', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('none', 'lz4', 'zstd'),
      fc.array(record, { minLength: 1, maxLength: 60 }),
      (codec, records) => {
        const batch = new WaitingBatch(1, codecs)
        for (const one of records) batch.add(one, 7)
        batch.sequence = 41
        batch.seal({ codecs, codec }, MADE_AT)

        const bytes = batch.stamped({ id: 2 ** 40 + 3, epoch: 300 }, codecs)

        const read = readRecordsBatch(Reader.from(Buffer.from(bytes)))
        const { attributes, producerId, producerEpoch, firstSequence, firstTimestamp } = read
        assert.ok([0, CODECS[codec]].includes(attributes & 7))
        assert.deepEqual(
          [producerId, producerEpoch, firstSequence, firstTimestamp],
          [BigInt(2 ** 40 + 3), 300, 41, BigInt(MADE_AT)],
        )
        assert.deepEqual(
          read.records.map(({ key, value }) => [plain(key), plain(value)]),
          records.map(({ key, value }) => [key, value]),
        )
        assert.deepEqual([batch.count, batch.recordBytes], [records.length, records.length * 7])
      },
    ),
  )
})

test('a record is copied: whoever gave it may use its bytes again', () => {
  const value = Uint8Array.of(1, 2, 3)
  const batch = new WaitingBatch(1, codecs)
  batch.add({ value }, 3)
  value.fill(9)
  batch.seal({ codecs, codec: 'none' }, MADE_AT)

  const bytes = batch.stamped({ id: 1, epoch: 0 }, codecs)

  const [record] = readRecordsBatch(Reader.from(Buffer.from(bytes))).records
  assert.deepEqual(plain(record?.value), Uint8Array.of(1, 2, 3))
})

test('a sealed batch keeps its bytes and its time however often it goes', () => {
  const batch = new WaitingBatch(1, codecs)
  batch.add({ value: new Uint8Array(5_000) }, 5_000)
  batch.sequence = 3
  batch.seal({ codecs, codec: 'lz4' }, MADE_AT)
  const first = batch.stamped({ id: 1, epoch: 0 }, codecs).slice()

  batch.seal({ codecs, codec: 'lz4' }, MADE_AT + 5_000)

  assert.deepEqual(batch.stamped({ id: 1, epoch: 0 }, codecs), first)
  assert.equal(batch.isSealed, true)
})

test('whoever waits for a batch hears of it', () => {
  const heard: string[] = []
  const batches = [new WaitingBatch(1, codecs), new WaitingBatch(1, codecs)] as const
  for (const batch of batches) {
    for (const name of ['one', 'two']) {
      const reject = ({ message }: Error) => void heard.push(`${name} ${message}`)
      batch.parts.push({ resolve: () => void heard.push(name), reject })
    }
  }

  batches[0].settle()
  batches[1].settle(new Error('gone'))

  assert.deepEqual(heard, ['one', 'two', 'one gone', 'two gone'])
})
