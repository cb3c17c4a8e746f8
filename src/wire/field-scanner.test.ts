import assert from 'node:assert/strict'
import { test } from 'node:test'

import { prng, type Prng } from '../std/prng.ts'
import { utf8 } from '../std/bytes.ts'
import { readFieldsSlowly } from './field-fallback.ts'
import { compileFieldPlan, type FieldPlan } from './field-plan.ts'
import { bail } from './field-bail.ts'

/** Names of the statuses by number. */
const bailReasons = ['read', ...Object.keys(bail)]
import { createFieldColumns } from './field-columns.ts'
import { FieldScanner } from './field-scanner.ts'

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

const pick = <T>(random: Prng, list: readonly T[]): T => list[random.below(list.length)]!

const NAMES = [
  'retrans',
  'rtt_ms',
  'rtt_var',
  'queue_depth',
  'région',
  'site',
  'seq',
  'codec',
  'p',
  'retrans',
  'rtt_ms',
  'queue_depth',
  'région',
  'rtt_m',
  'rtt_mss',
  'Rtt_ms',
  'retranz',
  'x',
  '',
  'ts',
  'stream',
  'cwnd',
  '__proto__',
  'a\\tb',
  'r\\u0074t_ms',
  '日本',
]
const VALUES = [
  '0',
  '-0',
  '1',
  '12',
  '7.289',
  '-7.289',
  '0.1',
  '0.0001',
  '1e3',
  '1E-2',
  '-1',
  '01',
  '1.',
  '.5',
  '+1',
  '9007199254740992',
  '9007199254740993',
  '123456789012345',
  '1234567890123456',
  '0.5e',
  '-',
  '99999999999999.9',
  '1e999',
  'null',
  'true',
  'false',
  'nul',
  'NaN',
  '{}',
  '[1]',
  '{"ts":1}',
  '""',
  '"a"',
  '"a b"',
  '"é"',
  '"日本語"',
  '"𝄞"',
  '"\\n"',
  '"\\u00e9"',
  '"\\x"',
  '"a\u0001"',
  '"',
  `"${'y'.repeat(128)}"`,
  `"${'y'.repeat(129)}"`,
  '"\\ud800"',
  '"\\"q\\\\"',
  '"}"',
  '",\\"p\\":1"',
]
const TIMES = ['1795383157516', '1795383157516.0', '946684800000', '4102444800000', '1795383157']
const STREAMS = ['"arena-1"', '"ch0757"', '"日本"', '"-"', '""', '7']
const BLANKS = ['', '', '', '', '', ' ', '\t', '\r\n', '\u00a0']

/** A row by the grammar, mostly with what every row needs, in any order. */
function grammarRow(random: Prng): string {
  const often = random.below(10) > 0
  const members = [
    `"ts":${often ? TIMES[0]! : pick(random, TIMES)}`,
    `"stream":${often ? pick(random, STREAMS.slice(0, 4)) : pick(random, STREAMS)}`,
  ]
  for (let left = random.below(6); left > 0; left--) {
    const value = random.below(6) > 0 ? `${random.below(1e6) / 1000}` : pick(random, VALUES)
    members.splice(random.below(members.length + 1), 0, `"${pick(random, NAMES)}":${value}`)
  }
  const blank = () => (random.below(20) === 0 ? pick(random, BLANKS) : '')
  const spaced = members.map((each) => each.replace(':', `${blank()}:${blank()}`))
  return `${blank()}{${blank()}${spaced.join(`${blank()},${blank()}`)}${blank()}}${blank()}`
}

