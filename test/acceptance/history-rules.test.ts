import assert from 'node:assert/strict'
import test from 'node:test'
import { RulesInForce } from '../../src/evaluate/rules-in-force.ts'
import type { Expression } from '../../src/model/expression.ts'
import type { FactRecord } from '../../src/model/pane.ts'
import { encodeFact } from '../../src/wire/fact-codec.ts'
import { paneKey } from '../../src/wire/pane-codec.ts'
import { above, monitor, rule } from '../rig/monitor.ts'
import { Pipeline } from '../rig/pipeline.ts'

const START = 1_795_383_150_000
const WINDOW = { sizeMs: 1000, hopMs: 1000, latenessMs: 0, emitMs: 0, correctionMs: 60_000 }
const BASE = 'base(sum, 5m)'
const base: Expression = { op: 'base', name: 'sum', spanMs: 300_000 }
/** `sum > 3 * base("sum", "5m")`. */
const tripled: Expression = {
  op: '>',
  left: { op: 'name', name: 'sum' },
  right: { op: '*', left: { op: 'number', value: 3 }, right: base },
}
const high = rule({
  alert: 'Tripled',
  levels: [{ severity: 'warning', when: tripled }],
  annotations: { summary: 'sum {{sum}}, of late {{base("sum", "5m")}}' },
})
const fixed = rule({ alert: 'Fixed', levels: [{ severity: 'critical', when: above('sum', 400) }] })
const asking = monitor({ window: WINDOW, rules: [high, fixed] })

/** A story told by seconds: what the past was, and one row a second. */
class Night {
  readonly pipeline = new Pipeline([asking])
  #second = 0

  fact(number: number | null, given: Partial<FactRecord> = {}): this {
    const at = START + this.#second * 1000
    const said: FactRecord = {
      ...{ v: 1, site: 'history', monitor: 'm', definition: asking.definition, scope: 'all' },
      ...{ group: ['arena-1'], facts: { [BASE]: number }, at, until: at + 60_000 },
      ...given,
    }
    this.pipeline.feed({ key: paneKey('m', said.group), value: encodeFact(said) })
    return this
  }

  /** One window of each of these sums. */
  sums(...sums: readonly number[]): this {
    for (const x of sums) {
      const ts = START + this.#second++ * 1000 + 500
      this.pipeline.push(0, [{ ts, stream: 'arena-1', x }])
      this.pipeline.beat(START + this.#second * 1000)
    }
    return this
  }

  get story(): readonly string[] {
    return this.pipeline.steps.map(({ at, alert, step }) => {
      return `${(at - START) / 1000} ${alert} ${step}`
    })
  }
}

test('[H2] [H7] a rule that asks the past fires by it, and says why', () => {
  const night = new Night().sums(100).fact(100).sums(100, 310)

  assert.deepEqual(night.story, ['3 Tripled firing'])
  const [step] = night.pipeline.steps
  assert.equal(step?.value[BASE], 100)
  assert.equal(step?.value['sum'], 310)
  assert.equal(step?.annotations['summary'], 'sum 310, of late 100')
  const shown = night.pipeline.issued.map(({ values }) => Object.keys(values))
  assert.ok(shown.every((names) => !names.includes(BASE)))
})

test('[H5] [A2] an unknown past opens nothing, and clears nothing', () => {
  const night = new Night().sums(100, 900).fact(100).sums(310)
  assert.deepEqual(night.story, ['2 Fixed firing', '3 Tripled firing', '3 Fixed resolved'])

  night.fact(null).sums(100, 1, 1, 1)
  assert.equal(night.story.length, 3)

  night.fact(100).sums(100)
  assert.equal(night.story.at(-1), '8 Tripled resolved')
})

test('[H5] a past that nobody says any more is unknown by itself', () => {
  const night = new Night()
    .sums(1)
    .fact(100, { until: START + 3000 })
    .sums(100, 310)
  assert.deepEqual(night.story, ['3 Tripled firing'])

  night.sums(100, 100, 310)

  assert.deepEqual(night.story, ['3 Tripled firing'])
})

test('[H6] a fault does not become the norm, and an unknown past is not the last number', () => {
  const night = new Night().sums(1).fact(100).sums(310)
  night.fact(310).sums(310).fact(null).sums(310).fact(310).sums(310, 301)
  assert.deepEqual(night.story, ['2 Tripled firing'])

  night.sums(300)
  assert.deepEqual(night.story.slice(1), ['7 Tripled resolved'])

  // Now that it is over the newest number counts.
  night.fact(250).sums(310, 700, 751)
  assert.deepEqual(night.story.slice(2), ['9 Fixed firing', '10 Tripled firing'])
})

test('[H2] an older answer does not replace a newer one, nor one of other panes', () => {
  const night = new Night().sums(1).fact(100)
  night.fact(1, { at: START }).fact(1, { definition: 'ffffffffffffffff' })
  night
    .fact(1, { scope: 'lyon' })
    .fact(1, { group: ['arena-2'] })
    .fact(1, { monitor: 'x' })

  night.sums(299)

  assert.deepEqual(night.story, [])
  assert.equal(night.pipeline.evaluator.outcomes['fact_unasked'], 4)
})

test('[A1] [H2] the past is the same after a restart at any record', () => {
  const told = new Night().sums(1).fact(100).sums(310).fact(310).sums(310, 301)
  told.fact(null).sums(50).fact(40).sums(50, 310).fact(200).sums(310, 601, 100)
  const { panes } = told.pipeline

  for (let at = 0; at <= panes.length; at++) {
    const pipeline = new Pipeline([asking])
    for (const record of panes.slice(0, at)) pipeline.feed(record)
    const nowhere = { windows: [], steps: [], wall: 0 }
    pipeline.evaluator.settle(nowhere)
    const dump = JSON.parse(JSON.stringify(pipeline.evaluator.dump(at)))
    pipeline.restart(dump, new RulesInForce([asking]))
    for (const record of panes.slice(at)) pipeline.feed(record)

    const ids = pipeline.steps.map(({ id, step, value }) => [id, step, value])
    assert.deepEqual(
      ids,
      told.pipeline.steps.map(({ id, step, value }) => [id, step, value]),
    )
  }
})
