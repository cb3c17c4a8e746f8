import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyChange, ProgressReport, ReportedMap } from './progress-report.ts'

const progress = (onNews = () => {}) => ({
  rows: 0,
  next: new ReportedMap<number>(onNews),
})

test('[R7] totals of threads add up, and a partition is told of by its newest owner', () => {
  const all = { rows: 0, next: new Map<number, number>() }
  const [one, two] = [progress(), progress()]
  const [first, second] = [new ProgressReport(one), new ProgressReport(two)]

  one.rows = 5
  one.next.set(0, 50)
  one.next.set(1, 10)
  applyChange(all, first.take())
  two.rows = 2
  two.next.set(1, 20)
  applyChange(all, second.take())
  one.rows = 6
  one.next.set(0, 60)
  applyChange(all, first.take())

  assert.deepEqual(all, {
    rows: 8,
    next: new Map([
      [0, 60],
      [1, 20],
    ]),
  })
})

test('a fact that is set rings, and what has not changed is not told', () => {
  let rings = 0
  const one = progress(() => rings++)
  const report = new ProgressReport(one)

  one.next.set(3, 1)

  assert.equal(rings, 1)
  assert.deepEqual(report.take(), { rows: 0, next: [[3, 1]] })
  assert.deepEqual(report.take(), { rows: 0, next: [] })
})
