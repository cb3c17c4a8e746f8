import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8, utf8Text } from '../std/bytes.ts'
import { partitionOf } from '../std/hash.ts'
import { ReadingIntake, type Admission, type IntakeOptions } from './reading-intake.ts'
import { SessionSampling } from './sampling.ts'

const TS = 1_795_383_157_516
const intakeWith = (options: Partial<IntakeOptions> = {}) =>
  new ReadingIntake({
    clock: { now: () => TS, sleep: async () => undefined },
    partitions: 4,
    source: 'file:access.ndjson',
    ...options,
  })
const line = (intake: ReadingIntake, text: string, number = 1): Admission =>
  intake.line(utf8(text), { position: `line ${number}`, n: number, length: text.length })
const textOf = (admission: Admission): string =>
  admission.ok && admission.record?.value ? utf8Text(admission.record.value) : 'none'

test('[F4] a row becomes a canonical record with derived fields in its stream’s partition', () => {
  const admission = line(
    intakeWith(),
    `{"rtt_ms":12,"min_rtt_ms":3,"stream":"arena-1","mine":"x","ts":${TS}}`,
  )

  assert.equal(
    textOf(admission),
    `{"v":1,"ts":${TS},"stream":"arena-1","rtt_ms":12,"min_rtt_ms":3,"rtt_ratio":2.4,"mine":"x"}`,
  )
  assert.ok(admission.ok)
  assert.deepEqual(admission.record?.key, utf8('arena-1'))
  assert.equal(admission.record?.partition, partitionOf(utf8('arena-1'), 4))
})

test('[D7] a source that can repeat itself writes its name and the row’s number', () => {
  const row = `{"ts":${TS},"stream":"a","collector":"else","n":3}`

  const named = line(intakeWith({ collector: 'tail@edge-2' }), row, 812)
  const unnamed = line(intakeWith(), row, 812)

  assert.match(textOf(named), /"n":812,"collector":"tail@edge-2"/)
  assert.match(textOf(unnamed), /"n":3,"collector":"else"/)
})

const BROKEN = [
  ['{"ts":1795383157516,"stream":', 'json'],
  ['[1]', 'shape'],
  ['{"stream":"a"}', 'ts'],
  ['{"ts":NaN,"stream":"a"}', 'json'],
  ['{"ts":1795383157,"stream":"a"}', 'ts_unit'],
  ['{"ts":-1795383157516,"stream":"a"}', 'ts_range'],
  ['{"ts":9000000000000,"stream":"a"}', 'ts_range'],
  ['{"ts":1795383157516}', 'stream'],
  ['{"ts":1795383157516,"stream":"a","p":0}', 'p'],
] as const

for (const [text, reason] of BROKEN) {
  test(`[F3] the row ${text} is refused for its ${reason}`, () => {
    const intake = intakeWith()

    assert.deepEqual(line(intake, text), { ok: false, reason })
    assert.equal(intake.counts.countByReason.get(reason), 1)
    assert.equal(intake.counts.rejectedCount, 1)
  })
}

test('[F3] bytes that are no UTF-8 and rows too long to keep are refused as bytes', () => {
  const intake = intakeWith()

  const invalid = intake.line(Uint8Array.of(0x7b, 0xff, 0x7d), { position: 'line 1', length: 3 })
  const long = intake.line(undefined, { position: 'line 2', length: 10_000_000 })
  const wide = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`f${i}`, i]))
  const object = intake.row({ ts: TS, stream: 'a', ...wide }, { position: 'row 1' })

  assert.deepEqual([invalid, long, object], Array(3).fill({ ok: false, reason: 'bytes' }))
})

test('[F3] a bad field becomes absent and is counted, the row stays', () => {
  const intake = intakeWith()

  const admission = line(intake, `{"ts":${TS},"stream":"a","retrans":-1,"rtt_ms":"x","cwnd":9}`)

  assert.equal(textOf(admission), `{"v":1,"ts":${TS},"stream":"a","cwnd":9}`)
  assert.deepEqual(Object.fromEntries(intake.counts.countByReason), {
    'negative:retrans': 1,
    'type:rtt_ms': 1,
  })
  assert.equal(intake.counts.rejectedCount, 0)
})

