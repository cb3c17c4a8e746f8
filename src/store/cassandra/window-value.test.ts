import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as driver from 'cassandra-driver'
import fc from 'fast-check'
import type { WindowResult } from '../../model/window-result.ts'
import { STARTED_AT, windowResult } from '../suite/store-case.suite.ts'
import { CqlWriter } from './cql-writer.ts'
import { schemaTypes } from './schema/schema.ts'
import { decodeWindowValue, encodeWindowValue, windowTail } from './window-value.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const count = fc.maxSafeNat()
const instant = fc.option(fc.integer({ min: -1, max: 2 ** 52 }))
const doubles = fc.dictionary(text, fc.double({ noNaN: true, noDefaultInfinity: true }))

const window: fc.Arbitrary<WindowResult> = fc
  .record({
    rev: count,
    start: fc.integer({ min: 0, max: 2 ** 42 }),
    closed: fc.boolean(),
    complete: fc.boolean(),
    corrected: fc.boolean(),
    rows: count,
    values: doubles,
    definition: text,
    stderr: fc.option(doubles, { nil: undefined }),
    sources: fc.record({
      expected: count,
      reported: count,
      missing: fc.array(text, { maxLength: 5 }),
      sites: fc.option(fc.record({ expected: count, reported: count }), { nil: undefined }),
    }),
    receipt: fc.record({ event: instant, read: instant, pane: instant, closed: instant }),
  })
  .map(({ stderr, sources: { sites, ...sources }, ...rest }) => ({
    ...windowResult(rest),
    ...(stderr && { stderr }),
    sources: { ...sources, ...(sites && { sites }) },
  }))

/** The driver's own decoder, which it exports and does not declare. */
const Encoder = Reflect.get(driver, 'Encoder')
const decoder = new Encoder(4, { encoding: { map: Map, useBigIntAsLong: true } })

/** The fields of `window_result` as the schema has them. */
const FIELD = /(\w+) (frozen<(?:map|list)<[^>]*>>|bigint|timestamp|boolean|text)/g
const fields = Promise.all(
  [...schemaTypes('k')[0]!.matchAll(FIELD)].map(async ([, name, type]) => ({
    name,
    type: await decoder.parseTypeName('k', type),
  })),
)

const writer = new CqlWriter()
const place = { monitor: 'loss', scope: 'ams1', grp: '{"pop":"ams1-e2","stream":"arena-1"}' }

function encode(of: WindowResult): Uint8Array {
  const stem = of.id.slice(0, of.id.lastIndexOf('|'))
  return encodeWindowValue(writer, of, windowTail({ definition: of.definition, stem }))
}

test('any window comes back as the driver reads its value', async () => {
  const type = { code: driver.types.dataTypes.udt, info: { fields: await fields } }
  assert.equal(type.info.fields.length, 19)
  fc.assert(
    fc.property(window, (of) => {
      const value = decoder.decode(encode(of), type)

      const again = decodeWindowValue({ ...place, end: of.end }, value)

      assert.deepEqual(plain(again), plain(of))
    }),
  )
})

/** Names such as `__proto__` are names like others; maps of fast-check have no prototype. */
const plain = (of: WindowResult): unknown => JSON.parse(JSON.stringify(of))

test('[V4] equal windows are equal bytes, whatever the order of their values', () => {
  const one = windowResult({ values: { loss: 0.1, retrans: 3 } })
  const other = windowResult({ values: { retrans: 3, loss: 0.1 } })

  assert.deepEqual(encode(one), encode(other))
})

test('values that were handed out are not written again', () => {
  const first = encode(windowResult({ end: STARTED_AT, rows: 1 }))
  const copy = Uint8Array.from(first)

  for (let i = 0; i < 1_000; i++) encode(windowResult({ end: STARTED_AT + i, rows: i }))

  assert.deepEqual(Uint8Array.from(first), copy)
})
