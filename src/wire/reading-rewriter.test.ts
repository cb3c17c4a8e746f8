import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { utf8, utf8Text } from '../std/bytes.ts'
import { deriveFields, encodeReading, parseReading } from './reading-codec.ts'
import { ReadingRewriter } from './reading-rewriter.ts'

const COLLECTOR = 'file@edge-2'

/** The way through objects: what `rewrite` has to equal wherever it answers. */
function parsed(text: string, n: number | undefined): string | undefined {
  const result = parseReading(utf8(text))
  if (!result.ok || result.faults.length > 0) return undefined
  const { reading } = result
  if (n !== undefined) {
    reading.collector = COLLECTOR
    reading.n = n
  }
  return encodeReading(deriveFields(reading))
}

/** Rewrites one row after another row of the same writer was learnt. */
function rewritten(learnt: string, text: string, n?: number): string | undefined {
  const rewriter = new ReadingRewriter(COLLECTOR)
  assert.equal(rewriter.rewrite(utf8(learnt), n), undefined)
  rewriter.learn(utf8(learnt))
  const bytes = rewriter.rewrite(utf8(text), n)
  return bytes && utf8Text(bytes)
}

const ROW = '{"ts":1795383157516,"site":"s1","stream":"ch1","seq":4,"retrans":2,"rtt_ms":12.50}'

test('a row of a known layout is rewritten as it would be parsed and written', () => {
  const rewriter = new ReadingRewriter(COLLECTOR)
  rewriter.rewrite(utf8(ROW), 8)
  rewriter.learn(utf8(ROW))

  const bytes = rewriter.rewrite(utf8(ROW), 9)

  const expected =
    '{"v":1,"ts":1795383157516,"site":"s1","stream":"ch1","n":9,"collector":"file@edge-2",' +
    '"retrans":2,"rtt_ms":12.5,"seq":4}'
  assert.equal(bytes && utf8Text(bytes), expected)
  assert.equal(expected, parsed(ROW, 9))
  assert.equal(rewriter.ts, 1795383157516)
  assert.equal(ROW.slice(rewriter.stream.from, rewriter.stream.to), 'ch1')
  assert.equal(ROW.slice(rewriter.site.from, rewriter.site.to), 's1')
})

const AS_IT_STANDS = [
  ['blanks between tokens', '{ "ts": 1795383157516, "stream": "a", "rtt_ms": 1.25 }'],
  ['letters beyond ASCII', '{"ts":1795383157516,"stream":"aréna ⚽","x":"é"}'],
  ['a rate', '{"ts":1795383157516,"stream":"a","p":0.10}'],
  ['a promise of order', '{"v":1,"ts":1795383157516,"stream":"a","rtt_ms":0.000}'],
  ['unknown scalars', '{"ts":1795383157516,"stream":"a","x":true,"y":-0.000001,"z":"t"}'],
] as const

for (const [what, row] of AS_IT_STANDS) {
  test(`a row with ${what} is rewritten without a parser`, () => {
    assert.equal(rewritten(row, row), parsed(row, undefined))
    assert.notEqual(rewritten(row, row), undefined)
  })
}

const LEFT = [
  ['an exponent', ROW.replace('12.50', '1.25e1')],
  ['more digits than are written', ROW.replace('12.50', '12.5049')],
  ['minus zero', ROW.replace('12.50', '-0.00')],
  ['a negative count', ROW.replace('"retrans":2', '"retrans":-2')],
  ['a text for a number', ROW.replace('12.50', '"12.5"')],
  ['an escape', ROW.replace('ch1', 'ch\\u0031')],
  ['empty text', ROW.replace('ch1', '')],
  ['a long text', ROW.replace('ch1', 'x'.repeat(129))],
  ['a time in seconds', ROW.replace('1795383157516', '1795383157')],
  ['a time with a fraction', ROW.replace('1795383157516', '1795383157516.5')],
  ['null', ROW.replace('12.50', 'null')],
  ['a zero in front', ROW.replace('12.50', '012.5')],
  ['a cut end', ROW.slice(0, -1)],
  ['bytes behind', `${ROW}}`],
] as const

for (const [what, row] of LEFT) {
  test(`a row with ${what} is left to the parser`, () => {
    assert.equal(rewritten(ROW, row), undefined)
  })
}

test('rows with derived, repeated, nested or reserved keys are never learnt', () => {
  const start = '{"ts":1795383157516,"stream":"a"'
  for (const rest of [
    '"rtt_ms":2,"min_rtt_ms":1',
    '"throughput_kbps":2,"bitrate_kbps":1',
    '"object_ms":2000',
    '"x":1,"x":2',
    '"x":[1]',
    '"7":1',
    '"n":1',
    '"__proto__":1',
    '"\\u0061":1',
  ]) {
    const row = `${start},${rest}}`
    assert.equal(rewritten(row, row), undefined, rest)
  }
})

test('any row of any shape is rewritten as the parser would have it, or left', () => {
  const name = fc.constantFrom('ts', 'stream', 'site', 'p', 'v', 'rtt_ms', 'retrans', 'x', 'cwnd')
  const value = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('1795383157516', '"a"', '1', '0.5') },
    fc.double().map((number) => JSON.stringify(number)),
    fc.integer().map(String),
    fc.tuple(fc.nat(99), fc.nat(9999)).map(([whole, part]) => `${whole}.${part}`),
    fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
    fc.constantFrom('true', 'false', 'null', '-0', '1e3', '00', '{}', '[]', '"\\n"'),
  )
  const member = fc.tuple(name, value).map(([key, text]) => `"${key}":${text}`)
  const row = fc
    .array(member, { maxLength: 6 })
    .map((rest) => `{${['"ts":1795383157516', '"stream":"a"', ...rest].join(',')}}`)
  const rewriter = new ReadingRewriter(COLLECTOR)
  fc.assert(
    fc.property(row, fc.option(fc.nat(), { nil: undefined }), (text, n) => {
      for (let again = 0; again < 2; again++) {
        const expected = parsed(text, n)
        const bytes = rewriter.rewrite(utf8(text), n)
        if (bytes !== undefined) assert.equal(utf8Text(bytes), expected)
        else if (expected !== undefined) rewriter.learn(utf8(text))
      }
    }),
    { numRuns: 3000 },
  )
})

test('a byte changed anywhere never makes a row differ from what a parser says', () => {
  const rewriter = new ReadingRewriter(COLLECTOR)
  rewriter.rewrite(utf8(ROW), 1)
  rewriter.learn(utf8(ROW))
  fc.assert(
    fc.property(fc.nat(ROW.length - 1), fc.nat(255), (at, byte) => {
      const bytes = utf8(ROW)
      bytes[at] = byte
      const made = rewriter.rewrite(bytes, 1)
      if (made === undefined) return
      assert.equal(utf8Text(made), parsed(utf8Text(bytes), 1))
    }),
    { numRuns: 5000 },
  )
})
