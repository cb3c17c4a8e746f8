import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'

import { compileMapping } from './mapping.ts'
import { checkReading, deriveFields } from './reading-codec.ts'

test('[F5] a mapped field is taken from another, and fields that are not mapped stay', () => {
  const map = compileMapping({
    ts: { from: 'time', unit: 's' },
    stream: 'channel',
    rtt_ms: { from: 'srtt_us', scale: 0.001 },
    device: { from: 'class', as: 'text' },
    object: { value: 'v' },
    pop: 'nowhere',
  })
  const row = { time: 1_795_383_157.516, channel: 'a', srtt_us: 29_549, class: 13, x: 1, pop: 'p' }

  assert.deepEqual(map(row), {
    ts: 1_795_383_157_516,
    stream: 'a',
    rtt_ms: 29.549,
    device: '13',
    object: 'v',
    x: 1,
  })
})

test('[F5] times of every unit become whole ms, other measures keep their fraction', () => {
  const tsOf = (unit: 's' | 'ms' | 'us' | 'ns', time: unknown) =>
    compileMapping({ ts: { from: 'time', unit } })({ time })['ts']

  assert.equal(tsOf('s', 1_795_383_157.999), 1_795_383_157_999)
  assert.equal(tsOf('s', '1795383157.999'), 1_795_383_157_999)
  assert.equal(tsOf('ms', 1_795_383_157_516.9), 1_795_383_157_516)
  assert.equal(tsOf('us', 1_795_383_157_516_999), 1_795_383_157_516)
  assert.equal(tsOf('ns', 1_795_383_157_516_000_000), 1_795_383_157_516)
  assert.equal(tsOf('s', 'soon'), undefined)
  assert.deepEqual(compileMapping({ ttfb_ms: { from: 't', unit: 's' } })({ t: 0.0125 }), {
    ttfb_ms: 12.5,
  })
})

test('[C1] a counter becomes deltas per key; first sight and a fall count nothing', () => {
  const map = compileMapping({ retrans: { from: 'total', delta_by: 'conn' } })
  const rows = [
    { conn: 'a', total: 10 },
    { conn: 'b', total: 5 },
    { conn: 'a', total: 12 },
    { conn: 'a', total: 3 },
    { conn: 'a', total: 3 },
    { conn: 'b', total: '9' },
    { total: 99 },
  ]

  assert.deepEqual(
    rows.map((row) => map(row)['retrans']),
    [undefined, undefined, 2, undefined, 0, 4, undefined],
  )
  assert.deepEqual(map({ conn: 'a', total: 4 }), { conn: 'a', retrans: 1 })
})

test('[D5] a mapping remembers 100,000 counters and forgets the one longest unseen', () => {
  const map = compileMapping({ retrans: { from: 'total', delta_by: 'conn' } })
  for (let conn = 0; conn <= 100_000; conn++) map({ conn, total: 1 })

  assert.equal(map({ conn: 1, total: 3 })['retrans'], 2)
  assert.equal(map({ conn: 0, total: 3 })['retrans'], undefined)
})

test('a name like __proto__ is a field and sets no prototype', () => {
  const row: unknown = JSON.parse('{"__proto__":{"ts":1},"x":1}')
  assert.ok(typeof row === 'object' && row !== null)
  const out = compileMapping({ y: 'x' })({ ...row })

  assert.equal(Object.getPrototypeOf(out), Object.prototype)
  assert.deepEqual(Object.keys(out), ['__proto__', 'y'])
})

const PUFFER = '../derived/data/puffer-live-2020-08-24-bba.ndjson.gz'
const puffer = compileMapping({
  stream: { value: 'puffer' },
  src: { value: 'http' },
  object: { value: 'v' },
  status: { value: 200 },
  object_ms: { value: 2002 },
  bytes: { from: 'kb', scale: 1000 },
  pop: { from: 'delay', as: 'text' },
})

test('[F5] a row of Puffer becomes a reading that knows whether its chunk was late', () => {
  const row = {
    ts: 1_598_266_832_202,
    start: 1_598_266_831_989,
    session: 's1173',
    delay: 13,
    kb: 12.485,
    transfer_ms: 213,
    cwnd: 15,
    rtt_ms: 29.549,
    min_rtt_ms: 27.107,
    delivery_rate: 0.087978,
  }
  const checked = checkReading(puffer(row))
  assert.ok(checked.ok)

  const { bytes, late, pop, rtt_ratio } = deriveFields(checked.reading)

  assert.deepEqual(
    { bytes, late, pop, rtt_ratio },
    {
      bytes: 12_485,
      late: 0,
      pop: '13',
      rtt_ratio: 1.09,
    },
  )
})

test(
  '[F5] of the chunks of a real day 3.8 % were late',
  {
    skip: existsSync(PUFFER) ? false : 'the recorded day is not on this machine',
  },
  () => {
    const lines = gunzipSync(readFileSync(PUFFER)).toString().trim().split('\n')
    let late = 0
    for (const line of lines) {
      const checked = checkReading(puffer(JSON.parse(line)))
      assert.ok(checked.ok && checked.faults.length === 0)
      late += deriveFields(checked.reading).late ?? 0
    }

    assert.equal(((100 * late) / lines.length).toFixed(1), '3.8')
  },
)
