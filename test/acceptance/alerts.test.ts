import assert from 'node:assert/strict'
import test from 'node:test'
import { above, monitor, rule } from '../rig/monitor.ts'
import { Pipeline, type Row } from '../rig/pipeline.ts'

const START = 1_795_383_150_000
const WINDOW = { sizeMs: 2000, hopMs: 1000, latenessMs: 1000, emitMs: 0, correctionMs: 60_000 }
const high = rule({
  alert: 'High',
  levels: [{ severity: 'critical', when: above('sum', 50) }],
  clearForMs: 2000,
  annotations: { summary: 'sum {{sum}} on {{stream}}' },
})
const silent = rule({ alert: 'Silent', absentAfterMs: 3000 })
const loud = (rules: readonly ReturnType<typeof rule>[], early = false) =>
  monitor({ window: WINDOW, rules: rules.map((each) => ({ ...each, early })) })

const row = (ms: number, x: number, more: object = {}): Row => ({
  ts: START + ms,
  stream: 'arena-1',
  session: 'v1',
  x,
  ...more,
})
const story = (pipeline: Pipeline) =>
  pipeline.steps.map((step) => `${(step.at - START) / 1000} ${step.alert} ${step.step}`)

test('[A19] [A30] [A33] an alert fires, recovers and resolves once, with numbered steps', () => {
  const pipeline = new Pipeline([loud([high])])

  for (let s = 0; s < 12; s++) pipeline.push(0, [row(s * 1000 + 500, s >= 3 && s < 5 ? 90 : 1)])
  pipeline.beat(START + 30_000)

  assert.deepEqual(story(pipeline), ['4 High firing', '7 High recovering', '9 High resolved'])
  const [firing, , resolved] = pipeline.steps
  assert.deepEqual(
    pipeline.steps.map((step) => step.seq),
    [1, 2, 3],
  )
  assert.equal(firing!.annotations.summary, 'sum 91 on arena-1')
  assert.equal(firing!.episode, `${firing!.fingerprint}-${START + 4000}`)
  assert.equal(resolved!.episode, firing!.episode)
})

test('[A18] [A2] silence raises its alert and never resolves another', () => {
  const pipeline = new Pipeline([loud([high, silent])])
  pipeline.push(0, [row(500, 1), row(1500, 90)])

  for (let s = 2; s < 20; s++) pipeline.beat(START + s * 1000)

  assert.deepEqual(story(pipeline), ['2 High firing', '5 Silent nodata', '5 Silent firing'])
})

test('[A39] rows again make a silent stream fresh and resolve its alert', () => {
  const pipeline = new Pipeline([loud([silent])])
  pipeline.push(0, [row(500, 1)])
  for (let s = 2; s < 10; s++) pipeline.beat(START + s * 1000)

  pipeline.push(0, [row(10_500, 1)])
  pipeline.beat(START + 14_000)

  const last = story(pipeline).slice(-2)
  assert.deepEqual(last, ['11 Silent fresh', '11 Silent resolved'])
})

test('[V3] an early result raises from the open window and the closed one adds nothing', () => {
  const pipeline = new Pipeline([loud([high], true)], { live: true })

  pipeline.push(0, [row(100, 1)])
  pipeline.push(0, [row(200, 90)])

  assert.deepEqual(story(pipeline), ['1 High firing'])
  assert.equal(pipeline.steps[0]!.window!.early, true)
  assert.equal(pipeline.steps[0]!.receipt.closed, null)
  pipeline.beat(START + 3000)
  assert.equal(pipeline.steps.length, 1)
})

test('[A15] a row raises in the window it begins, however far other partitions are behind', () => {
  const pipeline = new Pipeline([loud([high], true)], { live: true, partitions: 2 })
  pipeline.push(0, [row(100, 1)])
  pipeline.push(1, [row(150, 1, { stream: 'arena-2' })])

  pipeline.push(0, [row(4000, 90)])

  assert.deepEqual(story(pipeline), ['5 High firing'])
})

test('[A15] [W9] a row ahead of the clock of the log raises nothing before its time', () => {
  const pipeline = new Pipeline([loud([high], true)], { live: true })
  pipeline.appendedAt = START + 200
  pipeline.push(0, [row(100, 1), row(3_600_000, 90)])
  assert.deepEqual(story(pipeline), [])

  pipeline.appendedAt = START + 800
  pipeline.push(0, [row(700, 90)])

  assert.deepEqual(story(pipeline), ['1 High firing'])
})

