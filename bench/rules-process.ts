// An evaluator in a process of its own, which prints the memory that it takes:
// node bench/rules-process.ts all     300 rules over each of 1,000 streams
// node bench/rules-process.ts each    10,000 rules, each for one of 10,000 streams
import assert from 'node:assert/strict'
import { PartitionEvaluator } from '../src/evaluate/partition-evaluator.ts'
import { RecordReader } from '../src/evaluate/panes/record-reader.ts'
import type { Results } from '../src/evaluate/results.ts'
import type { MonitorSpec, RuleSpec } from '../src/model/monitor.ts'
import { above, monitor, rule } from '../test/rig/monitor.ts'
import { paneKey } from '../src/wire/pane-codec.ts'
import { madePane } from './made-panes.ts'

const START = 1_795_383_150_000
const WINDOW = { sizeMs: 10_000, hopMs: 1000, latenessMs: 2000, emitMs: 0, correctionMs: 60_000 }
/** All that is ever held: size + lateness + correction, and a little more. */
const SECONDS = 80
const whole = (bytes: Uint8Array) => ({ bytes, start: 0, length: bytes.length })

const watching = (rules: readonly RuleSpec[]): MonitorSpec =>
  monitor({
    window: WINDOW,
    aggregates: [{ name: 'retrans', kind: 'sum', field: 'retrans', digits: 0 }],
    rules,
  })

const forStream = (stream: number): RuleSpec =>
  rule({
    alert: `Stream${stream}`,
    levels: [
      {
        severity: 'critical',
        when: {
          op: '&&',
          left: {
            op: '==',
            left: { op: 'name', name: 'stream' },
            right: { op: 'text', value: `ch${stream}` },
          },
          right: above('retrans', 400 + stream),
        },
      },
    ],
    clearForMs: 30_000,
    annotations: { summary: '{{retrans}} retransmits in 10 s on {{stream}}' },
  })

function valueOf(spec: MonitorSpec, of: { readonly second: number; readonly units: number }) {
  const { value } = madePane(
    {
      monitor: spec.id,
      definition: spec.definition,
      group: [],
      start: START + of.second * 1000,
      length: 1000,
      rows: 10,
    },
    spec.aggregates,
    [{ digits: 0, units: of.units }],
  )
  return whole(value)
}

/** Runs windows of so many streams through an evaluator and answers it. */
function running(spec: MonitorSpec, streams: number): PartitionEvaluator {
  const evaluator = new PartitionEvaluator(
    { monitors: [spec], panesPartitions: 1, absentMs: 30_000, live: false },
    0,
  )
  const records = new RecordReader(evaluator.aggregatesOf)
  const keys = Array.from({ length: streams }, (_, i) => whole(paneKey(spec.id, [`ch${i}`])))
  let [windows, firings] = [0, 0]
  for (let second = 0; second < SECONDS; second++) {
    const results: Results = { windows: [], steps: [], wall: START }
    // All streams alike but for one in a hundred: the memory is to be the evaluator's, not ours.
    const quiet = valueOf(spec, { second, units: 3 })
    const loud = valueOf(spec, { second, units: second === 40 ? 20_000 : 3 })
    for (let stream = 0; stream < streams; stream++) {
      const read = records.read(keys[stream]!, stream % 100 === 0 ? loud : quiet)
      if (read.kind === 'pane') evaluator.pane({ ...read, offset: 0, appendedAt: START }, results)
    }
    const watermark = START + (second + 1) * 1000
    const said = { v: 1, site: 'ams1', partition: 0, of: 1, rows: 0, late: 0 } as const
    evaluator.watermark({ ...said, skewed: 0, rejected: 0, watermark, at: watermark }, results)
    windows += results.windows.length
    firings += results.steps.filter(({ step }) => step === 'firing').length
  }
  assert.ok(windows > streams * (SECONDS - 15))
  assert.ok(firings >= streams / 100)
  return evaluator
}

const isEach = process.argv[2] === 'each'
const rules = isEach
  ? Array.from({ length: 10_000 }, (_, i) => forStream(i))
  : Array.from({ length: 300 }, (_, i) =>
      rule({
        alert: `High${i}`,
        levels: [{ severity: 'warning', when: above('retrans', 400 + i) }],
      }),
    )
const streams = isEach ? 10_000 : 1000
const evaluator = running(watching(rules), streams)
globalThis.gc?.()
process.stdout.write(`${JSON.stringify({ rss: process.memoryUsage().rss })}\n`)
assert.equal(evaluator.groupCount, streams)
