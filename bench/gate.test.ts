import assert from 'node:assert/strict'
import test from 'node:test'
import { figureLine, type Figure } from './figure.ts'
import { breachesOf, type Baseline } from './gate.ts'

const BASELINE: Baseline = {
  b: {
    speed: { ratio: 2, better: 'higher', tolerance: 0.25 },
    cost: { ratio: 1, better: 'lower', tolerance: 0.25 },
  },
}

const line = (figure: string, median: number, target: Partial<Figure> = {}) =>
  figureLine('b', { figure, unit: 'ratio', samples: [median], ...target })

test('ratios within their tolerance pass, and so does any time', () => {
  const time = figureLine('b', { figure: 'rows', unit: '1/s', samples: [1], atLeast: 100 })

  assert.deepEqual(breachesOf([line('speed', 1.5), line('cost', 1.25), time], BASELINE), [])
})

test('a ratio beyond its tolerance, its target or its baseline is told', () => {
  const lines = [line('speed', 1.4), line('cost', 3, { atMost: 2 }), line('new', 1)]

  assert.deepEqual(breachesOf(lines, BASELINE), [
    'b: speed is 1.4, and 2 allows 1.50 at worst',
    'b: cost is 3, and must be ≤ 2',
    'b: new has no baseline; write it into bench/baseline.json',
  ])
})

test('a ratio that was not taken is told', () => {
  assert.deepEqual(breachesOf([line('speed', 2)], BASELINE), [
    'b: cost is in the baseline and was not taken',
  ])
})

test('a ratio that was skipped with its reason is neither judged nor missed', () => {
  const skipped = { ...line('cost', NaN, { atMost: 1 }), skipped: 'the rival is not here' }

  assert.deepEqual(breachesOf([line('speed', 2), skipped], BASELINE), [])
})

test('a figure is told by its median and its spread', () => {
  const { median, spread, runs } = line('speed', 0)
  assert.deepEqual([median, runs], [0, 1])
  const three = figureLine('b', { figure: 'x', unit: 's', samples: [4, 1, 2] })
  assert.deepEqual([three.median, three.spread, three.met], [2, 1.5, undefined])
  assert.ok(Number.isNaN(spread))
})
