import assert from 'node:assert/strict'
import test from 'node:test'
import { CheckpointReader, encodeCheckpoint } from '../../src/evaluate/checkpoint.ts'
import { RulesInForce } from '../../src/evaluate/rules-in-force.ts'
import type { MonitorSpec } from '../../src/model/monitor.ts'
import { above, monitor, rule } from '../rig/monitor.ts'
import { Pipeline, type Row } from '../rig/pipeline.ts'
import { rulesCommand } from '../rig/rules-command.ts'

const START = 1_795_383_150_000
const WINDOW = { sizeMs: 2000, hopMs: 1000, latenessMs: 1000, emitMs: 0, correctionMs: 60_000 }

const ruleAbove = (alert: string, value: number) =>
  rule({ alert, levels: [{ severity: 'critical', when: above('sum', value) }] })
const watching = (...rules: readonly ReturnType<typeof rule>[]): MonitorSpec =>
  monitor({ window: WINDOW, rules })

const row = (second: number, x: number): Row => ({
  ts: START + second * 1000 + 500,
  stream: 'arena-1',
  session: 'v1',
  x,
})
const story = (pipeline: Pipeline) =>
  pipeline.steps.map((step) => `${step.alert} ${step.step} ${step.reason}`)

/** A pipeline in which `High` and `Other` fire, judged live. */
function firing(spec: MonitorSpec): Pipeline {
  const pipeline = new Pipeline([spec], { live: true })
  pipeline.clock(START)
  for (let second = 0; second < 6; second++) pipeline.push(0, [row(second, 50)])
  return pipeline
}

function goOn(pipeline: Pipeline, from: number, to: number): void {
  for (let second = from; second < to; second++) pipeline.push(0, [row(second, 50)])
}

test('[A75] a new threshold judges from the next tick on, and untouched rules see no step', () => {
  const pipeline = firing(watching(ruleAbove('High', 60), ruleAbove('Other', 60)))
  const [, other] = [ruleAbove('High', 60), ruleAbove('Other', 60)]
  assert.deepEqual(story(pipeline), ['High firing threshold', 'Other firing threshold'])

  const raised = watching(ruleAbove('High', 500), other)
  pipeline.clock(START + 6000, [rulesCommand('m', raised)])
  assert.equal(pipeline.steps.length, 2)
  goOn(pipeline, 6, 10)

  assert.deepEqual(story(pipeline).slice(2), ['High resolved ok'])
  const lowered = watching(ruleAbove('High', 10), other)
  pipeline.clock(START + 10_000, [rulesCommand('m', lowered)])
  goOn(pipeline, 10, 14)
  assert.deepEqual(story(pipeline).slice(3), ['High firing threshold'])
  const seqs = pipeline.steps.filter(({ alert }) => alert === 'High').map(({ seq }) => seq)
  assert.deepEqual(seqs, [1, 2, 3])
})

test('[A75] [A37] what a removed rule, group or monitor had open is closed, and says why', () => {
  const both = watching(ruleAbove('High', 60), ruleAbove('Other', 60))
  const changes: readonly (readonly [MonitorSpec | null, readonly string[]])[] = [
    [watching(ruleAbove('Other', 60)), ['High']],
    [{ ...both, groupBy: ['session'], definition: '00000000000000bb' }, ['High', 'Other']],
    [null, ['High', 'Other']],
  ]
  for (const [spec, closed] of changes) {
    const pipeline = firing(both)

    pipeline.clock(START + 6000, [rulesCommand('m', spec)])

    const expected = closed.map((alert) => `${alert} resolved rule_removed`)
    assert.deepEqual(story(pipeline).slice(2), expected)
  }
})

test('[A75] alerts of a monitor in another definition stay until its new panes judge them', () => {
  const before = watching(ruleAbove('High', 60))
  const pipeline = firing(before)
  const after = { ...before, definition: '00000000000000bb' }
  // Who folds rows reads them again from its position, so the new panes reach back.
  const anew = new Pipeline([after], { live: true })
  goOn(anew, 0, 12)

  pipeline.clock(START + 6000, [rulesCommand('m', after)])
  assert.equal(pipeline.steps.length, 1)
  for (const record of anew.panes.splice(0)) pipeline.feed(record)

  // Still above: not a step more, the episode goes on.
  assert.equal(pipeline.steps.length, 1)
  for (let second = 12; second < 18; second++) anew.push(0, [row(second, 1)])
  for (const record of anew.panes) pipeline.feed(record)
  assert.deepEqual(story(pipeline), ['High firing threshold', 'High resolved ok'])
})

test('[A75] panes ahead of their monitor wait for it, two clock records at most', () => {
  const spec = watching(ruleAbove('High', 60))
  const early = new Pipeline([spec], { live: true })
  goOn(early, 0, 6)
  const waiting = new Pipeline([], { live: true })
  const forgotten = new Pipeline([], { live: true })
  for (const pipeline of [waiting, forgotten]) {
    pipeline.clock(START)
    for (const record of early.panes) pipeline.feed(record)
  }

  waiting.clock(START + 1000)
  waiting.clock(START + 1050, [rulesCommand('m', spec)])
  forgotten.clock(START + 1000)
  forgotten.clock(START + 2000)
  forgotten.clock(START + 3000, [rulesCommand('m', spec)])

  assert.deepEqual([...waiting.windows.keys()], [...early.windows.keys()])
  assert.deepEqual(story(waiting), ['High firing threshold'])
  assert.equal(forgotten.windows.size, 0)
  assert.ok((forgotten.evaluator.outcomes['definition'] ?? 0) > 0)
})

test('[A75] a monitor of many rules comes in parts and is in force with the last', () => {
  const spec = watching(ruleAbove('High', 60), ruleAbove('Other', 60))
  const whole = rulesCommand('m', spec)
  const parts = spec.rules.map((each, part) => ({ ...whole, part, parts: 2, rules: [each] }))
  const inForce = new RulesInForce([])

  assert.equal(inForce.apply(parts[0]!), false)
  assert.deepEqual(inForce.monitors, [])
  assert.equal(inForce.apply(parts[1]!), true)
  assert.deepEqual(inForce.monitors, [spec])
  assert.equal(inForce.hashOf('m'), whole.hash)
  assert.equal(inForce.apply(whole), false)
  assert.equal(inForce.apply(rulesCommand('m', null)), true)
  assert.deepEqual(inForce.monitors, [])
})

test('[A1] [A74] [A75] a restart between reload and next tick changes no step', () => {
  const before = watching(ruleAbove('High', 60), ruleAbove('Other', 60))
  const after = watching(ruleAbove('High', 500), ruleAbove('New', 60))
  const unbroken = firing(before)
  unbroken.clock(START + 6000, [rulesCommand('m', after)])
  goOn(unbroken, 6, 12)

  const broken = firing(before)
  broken.clock(START + 6000, [rulesCommand('m', after)])
  const checkpoint = broken.evaluator.dump(broken.panes.length)
  const reader = new CheckpointReader('evaluate/0')
  for (const { key, value } of encodeCheckpoint('evaluate/0', 0, checkpoint))
    reader.take(key, value)
  const inForce = new RulesInForce([before])
  inForce.apply(rulesCommand('m', after))
  broken.restart(reader.found!, inForce)
  goOn(broken, 6, 12)

  assert.deepEqual(broken.steps, unbroken.steps)
})
