import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logNotes } from './log-notes.ts'

const spool = { rows: 12_345, bytes: 3_000_000, age_ms: 40_000, refusing: false }

test('[U20] the wall says what waits for brokers, and that copies are missing', () => {
  assert.deepEqual(logNotes({ spool: null, one_copy: null }), [])
  assert.deepEqual(logNotes({ spool, one_copy: 'one copy of readings/0' }), [
    { label: 'one copy', text: 'readings/0', isDue: true },
    { label: 'spooling', text: '12,345 rows wait, 40 s', isDue: false },
  ])
  assert.deepEqual(logNotes({ spool: { ...spool, rows: 1, refusing: true }, one_copy: null }), [
    { label: 'spool full', text: '1 row waits, 40 s; new rows are refused', isDue: true },
  ])
})
