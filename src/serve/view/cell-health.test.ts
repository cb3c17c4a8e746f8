import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cellHealth, type CellFacts } from './cell-health.ts'

const FEEDS = ['live', 'restoring', 'broken'] as const
const SITES = ['up', 'delayed', 'down', 'unknown'] as const
const DATA = ['fresh', 'nodata', 'error', 'ended'] as const
const AGES = ['within', 'over', 'never'] as const
const CONDITIONS = ['inactive', 'pending', 'firing', 'recovering'] as const
const LEVELS = ['info', 'warning', 'critical'] as const
const TRUTHS = [true, false] as const

/** Every combination, one field after the other. */
const everyCase = (): readonly CellFacts[] => {
  const cross = <T, K extends string, V>(list: readonly T[], key: K, values: readonly V[]) =>
    list.flatMap((each) => values.map((value) => ({ ...each, [key]: value }) as T & Record<K, V>))
  const feeds = cross([{}], 'feed', FEEDS)
  const data = cross(cross(feeds, 'site', SITES), 'data', DATA)
  const heard = cross(cross(data, 'complete', TRUTHS), 'age', AGES)
  const judged = cross(cross(heard, 'condition', CONDITIONS), 'level', LEVELS)
  return cross(judged, 'absent', TRUTHS)
}

const KNOWN: CellFacts = {
  feed: 'live',
  site: 'up',
  data: 'fresh',
  complete: true,
  age: 'within',
  condition: 'inactive',
  level: 'info',
  absent: false,
}

test('[U2] a cell is healthy exactly when all of it is known, fresh, complete and inactive', () => {
  let healthy = 0
  let total = 0
  for (const facts of everyCase()) {
    const { state, hatched } = cellHealth(facts)
    const known = { ...KNOWN, level: facts.level, absent: facts.absent }
    const expected = JSON.stringify(facts) === JSON.stringify(known)

    assert.equal(state === 'h', expected, JSON.stringify(facts))
    assert.ok(state !== 'h' || !hatched)
    healthy += state === 'h' ? 1 : 0
    total += 1
  }
  assert.equal(total, 3 * 4 * 4 * 2 * 3 * 4 * 3 * 2)
  assert.equal(healthy, 6)
})

test('[U2] a firing alert shows its level, or “no data” when it is about silence', () => {
  const byLevel = { info: 'i', warning: 'w', critical: 'c' }
  for (const facts of everyCase()) {
    if (facts.condition !== 'firing') continue
    assert.equal(cellHealth(facts).state, facts.absent ? 'n' : byLevel[facts.level])
  }
})

test('[U2] whatever is unknown and no alert is grey and hatched', () => {
  const doubtful = 'dlmoun'
  for (const facts of everyCase()) {
    const { state, hatched } = cellHealth(facts)
    if (facts.condition !== 'inactive' || state === 'h' || state === 'e') continue
    assert.ok(doubtful.includes(state) && hatched, JSON.stringify(facts))
  }
})

test('[U2] the reason shown is the weightiest', () => {
  const cases: readonly (readonly [Partial<CellFacts>, string])[] = [
    [{ feed: 'broken', site: 'down' }, 'o'],
    [{ feed: 'restoring' }, 'o'],
    [{ site: 'down', age: 'over' }, 'd'],
    [{ site: 'unknown' }, 'u'],
    [{ age: 'never' }, 'u'],
    [{ data: 'nodata', age: 'over' }, 'n'],
    [{ data: 'error' }, 'u'],
    [{ site: 'delayed', age: 'over' }, 'l'],
    [{ age: 'over', complete: false }, 'o'],
    [{ complete: false }, 'm'],
    [{ data: 'ended', age: 'over' }, 'e'],
    [{ data: 'ended', feed: 'broken' }, 'o'],
    [{ condition: 'pending' }, 's'],
    [{ condition: 'recovering' }, 'r'],
  ]
  for (const [facts, state] of cases) {
    assert.equal(cellHealth({ ...KNOWN, ...facts }).state, state, JSON.stringify(facts))
  }
})
