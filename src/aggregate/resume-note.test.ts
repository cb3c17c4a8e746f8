import assert from 'node:assert/strict'
import test from 'node:test'
import { rowColumns } from '../../test/rig/row-columns.ts'
import { PartitionFold } from './partition-fold.ts'
import { decodeResumeNote, encodeResumeNote, toldTo, withTold } from './resume-note.ts'

const TS = 1_795_383_150_000
const SPEC = {
  site: 'here',
  monitors: [],
  partitions: 1,
  panesPartitions: 1,
  skewMs: 5000,
  early: false,
}

test('[D3] a note is read back as it was written, whatever the names', () => {
  const note = {
    watermarks: [
      ['__proto__', TS],
      ['é"\\', TS + 1],
    ],
    numbers: [['meter@1', 7]],
  } as const

  assert.deepEqual(decodeResumeNote(encodeResumeNote(note)), note)
  assert.deepEqual(decodeResumeNote(''), { watermarks: [], numbers: [] })
})

test('[D3] a note says of one fold alone up to where its panes are in the log', () => {
  const note = encodeResumeNote({ watermarks: [['here', TS]], numbers: [] })
  const told = withTold(note, { to: 812, by: 'aa' })

  assert.equal(toldTo(told, 'aa'), 812)
  assert.equal(toldTo(told, 'ab'), 0)
  assert.equal(toldTo(note, 'aa'), 0)
  assert.equal(toldTo('', 'aa'), 0)
  assert.deepEqual(decodeResumeNote(told), decodeResumeNote(note))
})

test('[D5] a note stays within its bound and keeps the collectors heard last', () => {
  const fold = new PartitionFold(SPEC, 0)
  const row = (n: number) => ({ ts: TS, stream: 's', collector: `produce@run-${n}`, n: 1 })
  for (let n = 0; n < 500; n++) {
    fold.fold(rowColumns([row(n)], { base: n, appendedAt: TS }), TS)
  }

  const { note: alone } = fold.resumeAt(500)
  const note = withTold(alone, { to: Number.MAX_SAFE_INTEGER, by: 'f'.repeat(16) })

  assert.ok(Buffer.byteLength(note) <= 4096)
  const { numbers } = decodeResumeNote(note)
  assert.equal(numbers[0]![0], 'produce@run-499')
  assert.ok(numbers.length > 20)
})

test('[D5] sites beyond the bound are refused by name and counted', () => {
  const fold = new PartitionFold(SPEC, 0)
  const rows = Array.from({ length: 1200 }, (_, i) => ({ ts: TS, stream: 's', site: `site-${i}` }))

  const refusals = fold.fold(rowColumns(rows, { base: 0, appendedAt: TS }), TS)

  assert.ok(refusals.length >= 200)
  for (const refusal of refusals)
    assert.equal(refusal.kind === 'rejected' && refusal.reason, 'site')
})
