import assert from 'node:assert/strict'
import { test } from 'node:test'

import { prng } from '../../std/prng.ts'
import { utf8 } from '../../std/bytes.ts'
import { bail } from './field-bail.ts'
import { createFieldColumns } from './field-columns.ts'
import { compileFieldPlan, type FieldPlan } from './field-plan.ts'
import { FieldScanner } from './field-scanner.ts'

/** Names of the statuses by number. */
const bailReasons = ['read', ...Object.keys(bail)]

const BASE = [
  { name: 'ts', kind: 'number' },
  { name: 'stream', kind: 'text' },
  { name: 'p', kind: 'number' },
  { name: 'retrans', kind: 'number' },
  { name: 'rtt_ms', kind: 'number' },
] as const

const plan = compileFieldPlan(BASE)
const foreignPlan = compileFieldPlan([
  ...BASE,
  { name: 'queue_depth', kind: 'number' },
  { name: 'région', kind: 'text' },
])

type Cells = { readonly status: string; readonly fields: Readonly<Record<string, unknown>> }

// Bytes between rows with everything that a scanner could run into by mistake.
const FENCE = utf8('"9"}0,"ts":1')

// One for each plan, so that what is remembered of one batch meets the rows of the next.
const scanners = new Map<FieldPlan, FieldScanner>()

function scannerOf(by: FieldPlan): FieldScanner {
  const scanner = scanners.get(by) ?? new FieldScanner(by)
  scanners.set(by, scanner)
  return scanner
}

/** Rows of one batch, each as its status and the fields that are there. */
function scanAll(rows: readonly Uint8Array[], by: FieldPlan): readonly Cells[] {
  const all = new Uint8Array(rows.reduce((sum, row) => sum + row.length + 12, 12))
  const starts = new Int32Array(rows.length)
  let at = 0
  for (const [i, row] of rows.entries()) {
    all.set(FENCE, at)
    starts[i] = at + FENCE.length
    all.set(row, starts[i])
    at = starts[i]! + row.length
  }
  all.set(FENCE, at)
  const into = createFieldColumns(by, rows.length)
  const lengths = Int32Array.from(rows, (row) => row.length)
  scannerOf(by).scan({ values: { bytes: all, starts, lengths }, count: rows.length }, into)
  return rows.map((_, row) => {
    const fields: Record<string, unknown> = {}
    for (const [i, { name, kind }] of by.fields.entries()) {
      if (((into.masks[i >>> 5]![row]! >>> (i & 31)) & 1) === 0) continue
      const start = into.starts[i]![row]!
      const text = all.subarray(start, start + into.lengths[i]![row]!)
      fields[name] = kind === 'text' ? new TextDecoder().decode(text) : into.numbers[i]![row]
    }
    return { status: bailReasons[into.status[row]!]!, fields }
  })
}

const scanText = (text: string, by: FieldPlan = plan): Cells => scanAll([utf8(text)], by)[0]!

const ROW = '"ts":1795383157516,"stream":"arena-1"'

test('wanted fields are read from anywhere in a row, and others are passed over', () => {
  const text = ` {"a":"x\\"y", ${ROW},"b":[-1.5e3,true] }`.replace('[-1.5e3,true]', '-1.5e3')
  const row = `${text.slice(0, -1)},"rtt_ms":7.289,"retrans":12} `

  assert.deepEqual(scanText(row), {
    status: 'read',
    fields: { ts: 1_795_383_157_516, stream: 'arena-1', rtt_ms: 7.289, retrans: 12 },
  })
})

test('[F2] a row with "v":1 in front is left at the first key behind the last wanted one', () => {
  const promised = `{"v":1,${ROW},"p":0.1,"retrans":1,"rtt_ms":2,"cwnd":9,"rtt_ms":]}`

  assert.equal(scanText(promised).status, 'read')
  assert.equal(scanText(promised).fields['rtt_ms'], 2)
  assert.notEqual(scanText(promised.replace('"v":1,', '')).status, 'read')
  assert.notEqual(scanText(promised, foreignPlan).status, 'read')
})

test('more than 32 wanted fields are read as few are, each with its own bit', () => {
  const names = Array.from({ length: 97 }, (_, i) => `m${i}`)
  const wide = compileFieldPlan([
    ...BASE,
    ...names.map((name) => ({ name, kind: 'number' }) as const),
  ])
  const there = names.filter((_, i) => i % 3 > 0)
  const row = `{${ROW},${there.map((name, i) => `"${name}":${i}`).join(',')}}`
  const expected = Object.fromEntries(there.map((name, i) => [name, i]))

  const read = scanText(row, wide)
  const twice = scanText(row.replace('}', ',"m95":1}'), wide)

  assert.deepEqual(read.fields, { ts: 1_795_383_157_516, stream: 'arena-1', ...expected })
  assert.equal(twice.status, 'duplicate')
})

test('[D5] rows that repeat no key are read alike, however many came before', () => {
  const random = prng(3)
  const wide = () => ' '.repeat(random.below(90))
  const rows = Array.from({ length: 1000 }, (_, i) => {
    const others = Array.from({ length: 3 }, (_, j) => `"k${i}_${j}"${wide()}:${wide()}"x",`)
    return utf8(`{${others.join('')}${ROW},"retrans":${wide()}${i}${wide()}}`)
  })

  const cells = [...scanAll(rows, plan), ...scanAll(rows.toReversed(), plan).toReversed()]

  for (const [i, { status, fields }] of cells.entries()) {
    assert.equal(status, 'read')
    assert.equal(fields['retrans'], i % 1000)
  }
})

test('[F2] what the scanner cannot judge it leaves to JSON.parse, with the reason', () => {
  const cases: readonly (readonly [string, string])[] = [
    [`{${ROW},"x":{}}`, 'nesting'],
    [`{${ROW},"retrans":1,"retrans":2}`, 'duplicate'],
    [`{${ROW},"retrans":null,"retrans":2}`, 'duplicate'],
    [`{${ROW},"\\u0070":2}`, 'key'],
    [`{${ROW},"x":"\\u0070"}`, 'text'],
    [`{"ts":1795383157516,"stream":"a\\n"}`, 'text'],
    [`{${ROW},"retrans":1e3}`, 'number'],
    [`{${ROW},"retrans":"1"}`, 'type'],
    [`{${ROW},"retrans":-1}`, 'range'],
    [`{${ROW},"p":1.5}`, 'range'],
    [`{${ROW},"retrans":01}`, 'number'],
    [`{"ts":1795383157.5,"stream":"a"}`, 'range'],
    [`{"ts":1795383157516,"stream":""}`, 'missing'],
    [`{"ts":1795383157516,"stream":"${'é'.repeat(65)}"}`, 'range'],
    [`{${ROW}}{`, 'syntax'],
    [`{${ROW},"x":"${'y'.repeat(17_000)}"}`, 'size'],
  ]

  for (const [row, reason] of cases) assert.equal(scanText(row).status, reason, row)
})

test('any bytes are scanned to an end, be they cut anywhere in the last row of the buffer', () => {
  const row = utf8(`{"v":1,${ROW},"p":0.1,"x":"é","retrans":12,"y":-1.5e3,"z":true}`)
  for (let length = 0; length < row.length; length++) {
    const bytes = row.slice(0, length)
    const into = createFieldColumns(foreignPlan, 1)
    const at = { starts: Int32Array.of(0), lengths: Int32Array.of(length) }
    new FieldScanner(foreignPlan).scan({ values: { bytes, ...at }, count: 1 }, into)

    assert.notEqual(into.status[0], 0)
  }
})
