// Three hundred rules over the windows of a thousand streams, as the evaluator of a partition
// judges them; beside it the same conditions given to the expression library's own evaluator. Then
// ten thousand rules, each for one stream, in a process of its own: how much room they take.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { Environment } from '@marcbachmann/cel-js'
import { PartitionEvaluator } from '../src/evaluate/partition-evaluator.ts'
import { RecordReader } from '../src/evaluate/panes/record-reader.ts'
import type { Results } from '../src/evaluate/results.ts'
import { above, monitor, rule } from '../test/rig/monitor.ts'
import { cpuMs } from './cpu-time.ts'
import { printFigure } from './figure.ts'
import { madePane } from './made-panes.ts'

const BENCH = 'how-many-rules-are-judged'
const RULES = 300
const STREAMS = 1000
const WINDOWS = 12
const RUNS = 5
const START = 1_795_383_150_000
const WINDOW = { sizeMs: 1000, hopMs: 1000, latenessMs: 0, emitMs: 0, correctionMs: 2000 }
/** Rules of which one in a hundred is breached by the greatest retransmits below. */
const THRESHOLD = 1000

const spec = monitor({
  window: WINDOW,
  aggregates: [
    { name: 'retrans', kind: 'sum', field: 'retrans', digits: 0 },
    { name: 'rows', kind: 'count', digits: 0 },
  ],
  rules: Array.from({ length: RULES }, (_, i) =>
    rule({
      alert: `High${i}`,
      levels: [{ severity: 'warning', when: above('retrans', THRESHOLD + i) }],
      clearForMs: 5000,
    }),
  ),
})

/** Retransmits of a stream in a second: a hundredth of the rules is breached, and no longer. */
const retransOf = (stream: number, second: number): number =>
  (stream * 31 + second * 17) % 97 === 0 ? THRESHOLD + 3 : (stream * 7 + second) % THRESHOLD

const seconds = Array.from({ length: WINDOWS }, (_, second) =>
  Array.from({ length: STREAMS }, (_, stream) =>
    madePane(
      {
        monitor: spec.id,
        definition: spec.definition,
        group: [`ch${stream}`],
        start: START + second * 1000,
        length: 1000,
        rows: 10,
      },
      spec.aggregates,
      [{ digits: 0, units: retransOf(stream, second) }, { count: 10 }],
    ),
  ),
)
const whole = (bytes: Uint8Array) => ({ bytes, start: 0, length: bytes.length })

function judgeAll() {
  const evaluator = new PartitionEvaluator(
    { monitors: [spec], panesPartitions: 1, absentMs: 30_000, live: false },
    0,
  )
  const records = new RecordReader(evaluator.aggregatesOf)
  let firings = 0
  let windows = 0
  const [startedAt, cpuBefore] = [performance.now(), cpuMs()]
  seconds.forEach((panes, second) => {
    const results: Results = { windows: [], steps: [], wall: START }
    for (const { key, value } of panes) {
      const read = records.read(whole(key), whole(value))
      assert.equal(read.kind, 'pane')
      if (read.kind === 'pane') evaluator.pane({ ...read, offset: 0, appendedAt: START }, results)
    }
    const watermark = START + (second + 1) * 1000
    const said = { v: 1, site: 'ams1', partition: 0, of: 1, rows: 0, late: 0 } as const
    evaluator.watermark({ ...said, skewed: 0, rejected: 0, watermark, at: watermark }, results)
    windows += results.windows.length
    firings += results.steps.filter(({ step }) => step === 'firing').length
  })
  const passed = (performance.now() - startedAt) / 1000
  const cpuMillis = cpuMs() - cpuBefore
  assert.equal(windows, STREAMS * WINDOWS)
  return { perSecond: (windows * RULES) / passed, cpuMillis, firings }
}

/** The library's evaluator, an object a window: nothing but the conditions, and no state. */
function evaluateAll() {
  const environment = new Environment().registerVariable('retrans', 'double')
  const whens = Array.from({ length: RULES }, (_, i) =>
    environment.parse(`retrans > ${THRESHOLD + i}.0`),
  )
  let breaches = 0
  const [startedAt, cpuBefore] = [performance.now(), cpuMs()]
  for (let second = 0; second < WINDOWS; second++) {
    for (let stream = 0; stream < STREAMS; stream++) {
      const values = { retrans: retransOf(stream, second) }
      for (const when of whens) if (when(values) === true) breaches++
    }
  }
  const passed = (performance.now() - startedAt) / 1000
  const cpuMillis = cpuMs() - cpuBefore
  return { perSecond: (WINDOWS * STREAMS * RULES) / passed, cpuMillis, breaches }
}

/** How many rules fire, from the values alone: each breach that does not follow one of its rule. */
function expectedFirings(): { readonly firings: number; readonly breaches: number } {
  let [firings, breaches] = [0, 0]
  for (let stream = 0; stream < STREAMS; stream++) {
    let openSince = -Infinity
    for (let second = 0; second < WINDOWS; second++) {
      if (retransOf(stream, second) <= THRESHOLD) continue
      breaches += 3
      // Open until `clear_for` has passed since the first ok.
      if (second - openSince > 6) firings += 3
      openSince = second
    }
  }
  return { firings, breaches }
}

const ours: number[] = []
const theirs: number[] = []
const ratios: number[] = []
for (let run = 0; run < RUNS; run++) {
  const judged = judgeAll()
  const evaluated = evaluateAll()
  const expected = expectedFirings()
  assert.equal(judged.firings, expected.firings)
  assert.equal(evaluated.breaches, expected.breaches)
  assert.ok(expected.firings > 100)
  ours.push(judged.perSecond)
  theirs.push(evaluated.perSecond)
  ratios.push(evaluated.cpuMillis / judged.cpuMillis)
}
printFigure(BENCH, {
  figure: 'rule evaluations',
  unit: '1/s',
  samples: ours,
  atLeast: 600_000,
})
printFigure(BENCH, { figure: 'conditions alone, by the library', unit: '1/s', samples: theirs })
printFigure(BENCH, { figure: 'judging ÷ the library', unit: 'ratio', samples: ratios })

/** As `bin/nocturne` starts a server, but for the collection before memory is read. */
const SERVER_FLAGS = ['--expose-gc', '--max-semi-space-size=6', '--heap-growing-percent=40']
const cache = mkdtempSync(join(tmpdir(), 'nocturne-compiled-'))
const memory = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072' }
const env = { ...process.env, ...memory, NODE_COMPILE_CACHE: cache }

/** Memory of a process after a collection, bytes; three runs of it. */
function memoryOf(which: 'all' | 'each'): readonly number[] {
  return Array.from({ length: 3 }, () => {
    const words = [...SERVER_FLAGS, 'bench/rules-process.ts', which]
    const child = spawnSync(execPath, words, { encoding: 'utf8', env })
    assert.equal(child.status, 0, child.stderr)
    return (JSON.parse(child.stdout) as { readonly rss: number }).rss
  })
}

printFigure(BENCH, {
  figure: 'all memory of the process ÷ 10,000 rules, each for one stream',
  unit: 'KB',
  samples: memoryOf('each').map((rss) => rss / 10_000 / 1000),
  atMost: 20,
})
printFigure(BENCH, {
  figure: 'all memory of the process, 300 rules over 1,000 streams',
  unit: 'MB',
  samples: memoryOf('all').map((rss) => rss / 1e6),
  atMost: 120,
})
rmSync(cache, { recursive: true })