test('a field named __proto__ is an unknown field like any other', () => {
  const admission = line(intakeWith(), `{"__proto__":{"ts":1},"ts":${TS},"stream":"a"}`)

  assert.equal(textOf(admission), `{"v":1,"ts":${TS},"stream":"a"}`)
})

test('the end of a recording is not for a row to say', () => {
  const admission = line(intakeWith(), `{"ts":${TS},"stream":"a","final":${TS}}`)

  assert.equal(textOf(admission), `{"v":1,"ts":${TS},"stream":"a"}`)
})

test('refused rows leave a sample each, at most a hundred a second, the rest is counted', () => {
  const intake = intakeWith()

  for (let i = 0; i < 250; i++) line(intake, 'nonsense', i)
  const records = intake.takeRejected()

  assert.equal(records.length, 100)
  const first: unknown = JSON.parse(utf8Text(records[0]?.value ?? utf8('{}')))
  assert.deepEqual(first, {
    v: 1,
    at: TS,
    source: 'file:access.ndjson',
    position: 'line 0',
    reason: 'json',
    bytes: 8,
    sample: Buffer.from('nonsense').toString('base64'),
  })
  assert.equal(intake.counts.rejectedCount, 250)
  assert.deepEqual(intake.takeRejected(), [])
})

test('samples of refused rows can be switched off', () => {
  const intake = intakeWith({ isSampleKept: false })

  line(intake, 'nonsense 203.0.113.9')

  assert.doesNotMatch(utf8Text(intake.takeRejected()[0]?.value ?? utf8('')), /bm9uc2Vuc2/)
})

test('[S1] a row of a session that is not picked is accepted and leaves no record', () => {
  const intake = intakeWith({ sampling: new SessionSampling({ rate: 0.1, key: 'tenant' }) })

  const taken = Array.from({ length: 1000 }, (_, i) =>
    line(intake, `{"ts":${TS},"stream":"a","session":"s.${i}"}`),
  ).filter((admission) => textOf(admission) !== 'none')

  assert.equal(
    taken.every((admission) => textOf(admission).includes('"p":0.1')),
    true,
  )
  assert.equal(intake.counts.acceptedCount, 1000)
  assert.equal(intake.counts.unsampledCount, 1000 - taken.length)
  assert.equal(taken.length > 50 && taken.length < 150, true)
})

test('[S4] errors and heartbeats are never sampled, nor rows that were sampled before', () => {
  const intake = intakeWith({ sampling: new SessionSampling({ rate: 1e-6, key: 'tenant' }) })
  const rows = [
    `{"ts":${TS},"stream":"a","session":"s","error":"drm"}`,
    `{"ts":${TS},"stream":"-","src":"beat"}`,
    `{"ts":${TS},"stream":"a","session":"s","p":0.5}`,
    `{"ts":${TS},"stream":"a"}`,
  ]

  const texts = rows.map((row) => textOf(line(intake, row)))

  assert.equal(texts.includes('none'), false)
  assert.equal(texts.filter((text) => text.includes('"p":')).length, 1)
})

test('foreign rows are mapped before they are checked', () => {
  const intake = intakeWith({ map: (row) => ({ ts: row['time'], stream: row['channel'] }) })

  const byLine = line(intake, `{"time":${TS},"channel":"a"}`)
  const byRow = intake.row({ time: TS, channel: 'a' }, { position: 'row 1' })

  assert.equal(textOf(byLine), `{"v":1,"ts":${TS},"stream":"a"}`)
  assert.deepEqual(byRow, byLine)
  assert.deepEqual(intake.row('text', { position: 'row 2' }), { ok: false, reason: 'shape' })
})