test('[V2] [A44] a dark site is one alert, its windows are incomplete and nothing clears', () => {
  const both = { ...high, clearForMs: 0 }
  const pipeline = new Pipeline([loud([both])], { live: true })
  const clock = (s: number) => pipeline.clock(START + s * 1000)
  clock(0)
  pipeline.push(0, [row(500, 60, { site: 'a' }), row(500, 60, { site: 'b' })])
  for (let s = 1; s < 5; s++) {
    pipeline.push(0, [row(s * 1000, 60, { site: 'a' }), row(s * 1000, 60, { site: 'b' })])
    clock(s)
  }

  // Site b is heard no more; a goes on with so little that it alone would be ok.
  for (let s = 5; s < 60; s++) {
    pipeline.push(0, [row(s * 1000, 1, { site: 'a' })])
    clock(s)
  }

  const told = pipeline.steps.map((step) => `${step.alert} ${step.step}`)
  assert.deepEqual(told, ['High firing', 'nocturne_site_down firing'])
  const down = pipeline.steps[1]!
  assert.ok(down.at - (START + 4000) <= 35_000)
  assert.equal(down.labels.site, 'b')
  const newest = [...pipeline.windows.values()].at(-1)!
  assert.deepEqual([newest.complete, newest.sources.missing], [false, ['b']])
  assert.equal(newest.values.sum, 2)
})

test('[A7] time in which nobody kept the clock is held against no site', () => {
  const pipeline = new Pipeline([loud([high])], { live: true })
  pipeline.clock(START)
  pipeline.push(0, [row(500, 1, { site: 'a' })])
  pipeline.clock(START + 1000)

  pipeline.clock(START + 300_000, [], 2)

  assert.deepEqual(pipeline.steps, [])
})

test('[A46] [A47] an acknowledgement names its owner and ends with its time', () => {
  const pipeline = new Pipeline([loud([high])], { live: true })
  pipeline.clock(START)
  for (let s = 0; s < 5; s++) pipeline.push(0, [row(s * 1000, 90)])
  const { episode } = pipeline.steps[0]!
  const ack = {
    v: 1,
    id: '0190',
    at: START,
    by: 'op-7',
    kind: 'ack',
    target: episode,
    until: START + 9000,
    comment: 'on it',
  } as const

  pipeline.clock(START + 6000, [ack])
  pipeline.clock(START + 9000)

  const handling = pipeline.steps.filter((step) => step.kind === 'handling')
  assert.deepEqual(
    handling.map(({ step, by, reason }) => [step, by, reason]),
    [
      ['acked', 'op-7', 'by'],
      ['unacked', undefined, 'expired'],
    ],
  )
})

test('[V1] a late row issues its windows again with a higher revision', () => {
  const pipeline = new Pipeline([loud([high])])
  for (let s = 0; s < 8; s++) pipeline.push(0, [row(s * 1000, 1)])
  const before = pipeline.windows.get('all|m|["arena-1"]|' + (START + 2000))!

  pipeline.push(0, [row(1500, 5)])
  pipeline.beat(START + 9000)

  const after = pipeline.windows.get(before.id)!
  assert.ok(after.rev > before.rev && after.corrected && !before.corrected)
  assert.equal(after.values.sum, before.values.sum! + 5)
})

test('[V1] [V2] a window whose older slices are forgotten is not issued again', () => {
  const window = { ...WINDOW, correctionMs: 0 }
  const pipeline = new Pipeline([monitor({ window })], { live: true })
  pipeline.clock(START)
  pipeline.push(0, [row(500, 1, { site: 'a' }), row(500, 1, { site: 'b' })])
  for (let s = 1; s <= 60; s++) {
    pipeline.push(0, [row(s * 1000, 1, { site: 'a' })])
    pipeline.clock(START + s * 1000)
  }

  // Site b was silent and windows went on without it up to 59 s; now it comes back with old rows.
  pipeline.push(
    0,
    [57_500, 57_600, 57_700].map((ms) => row(ms, 1, { site: 'b' })),
  )
  pipeline.beat(START + 61_000, { site: 'b' })

  const rowsOf = (s: number) => pipeline.windows.get(`all|m|["arena-1"]|${START + s * 1000}`)!.rows
  assert.deepEqual([57, 58, 59].map(rowsOf), [2, 2, 5])
})

test('[A50] the same command twice is one command, also after it was taken back', () => {
  const pipeline = new Pipeline([loud([high])], { live: true })
  pipeline.clock(START)
  for (let s = 0; s < 5; s++) pipeline.push(0, [row(s * 1000, 90)])
  const target = pipeline.steps[0]!.episode
  const said = { v: 1, at: START, by: 'op-7', target, until: null, comment: '' } as const

  pipeline.clock(START + 6000, [{ ...said, id: 'a', kind: 'ack' }])
  pipeline.clock(START + 7000, [{ ...said, id: 'b', kind: 'unack' }])
  pipeline.clock(START + 8000, [{ ...said, id: 'a', kind: 'ack' }])

  const handling = pipeline.steps.filter((step) => step.kind === 'handling')
  assert.deepEqual(
    handling.map(({ step }) => step),
    ['acked', 'unacked'],
  )
})

test('[P2] a pane of the same or a lower revision changes no window', () => {
  const pipeline = new Pipeline([loud([high])])
  pipeline.push(0, [row(500, 1), row(700, 1)])
  pipeline.beat(START + 2500)
  pipeline.push(0, [row(800, 1)])
  pipeline.beat(START + 9000)
  const issued = pipeline.issued.length

  for (const record of [...pipeline.panes]) pipeline.feed(record)

  assert.equal(pipeline.issued.length, issued)
})
