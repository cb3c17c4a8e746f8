import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'

import { readingFields, type Reading } from '../model/reading.ts'
import { utf8 } from '../std/bytes.ts'
import { readFieldsSlowly } from './fields/field-fallback.ts'
import { compileFieldPlan } from './fields/field-plan.ts'
import { createFieldColumns } from './fields/field-columns.ts'
import { FieldScanner } from './fields/field-scanner.ts'
import { checkReading, deriveFields, encodeReading, parseReading } from './reading-codec.ts'

const BASE = { ts: 1_795_383_157_516, stream: 'arena-1' }

function read(row: object): Reading {
  const result = checkReading({ ...BASE, ...row })
  assert.ok(result.ok)
  return result.reading
}

const derived = (row: object): Reading => deriveFields(read(row))

const faultsOf = (row: object | string): readonly string[] => {
  const text = typeof row === 'string' ? row : JSON.stringify({ ...BASE, ...row })
  const result = parseReading(utf8(text))
  return result.ok ? result.faults : [result.reason]
}

test('[F3] each fault of a field has its own name, and only that field becomes absent', () => {
  assert.deepEqual(faultsOf({ retrans: '1', src: 4, late: true, cwnd: {} }), [
    'type:retrans',
    'type:src',
    'type:late',
    'type:cwnd',
  ])
  assert.deepEqual(faultsOf({ retrans: -1, ttfb_ms: -0.5, rtt_ms: -1, x: -1 }), [
    'negative:retrans',
    'negative:ttfb_ms',
  ])
  assert.deepEqual(faultsOf({ retrans: 2 ** 53, rtt_ms: 2 ** 54, x: -(2 ** 54) }), [
    'range:rtt_ms',
    'range:x',
  ])
  assert.deepEqual(faultsOf('{"ts":1795383157516,"stream":"a","rtt_ms":1e999}'), ['range:rtt_ms'])
  assert.deepEqual(faultsOf({ pop: 'é'.repeat(65), x: 'a\n' }), ['long:pop', 'control:x'])
  assert.deepEqual(faultsOf({ n: 1.5, v: 1, retrans: 0 }), [])
  assert.deepEqual(read({ retrans: -1, rtt_ms: 5, pop: null, cdn: '', tags: ['a'], live: true }), {
    ...BASE,
    rtt_ms: 5,
    live: true,
  })
})

test('[F3] a row is refused as a whole by name', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['{', 'json'],
    ['[]', 'shape'],
    ['{}', 'ts'],
    ['{"ts":1795383157}', 'ts_unit'],
    ['{"ts":900000000000}', 'ts_range'],
    ['{"ts":1795383157516}', 'stream'],
    ['{"ts":1795383157516,"stream":"a","p":0}', 'p'],
    ['{"\0":1}', 'bytes'],
  ]

  for (const [row, reason] of cases) assert.deepEqual(faultsOf(row), [reason], row)
  assert.deepEqual(parseReading(new Uint8Array(10_000_000)), { ok: false, reason: 'bytes' })
  assert.deepEqual(checkReading([BASE]), { ok: false, reason: 'shape' })
})

test('a field named __proto__ is unknown like any other and sets no prototype', () => {
  const rows = [
    '{"__proto__":"x","ts":1795383157516,"stream":"a","retrans":-1}',
    '{"__proto__":{"ts":1,"retrans":5},"ts":1795383157516,"stream":"a"}',
  ]
  const [named, nested] = rows.map((row) => parseReading(row))

  assert.ok(named?.ok && nested?.ok)
  assert.equal(Object.getPrototypeOf(named.reading), Object.prototype)
  assert.match(encodeReading(named.reading), /"__proto__":"x"\}$/)
  assert.equal(Object.getPrototypeOf(nested.reading), Object.prototype)
  assert.equal(nested.reading.retrans, undefined)
})

test('[F4] derived fields are filled whenever their inputs are there and the row has none', () => {
  assert.equal(derived({ rtt_ms: 7.289, min_rtt_ms: 6.1 }).rtt_ratio, 1.195)
  assert.equal(derived({ rtt_ms: 1, min_rtt_ms: 0.001 }).rtt_ratio, 0.2)
  assert.equal(derived({ rtt_ms: 7, min_rtt_ms: 6, rtt_ratio: 3 }).rtt_ratio, 3)
  assert.equal(derived({ rtt_ms: 7 }).rtt_ratio, undefined)
  const media = derived({ bitrate_kbps: 1720, top_bitrate_kbps: 6000, object_ms: 2002 })
  assert.equal(media.media_kbit, 3443.44)
  assert.equal(media.top_kbit, 12_012)
  assert.equal(derived({ throughput_kbps: 7300, bitrate_kbps: 1720 }).headroom, 4.244)
  assert.equal(derived({ throughput_kbps: 7300, bitrate_kbps: 0 }).headroom, undefined)
})

