import assert from 'node:assert/strict'
import { test } from 'node:test'
import { above, monitor, rule } from '../../../test/rig/monitor.ts'
import { MonitorBook } from './monitor-book.ts'

const watched = (name: string) =>
  monitor({
    rules: [
      rule({ alert: 'High', levels: [{ severity: 'critical', when: above(name, 10) }] }),
      rule({ alert: 'Silent', absentAfterMs: 5000 }),
    ],
  })

test('[A75] what the wall asks of monitors is answered by those that were adopted last', () => {
  const book = new MonitorBook([watched('sum')])
  assert.deepEqual(book.judged('m', 'High'), ['sum'])
  assert.deepEqual(book.judged('m', 'Silent'), [])
  assert.equal(book.shown('m'), 'sum')

  book.adopt([watched('max'), { ...monitor(), id: 'other' }])

  assert.deepEqual(book.judged('m', 'High'), ['max'])
  assert.equal(book.shown('m'), 'max')
  assert.deepEqual(
    book.list.map(({ id }) => id),
    ['m', 'other'],
  )
  assert.equal(book.get('gone'), undefined)
})
