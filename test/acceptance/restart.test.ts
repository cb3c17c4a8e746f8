import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { PartitionFold } from '../../src/aggregate/partition-fold.ts'
import {
  CheckpointReader,
  encodeCheckpoint,
  type Checkpoint,
} from '../../src/evaluate/checkpoint.ts'
import type { Results } from '../../src/evaluate/results.ts'
import { prng } from '../../src/std/prng.ts'
import { decodePanesRecord } from '../../src/wire/pane-codec.ts'
import { above, monitor, rule } from '../rig/monitor.ts'
import { Pipeline, type Row } from '../rig/pipeline.ts'
import { rowColumns } from '../rig/row-columns.ts'

const START = 1_795_383_150_000
const WINDOW = { sizeMs: 3000, hopMs: 1000, latenessMs: 1000, emitMs: 0, correctionMs: 10_000 }
const watched = monitor({
  window: WINDOW,
  rules: [
    rule({
      alert: 'High',
      levels: [{ severity: 'warning', when: above('sum', 150) }],
      forMs: 1000,
      clearForMs: 2000,
    }),
    rule({ alert: 'Silent', absentAfterMs: 4000 }),
  ],
})

/** Streams that come and go, with late rows and stretches of silence. */
function rowsOf(seed: number): readonly Row[] {
  const random = prng(seed)
  return Array.from({ length: 500 }, (_, i) => ({
    ts: START + i * 120 - (random.next() < 0.05 ? random.below(12_000) : 0),
    stream: `s${Math.floor(i / 100 + random.below(2)) % 4}`,
    session: `v${random.below(20)}`,
    x: random.below(60),
  }))
}

const ids = (records: Iterable<{ readonly id: string }>) => [
  ...new Set(Array.from(records, (r) => r.id)),
]

/** A checkpoint as it comes back from the log. */
function stored(checkpoint: Checkpoint): Checkpoint {
  const reader = new CheckpointReader('evaluate/0')
  for (const { key, value } of encodeCheckpoint('evaluate/0', 1, checkpoint))
    reader.take(key, value)
  return reader.found!
}

test('[A74] [A1] steps and windows after a restart are those without it, wherever it falls', () => {
  fc.assert(
    fc.property(fc.integer(), fc.double({ min: 0, max: 1, noNaN: true }), (seed, where) => {
      const whole = new Pipeline([watched])
      for (const row of rowsOf(seed)) whole.push(0, [row])
      whole.beat(START + 90_000)
      const cut = Math.floor(where * (whole.panes.length - 1))

      const first: Results = { windows: [], steps: [], wall: 0 }
      const before = whole.freshEvaluator()
      for (let offset = 0; offset < cut; offset++) whole.evaluate(before, offset, first)
      before.settle(first)
      const checkpoint = stored(before.dump(cut))
      const second: Results = { windows: [], steps: [], wall: 0 }
      const after = whole.freshEvaluator()
      after.load(checkpoint)
      for (let offset = checkpoint.rebuildFrom; offset < whole.panes.length; offset++) {
        whole.evaluate(after, { offset, rebuild: offset < cut }, second)
      }

      const steps = [...first.steps, ...second.steps]
      assert.deepEqual(ids(steps), ids(whole.steps))
      const finals = new Map<string, object>()
      for (const { window } of [...first.windows, ...second.windows]) {
        const { rev, values, complete } = window
        const held = finals.get(window.id) as { rev: number } | undefined
        if (held === undefined || rev > held.rev) finals.set(window.id, { rev, values, complete })
      }
      const expected = [...whole.windows.values()].map(({ id, rev, values, complete }) => [
        id,
        { rev, values, complete },
      ])
      assert.deepEqual(Object.fromEntries(finals), Object.fromEntries(expected))
    }),
    { numRuns: 60 },
  )
})

test('[D3] [D7] rows read again from the position give the panes of an unbroken run', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 499 }), (seed, cut) => {
      // Each row is numbered by its collector, and some are appended twice.
      const random = prng(seed)
      const rows = rowsOf(seed).flatMap((row, n) => {
        const numbered = { ...row, n, collector: 'c@1' }
        return random.next() < 0.1 ? [numbered, numbered] : [numbered]
      })
      const spec = {
        site: 'here',
        monitors: [watched],
        partitions: 1,
        panesPartitions: 1,
        skewMs: 5000,
        early: false,
      }
      const newest = new Map<string, { rev: number; states: string }>()
      const keep = (records: ReturnType<PartitionFold['emit']>) => {
        for (const record of records) {
          const decoded = decodePanesRecord(record)
          if (decoded.kind !== 'pane') continue
          const { pane } = decoded
          const id = JSON.stringify([pane.group, pane.start])
          const held = newest.get(id)
          if (held !== undefined && held.rev >= pane.rev) continue
          newest.set(id, { rev: pane.rev, states: JSON.stringify(pane.states) })
        }
      }
      const feed = (fold: PartitionFold, from: number, to: number) => {
        for (let base = from; base < to; base += 7) {
          const some = rows.slice(base, Math.min(to, base + 7))
          fold.fold(rowColumns(some, { base, appendedAt: 4e12 }), 0)
          keep(fold.emit(0))
        }
      }
      const unbroken = new PartitionFold(spec, 0)
      feed(unbroken, 0, rows.length)
      const expected = new Map(newest)
      newest.clear()

      const killed = new PartitionFold(spec, 0)
      feed(killed, 0, cut)
      const { offset, note } = killed.resumeAt(cut)
      const continued = new PartitionFold(spec, 0)
      continued.restore(note)
      feed(continued, offset, rows.length)

      assert.deepEqual(newest, expected)
    }),
    { numRuns: 60 },
  )
})

test('[A37] an alert whose rule is gone after a restart is resolved, and says why', () => {
  const before = new Pipeline([watched])
  for (const row of rowsOf(11)) before.push(0, [{ ...row, x: 59 }])
  const open = before.steps.filter((step) => step.step === 'firing' && step.alert === 'High')
  const checkpoint = stored(before.evaluator.dump(before.panes.length))
  const [, silent] = watched.rules
  const after = new Pipeline([{ ...watched, rules: [silent!] }])
  const results: Results = { windows: [], steps: [], wall: 0 }

  after.evaluator.load(checkpoint)
  after.evaluator.settle(results)

  assert.ok(open.length > 0)
  for (const { step, reason, alert } of results.steps) {
    assert.deepEqual([alert, step, reason], ['High', 'resolved', 'rule_removed'])
  }
  const ended = new Set(results.steps.map((step) => step.episode))
  const resolved = new Set(
    before.steps.filter((step) => step.step === 'resolved').map((step) => step.episode),
  )
  for (const { episode } of open) assert.equal(ended.has(episode), !resolved.has(episode))
})
