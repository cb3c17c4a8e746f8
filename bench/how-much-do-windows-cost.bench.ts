// Ten thousand groups, a window of each every second: what folding a second of their rows costs,
// and what its windows cost to make, to write as JSON and to read again.
import assert from 'node:assert/strict'
import { PartitionFold } from '../src/aggregate/partition-fold.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { PartitionEvaluator } from '../src/evaluate/partition-evaluator.ts'
import { RecordReader } from '../src/evaluate/panes/record-reader.ts'
import type { Results } from '../src/evaluate/results.ts'
import { decodeWindow, encodeWindow } from '../src/wire/window-codec.ts'
import { rowColumns } from '../test/rig/row-columns.ts'
import { printFigure } from './figure.ts'
import { NaivePanes, type OttRow } from './naive-panes.ts'
import { workloadLines } from './workload.ts'

const BENCH = 'how-much-do-windows-cost'
const GROUPS = 10_000
const ROWS_PER_SECOND = 10_000
const SECONDS = 45
/** From here on every group has rows in its ten seconds, and the code is warm. */
const WARM_SECONDS = 20

const loaded = loadConfig({ file: 'examples/ott.yaml', env: {} })
assert.ok(loaded.ok)
const { site, skewMs, absentMs, monitors } = loaded.config

const fold = new PartitionFold(
  { site, monitors, partitions: 1, panesPartitions: 1, skewMs, early: false },
  0,
)
const evaluator = new PartitionEvaluator({ monitors, panesPartitions: 1, absentMs, live: false }, 0)
const records = new RecordReader(evaluator.aggregatesOf)
const whole = (bytes: Uint8Array) => ({ bytes, start: 0, length: bytes.length })
const naive = new NaivePanes()
const costs = {
  fold: [],
  panes: [],
  windows: [],
  encode: [],
  decode: [],
  json: [],
  share: [],
} as Record<'fold' | 'panes' | 'windows' | 'encode' | 'decode' | 'json' | 'share', number[]>
const found = new Map<string, Readonly<Record<string, number>>>()
let offset = 0

const lines = [
  ...workloadLines({
    seconds: SECONDS,
    rowsPerSecond: ROWS_PER_SECOND,
    seed: 4,
    streamCount: GROUPS,
  }),
]
for (let second = 0; second < SECONDS; second++) {
  const rows = lines.slice(second * ROWS_PER_SECOND, (second + 1) * ROWS_PER_SECOND)
  for (const row of rows) naive.add(JSON.parse(row) as OttRow)
  const cost = runSecond(rows, second)
  if (second < WARM_SECONDS) continue
  costs.fold.push(cost.fold / rows.length)
  costs.panes.push(cost.panes / cost.paneCount)
  costs.windows.push(cost.windows / cost.windowCount)
  costs.encode.push(cost.encode / cost.windowCount)
  costs.decode.push(cost.decode / cost.windowCount)
  costs.json.push(cost.bytes / cost.windowCount)
  costs.share.push(cost.encode / cost.windowCount / (cost.fold / rows.length))
}
checkWindows()

printFigure(BENCH, { figure: 'fold a row', unit: 'µs', samples: costs.fold })
printFigure(BENCH, { figure: 'emit a pane', unit: 'µs', samples: costs.panes })
printFigure(BENCH, { figure: 'merge and judge a window', unit: 'µs', samples: costs.windows })
printFigure(BENCH, { figure: 'write a window as JSON', unit: 'µs', samples: costs.encode })
printFigure(BENCH, { figure: 'read a window from JSON', unit: 'µs', samples: costs.decode })
printFigure(BENCH, { figure: 'bytes of a window', unit: 'B', samples: costs.json })
printFigure(BENCH, { figure: 'window as JSON ÷ row folded', unit: 'ratio', samples: costs.share })

/** One second of rows all the way; costs in µs. */
function runSecond(rows: readonly string[], second: number) {
  const appendedAt = Date.UTC(2026, 0, 1) + second * 1000
  const columns = rowColumns(
    rows.map((row) => row.trimEnd()),
    { base: offset, appendedAt },
  )
  offset += rows.length
  const folded = timed(() => fold.fold(columns, appendedAt))
  const emitted = timed(() => fold.emit(appendedAt))
  const results: Results = { windows: [], steps: [], wall: appendedAt }
  const evaluated = timed(() => {
    for (const record of emitted.value) {
      const read = records.read(whole(record.key), whole(record.value))
      if (read.kind === 'pane') evaluator.pane({ ...read, offset, appendedAt }, results)
      else if (read.kind === 'watermark') evaluator.watermark(read.watermark, results)
    }
  })
  const encoded = timed(() =>
    results.windows.map(({ window, frame }) => encodeWindow(window, frame)),
  )
  const decoded = timed(() => encoded.value.map((bytes) => decodeWindow(bytes)))
  for (const each of decoded.value) {
    assert.ok(each.ok)
    found.set(`${each.window.group['stream']}|${each.window.end}`, each.window.values)
  }
  return {
    fold: folded.micros,
    panes: emitted.micros,
    paneCount: Math.max(1, emitted.value.length),
    windows: evaluated.micros,
    encode: encoded.micros,
    decode: decoded.micros,
    windowCount: Math.max(1, results.windows.length),
    bytes: encoded.value.reduce((sum, { length }) => sum + length, 0),
  }
}

/** All windows but those that are still open at the end equal the rival's. */
function checkWindows(): void {
  let checked = 0
  for (const { stream, end, count, retrans, rttMax } of naive.windows()) {
    const values = found.get(`${stream}|${end}`)
    if (values === undefined) continue
    assert.deepEqual(values, { count, retrans, rtt_max: rttMax })
    checked++
  }
  assert.equal(checked, found.size)
  assert.ok(checked > (SECONDS - WARM_SECONDS) * GROUPS, 'every group has its windows')
}

function timed<T>(run: () => T): { readonly value: T; readonly micros: number } {
  const startedAt = performance.now()
  const value = run()
  return { value, micros: (performance.now() - startedAt) * 1000 }
}
