import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { HistoryTerm } from '../model/history-term.ts'
import type { MonitorSpec } from '../model/monitor.ts'
import { historySpec } from './history-spec.ts'
import { asking, HistoryHouse, NIGHT, windowAt } from './history-house.suite.ts'

const base: HistoryTerm = { op: 'base', name: 'retrans', spanMs: 300_000 }
const text = 'base(retrans, 5m)'
const S = 1000

async function house(t: TestContext, monitors: readonly MonitorSpec[] = [asking([base])]) {
  const started = await new HistoryHouse(monitors).start()
  t.after(() => started.stop())
  return started
}

/** Ten minutes of windows whose `retrans` is their number. */
const past = Array.from({ length: 60 }, (_, i) => windowAt(NIGHT + i * 10 * S, { retrans: i }))
const END = NIGHT + 60 * 10 * S

test('[H2] what the past of a living group was is said beside its panes', async (t) => {
  const reader = await house(t)
  await reader.store.upsert({ windows: past })

  await reader.close(windowAt(END, { retrans: 60 }))

  // The windows that ended in the five minutes before this one’s start: 30 to 59.
  const said = { monitor: 'm', definition: '00000000000000aa', scope: 'all', group: ['arena-1'] }
  const times = { at: END, until: END + 150 * S }
  const fact = { v: 1, site: 'history', ...said, facts: { [text]: 44.5 }, ...times }
  assert.deepEqual(await reader.facts(), [fact])
  assert.equal(reader.progress.groups.get(0), 1)
})

test('[H3] a group is asked at first sight, soon again, and then once in each turn', async (t) => {
  const month: HistoryTerm = { op: 'base', name: 'retrans', spanMs: 7 * 86_400 * S }
  const reader = await house(t, [asking([base, month])])

  for (let i = 0; i <= 120; i++) await reader.close(windowAt(END + i * 10 * S, { retrans: 1 }))

  const facts = await reader.facts()
  const askedOf = (term: string) =>
    facts.flatMap(({ at, facts: said }) => (term in said ? [(at - END) / S] : []))
  const [often, seldom] = [askedOf(text), askedOf('base(retrans, 7d)')]
  assert.equal(often[0], 0)
  const gaps = often.slice(1).map((at, i) => at - often[i]!)
  assert.ok(gaps[0]! <= 30, `${gaps[0]} s`)
  assert.deepEqual(gaps.slice(1), gaps.slice(1).fill(30))
  // Twenty minutes have two turns of ten.
  assert.deepEqual(seldom.slice(0, 2), [0, 30])
  assert.equal(seldom.length, 4)
  assert.equal(seldom[3]! - seldom[2]!, 600)
})

test('[H3] groups take their turns at different times', async (t) => {
  const reader = await house(t)
  const streams = Array.from({ length: 40 }, (_, i) => `arena-${i}`)
  const at = (end: number) => streams.map((stream) => windowAt(end, { retrans: 1 }, { stream }))
  await reader.close(...at(END))
  const first = (await reader.facts()).length

  await reader.close(...at(END + 10 * S))

  const asked = (await reader.facts()).length - first
  assert.equal(first, 40)
  assert.ok(asked > 3 && asked < 30, `${asked} of 40`)
})

test('[H5] a store that is down is unknown once, and known again when it is back', async (t) => {
  const reader = await house(t)
  await reader.store.upsert({ windows: past })
  await reader.close(windowAt(END, { retrans: 1 }))

  reader.store.isDown = true
  for (let i = 1; i <= 12; i++) {
    reader.clock.advance(10 * S)
    await reader.close(windowAt(END + i * 10 * S, { retrans: 1 }))
  }
  reader.store.isDown = false
  for (let i = 13; i <= 20; i++) {
    reader.clock.advance(10 * S)
    await reader.close(windowAt(END + i * 10 * S, { retrans: 1 }))
  }

  const said = (await reader.facts()).map(({ facts }) => facts[text])
  assert.equal(said[0], 44.5)
  assert.equal(said.filter((number) => number === null).length, 1)
  assert.equal(said[1], null)
  assert.ok(said.length > 2 && typeof said[2] === 'number')
  assert.ok((reader.progress.failures.get('STORE_UNAVAILABLE') ?? 0) >= 3)
})

test('[H5] a store that does not answer is unknown after ten seconds', async (t) => {
  const reader = await house(t)
  reader.store.isHanging = true
  await reader.close(windowAt(END, { retrans: 1 }))
  assert.deepEqual(await reader.facts(), [])

  reader.clock.advance(10 * S)
  await reader.settle()

  assert.deepEqual(
    (await reader.facts()).map(({ facts }) => facts),
    [{ [text]: null }],
  )
  assert.equal(reader.progress.failures.get('STORE_TIMEOUT'), 1)
})

test('[H5] a store that failed is left alone while what is due then is unknown', async (t) => {
  const reader = await house(t)
  reader.store.isDown = true
  const streams = Array.from({ length: 30 }, (_, i) => `arena-${i}`)

  await reader.close(...streams.map((stream) => windowAt(END, { retrans: 1 }, { stream })))

  assert.equal((await reader.facts()).length, 30)
  assert.ok(reader.store.asked.length <= 8, `${reader.store.asked.length} queries`)
})

test('[D5] at most eight queries are in flight', async (t) => {
  const reader = await house(t)
  reader.store.isHanging = true
  const streams = Array.from({ length: 30 }, (_, i) => `arena-${i}`)

  await reader.close(...streams.map((stream) => windowAt(END, { retrans: 1 }, { stream })))

  assert.equal(reader.store.asked.length, 8)
})

test('[A77] nothing is asked for rules that others judge', async (t) => {
  const monitor = asking([base])
  const reader = await new HistoryHouse([monitor], ['lyon']).start()
  t.after(() => reader.stop())

  const scoped = ['lyon', 'lyon/feed', 'ams', 'all'].map((scope) =>
    windowAt(END, { retrans: 1 }, { scope }),
  )
  await reader.close(...scoped)

  const scopes = (await reader.facts()).map(({ scope }) => scope)
  assert.deepEqual(scopes.sort(), ['all', 'ams'])
})

test('rules that begin to ask are answered without a restart', async (t) => {
  const reader = await house(t, [asking([])])
  await reader.store.upsert({ windows: past })
  await reader.close(windowAt(END, { retrans: 1 }))
  assert.deepEqual(await reader.facts(), [])

  reader.spec.replace(historySpec([asking([base])]))
  await reader.settle()
  await reader.close(windowAt(END + 10 * S, { retrans: 1 }))

  assert.equal((await reader.facts()).length, 1)
})
