import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import fc from 'fast-check'
import { BatchEncoder } from './batch-encoder.ts'
import { encodeBatch } from './encode-batch.suite.ts'

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'))
const utf8 = (text: string) => new TextEncoder().encode(text)

/** What the Java client 4.3.1 writes for these records, field by field. */
const GOLDEN = hex(`
  0000000000000007  0000004c  ffffffff  02  e12c5ae0  0000  00000002
  0000018bcfe56800  0000018bcfe56800  ffffffffffffffff  ffff  ffffffff  00000003
  18 00 00 00 02 6b 0a 68656c6c6f 00
  0c 00 00 02 01 00 00
  0c 00 00 04 00 01 00
`)

const RECORDS = [
  { key: utf8('k'), value: utf8('hello') },
  { value: new Uint8Array(0) },
  { key: new Uint8Array(0) },
]

test('a small batch is equal to the Java client’s, byte for byte', () => {
  const bytes = encodeBatch({
    base: 7,
    time: 1_700_000_000_000,
    logAppendTime: false,
    records: RECORDS,
  })

  assert.equal(Buffer.from(bytes).toString('hex'), Buffer.from(GOLDEN).toString('hex'))
})

type Decoded = {
  firstOffset: string
  maxTimestamp: string
  records: { offset: string; timestamp: string; key: Buffer | null; value: Buffer | null }[]
}

test('[L4] an independent decoder reads what is encoded', async () => {
  const require = createRequire(import.meta.url)
  const Decoder = require('kafkajs/src/protocol/decoder')
  const decode: (
    decoder: unknown,
  ) => Promise<Decoded> = require('kafkajs/src/protocol/recordBatch/v0/decoder')
  const field = fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined })
  const record = fc.record({ key: field, value: field })
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { minLength: 1, maxLength: 200 }),
      fc.nat(2 ** 40),
      async (drawn, base) => {
        const records = drawn.map(({ key, value }) => ({
          ...(key && { key }),
          ...(value && { value }),
        }))
        const bytes = encodeBatch({ base, time: 1_600_000_000_123, logAppendTime: true, records })

        const decoded = await decode(new Decoder(Buffer.from(bytes)))

        assert.equal(decoded.firstOffset, String(base))
        assert.equal(decoded.maxTimestamp, '1600000000123')
        assert.deepEqual(
          decoded.records.map(({ key, value }) => [key && [...key], value && [...value]]),
          records.map(({ key, value }) => [key ? [...key] : null, value ? [...value] : null]),
        )
      },
    ),
    { numRuns: 50 },
  )
})

test('an encoder that is reused writes batches one behind another', () => {
  const encoder = new BatchEncoder(16)
  const stamp = { base: 0, time: 5, logAppendTime: true }
  encoder.open()
  encoder.add({ value: utf8('old') })
  encoder.close(stamp)
  encoder.reset()

  for (const base of [0, 1]) {
    encoder.open()
    encoder.add({ value: utf8(`row ${base}`) })
    encoder.close({ ...stamp, base })
  }

  const single = [0, 1].map((base) =>
    encodeBatch({ ...stamp, base, records: [{ value: utf8(`row ${base}`) }] }),
  )
  assert.deepEqual(Buffer.from(encoder.bytes), Buffer.concat(single))
  assert.equal(encoder.openBytes, 0)
})
