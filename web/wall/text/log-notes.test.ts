import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logNotes } from './log-notes.ts'

const spool = { rows: 12_345, bytes: 3_000_000, age_ms: 40_000, refusing: false }

test('[U20] the wall says what waits for brokers, and that copies are missing', () => {
  assert.deepEqual(logNotes({ spool: null, one_copy: null, store: null }), [])
  assert.deepEqual(logNotes({ spool, one_copy: 'one copy of readings/0', store: null }), [
    { label: 'one copy', text: 'readings/0', isDue: true },
    { label: 'spooling', text: '12,345 rows wait, 40 s', isDue: false },
  ])
  assert.deepEqual(
    logNotes({ spool: { ...spool, rows: 1, refusing: true }, one_copy: null, store: null }),
    [{ label: 'spool full', text: '1 row waits, 40 s; new rows are refused', isDue: true }],
  )
})

test('[D6] the wall says that the store is down, since when, and that alerts go on', () => {
  const log = { spool: null, one_copy: null }
  const store = { code: 'STORE_UNAVAILABLE', says: 'the store cannot be reached', age_ms: 40_000 }
  const text = 'the store cannot be reached, 40 s; windows wait in the log, alerts go on'

  assert.deepEqual(logNotes({ ...log, store }), [{ label: 'store down', text, isDue: false }])
  assert.equal(logNotes({ ...log, store: { ...store, age_ms: 60_000 } })[0]?.isDue, true)
  assert.equal(logNotes({ ...log, store: { ...store, code: 'STORE_AUTH_FAILED' } })[0]?.isDue, true)
})