test('[F4] late is known only of media objects that were answered with a 2xx', () => {
  const timing = { transfer_ms: 3478, object_ms: 2000 }

  assert.equal(derived({ ...timing, object: 'av', status: 200 }).late, 1)
  assert.equal(derived({ ...timing, object: 'v', status: 206, transfer_ms: 2000 }).late, 0)
  assert.equal(derived({ ...timing, object: 'm', status: 200 }).late, undefined)
  assert.equal(derived({ ...timing, object: 'v', status: 404 }).late, undefined)
  assert.equal(derived({ ...timing, object: 'v' }).late, undefined)
})

test('[F1] a reading is written in canonical order behind "v":1, with three digits', () => {
  const row = read({ zeta: true, rtt_ms: 7.28949, n: 3, p: 0.0625, alpha: 'é"', session: 's.1' })

  assert.equal(
    encodeReading(row),
    '{"v":1,"ts":1795383157516,"stream":"arena-1","session":"s.1","p":0.0625,"n":3,' +
      '"rtt_ms":7.289,"zeta":true,"alpha":"é\\""}',
  )
  assert.equal(encodeReading({ ...BASE, rtt_ms: 1e-7 }), encodeReading({ ...BASE, rtt_ms: 0 }))
})

test('[D7] collector and row number stand right behind the rate, also in a heartbeat', () => {
  const beat = { ts: BASE.ts, site: 'ams1', stream: '-', src: 'beat', collector: 'ss@edge-2' }

  assert.equal(
    encodeReading({ ...beat, backlog: 0, n: 7, p: 0.1 }),
    '{"v":1,"ts":1795383157516,"site":"ams1","stream":"-","p":0.1,"n":7,' +
      '"collector":"ss@edge-2","src":"beat","backlog":0}',
  )
})

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
const unknown = fc.oneof(text, fc.integer(), fc.double({ noNaN: true }), fc.boolean())
const known = fc
  .subarray(readingFields.filter(({ name }) => !['v', 'ts', 'stream', 'p'].includes(name)))
  .chain((fields) =>
    fc.tuple(
      ...fields.map(({ name, kind }) =>
        fc.tuple(
          fc.constant(name),
          kind === 'X' ? text : fc.integer({ min: 0, max: 2 ** 40 }).map((n) => n / 1000),
        ),
      ),
    ),
  )
const anyRow = fc
  .tuple(
    known,
    fc.dictionary(
      fc.string({ maxLength: 8 }).filter((key) => key !== 'p'),
      unknown,
      { maxKeys: 4 },
    ),
  )
  .map(([fields, others]) => ({ ...others, ...Object.fromEntries(fields), ...BASE }))

test('[F2] what is written is read back alike by the codec and the early-stopping scanner', () => {
  const plan = compileFieldPlan([
    { name: 'ts', kind: 'number' },
    { name: 'stream', kind: 'text' },
    { name: 'p', kind: 'number' },
    { name: 'src', kind: 'text' },
    { name: 'transfer_ms', kind: 'number' },
  ])
  fc.assert(
    fc.property(anyRow, (row) => {
      const first = checkReading(row)
      assert.ok(first.ok)
      const bytes = utf8(encodeReading(first.reading))

      const again = parseReading(bytes)
      assert.ok(again.ok)
      assert.deepEqual(again.faults, [])
      assert.equal(encodeReading(again.reading), new TextDecoder().decode(bytes))

      const into = createFieldColumns(plan, 1)
      const at = { starts: Int32Array.of(0), lengths: Int32Array.of(bytes.length) }
      new FieldScanner(plan).scan({ values: { bytes, ...at }, count: 1 }, into)
      const slow = readFieldsSlowly(plan, bytes)
      assert.ok(slow.ok)
      if (into.status[0] !== 0) return
      assert.equal(into.masks[0]![0], slow.masks[0])
      assert.equal(((slow.masks[0]! >>> 4) & 1) === 1 ? into.numbers[4]![0] : 0, slow.numbers[4])
    }),
  )
})
