// A file of which every second line is broken, beside one of as many lines that are all good.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { printFigure } from './figure.ts'
import { replayOurs } from './replay-process.ts'
import { inTemporaryFolder } from './temporary-folder.ts'
import { workloadLines } from './workload.ts'

const BENCH = 'how-much-do-bad-rows-cost'
const LINES = 400_000
const RUNS = 3

/** Ways to break a good line; the last two leave it standing, with a field less. */
const BREAK: readonly ((line: string) => string | Uint8Array)[] = [
  (line) => line.slice(0, 200),
  (line) => line.replace(/"ts":(\d+)\d{3}/, '"ts":$1'),
  (line) => line.replace('"stream":', '"channel":'),
  (line) => line.replace(/"retrans":\d+/, '"retrans":NaN'),
  (line) => Buffer.from(line.replace('web', '\u00e9eb'), 'latin1'),
  (line) => line.replace(/"rtt_ms":[\d.]+/, '"rtt_ms":"fast"'),
  (line) => line.replace('"seq":', '"__proto__":{"x":1},"seq":'),
]
const REFUSED = 5

await inTemporaryFolder(async (folder) => {
  const [good, bad] = [join(folder, 'good.ndjson'), join(folder, 'bad.ndjson')]
  const lines = [...workloadLines({ seconds: LINES / 10_000, rowsPerSecond: 10_000, seed: 2 })]
  await writeFile(good, lines.join(''))
  let refused = 0
  const broken = lines.map((line, i) => {
    if (i % 2 === 0) return Buffer.from(line)
    const way = ((i - 1) / 2) % BREAK.length
    if (way < REFUSED) refused++
    const made = BREAK[way]!(line.trimEnd())
    return Buffer.concat([Buffer.from(made), Buffer.from('\n')])
  })
  await writeFile(bad, Buffer.concat(broken))
  const seconds: { readonly good: number[]; readonly bad: number[] } = { good: [], bad: [] }
  for (let i = 0; i < RUNS; i++) {
    const clean = await replayOurs(good, 'examples/ott.yaml')
    const dirty = await replayOurs(bad, 'examples/ott.yaml')
    assert.equal(clean.rows, LINES)
    assert.deepEqual([dirty.rows, dirty.rejected], [LINES - refused, refused])
    seconds.good.push(clean.seconds)
    seconds.bad.push(dirty.seconds)
  }

  const ratio = seconds.bad.map((each, i) => each / seconds.good[i]!)
  const lineRate = (each: number) => LINES / each
  const figures = [
    { figure: 'good lines', unit: '1/s', samples: seconds.good.map(lineRate) },
    { figure: 'half broken lines', unit: '1/s', samples: seconds.bad.map(lineRate) },
    { figure: 'time with bad rows ÷ without', unit: 'ratio', samples: ratio, atMost: 2 },
  ]
  for (const figure of figures) printFigure(BENCH, figure)
})