/** A row as collectors write it: known fields in canonical order behind `"v":1`. */
function promisedRow(random: Prng): string {
  const values: readonly (readonly [string, readonly string[]])[] = [
    ['ts', TIMES.slice(0, 1)],
    ['site', ['"ams1"', '"日本"']],
    ['stream', STREAMS.slice(0, 4)],
    ['p', ['0.1', '1', '0.05']],
    ['collector', ['"ss@edge-2"']],
    ['retrans', ['0', '12', '1.5']],
    ['rtt_ms', ['7.289', '0', '-1']],
    ['cwnd', ['9']],
    ['spread', ['1']],
  ]
  const kept = values.filter(([name]) => name === 'ts' || name === 'stream' || random.below(4) > 0)
  return `{"v":1,${kept.map(([name, list]) => `"${name}":${pick(random, list)}`).join(',')}}`
}

function mutate(random: Prng, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return bytes
  const at = random.below(bytes.length)
  switch (random.below(4)) {
    case 0:
      return bytes.with(at, random.below(256))
    case 1:
      return bytes.slice(0, at)
    case 2:
      return Uint8Array.from([...bytes, ...utf8(pick(random, ['}', ' ', '0', '\0', ',"p":1}']))])
    default:
      return Uint8Array.from([...bytes.slice(0, at), ...bytes.slice(at + 1)])
  }
}

/** What JSON.parse says of wanted fields; undefined where it refuses the row. */
function oracle(bytes: Uint8Array, by: FieldPlan): Record<string, unknown> | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const row: unknown = JSON.parse(text)
    assert.ok(typeof row === 'object' && row !== null)
    const wanted = new Set(by.fields.map((field) => field.name))
    return Object.fromEntries(
      Object.entries(row).filter(([name, value]) => {
        return wanted.has(name) && value !== null && value !== ''
      }),
    )
  } catch (error) {
    return void error
  }
}

/** Compares one row's cells with JSON.parse and with the fallback; true where it was accepted. */
function agrees(bytes: Uint8Array, { status, fields }: Cells, by: FieldPlan): boolean {
  const shown = () => new TextDecoder().decode(bytes)
  const slow = readFieldsSlowly(by, bytes)
  if (status !== 'read') return false
  const expected = oracle(bytes, by)
  assert.ok(expected !== undefined, `accepted what JSON.parse refuses: ${shown()}`)
  assert.ok(slow.ok, `accepted what the rules refuse: ${shown()}`)
  for (const [i, { name, kind }] of by.fields.entries()) {
    assert.ok(Object.is(fields[name], expected[name]), `${name} differs: ${shown()}`)
    const isThere: boolean = ((slow.masks[i >>> 5]! >>> (i & 31)) & 1) === 1
    const value: unknown = !isThere ? undefined : kind === 'text' ? slow.texts[i] : slow.numbers[i]
    assert.ok(Object.is(fields[name], value), `${name} differs from the fallback: ${shown()}`)
  }
  return true
}

test('[F2] on 120,000 made and mutated rows the scanner agrees with JSON.parse or bails', () => {
  const random = prng(20_261_122)
  let accepted = 0
  for (let batch = 0; batch < 6000; batch++) {
    const by = random.below(2) === 0 ? plan : foreignPlan
    const rows: Uint8Array[] = []
    while (rows.length < 20) {
      // Some rows repeat the one before, since the scanner remembers keys from row to row.
      const isRepeat = rows.length > 0 && random.below(3) === 0
      const row = isRepeat ? rows.at(-1)! : utf8(grammarRow(random))
      rows.push(random.below(4) === 0 ? mutate(random, row) : row)
    }
    const cells = scanAll(rows, by)
    accepted += rows.filter((row, i) => agrees(row, cells[i]!, by)).length
  }

  assert.ok(accepted >= 36_000, `bailing on everything is no agreement: ${accepted} accepted`)
})

test('[F2] on 20,000 rows as collectors write them the early stop changes nothing', () => {
  const random = prng(7)
  for (let batch = 0; batch < 1000; batch++) {
    const rows = Array.from({ length: 20 }, () => utf8(promisedRow(random)))
    const cells = scanAll([...rows, ...rows.map((row) => mutate(random, row))], plan)

    for (const [i, row] of rows.entries()) assert.ok(agrees(row, cells[i]!, plan))
  }
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
