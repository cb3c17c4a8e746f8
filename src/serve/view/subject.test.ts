import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alertSubject, subjectKey, windowSubject } from './subject.ts'

test('a window and an alert of one stream in one scope have one cell', () => {
  const window = windowSubject('ams1', { stream: 'arena-1', pop: 'e2' })
  const labels = { alertname: 'X', stream: 'arena-1', pop: 'e2', site: 'ams1', team: 'cdn' }

  assert.equal(subjectKey(window), subjectKey(alertSubject(['stream', 'pop'], labels)))
})

test('a group without a stream is named by its other values, places apart', () => {
  assert.equal(windowSubject('all', { delay: '5', session: 's1' }).stream, '5 · s1')
  assert.equal(windowSubject('ams1', { pop: 'e2' }).stream, '')
  const labels = { alertname: 'X', delay: '5', team: 'cdn' }
  assert.deepEqual(alertSubject(['delay'], labels), { stream: '5', scope: 'all' })
  assert.deepEqual(alertSubject(undefined, { site: 'lyon' }), { stream: '', scope: 'lyon' })
})
