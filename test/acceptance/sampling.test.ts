import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'node:test'
import { temporaryFolder } from '../rig/cli.ts'
import type { RawRow } from '../rig/recording-oracle.ts'
import { configOf, replayed } from '../rig/replay-run.ts'
import { errorOf, scaledDistinct, scaledSum, stderrOf } from '../rig/sample-oracle.ts'

const rule = 'when: loss > 0.05, clear: loss < 0.02, severity: warning'
const config = configOf({
  text: `
version: 1
site: here
monitors:
  - id: m
    group_by: [stream]
    window: { size: 1s, lateness: 0s }
    aggregates:
      retrans: { sum: retrans }
      segs: { sum: segs_out }
      errors: { count: rows, where: status >= 500 }
      rtt_max: { max: rtt_ms }
      viewers: { distinct: session }
    values:
      loss: retrans / segs
      rtt_each: rtt_max / viewers
    rules:
      - { alert: Proven, ${rule}, bound: lower }
      - { alert: Guessed, ${rule} }
      - { alert: Possible, ${rule}, bound: upper }
`,
})

const START = 1_700_000_000_000
const FEW = 6
const MANY = 200

type Second = { readonly sessions: number; readonly lossMean: number; readonly p?: number }

/** What a second is like: how many sessions were taken, and what they lose of 100 segments. */
const SECONDS: readonly Second[] = [
  { sessions: FEW, lossMean: 0.06, p: 0.1 },
  { sessions: MANY, lossMean: 0.08, p: 0.1 },
  { sessions: FEW, lossMean: 0.015, p: 0.1 },
  { sessions: MANY, lossMean: 0.01, p: 0.1 },
  { sessions: FEW, lossMean: 0.08 },
  { sessions: FEW, lossMean: 0.01 },
]

/** Two rows of each session; every second one loses nothing, and the others lose twice as much. */
const rows: readonly RawRow[] = SECONDS.flatMap(({ sessions, lossMean, p }, second) =>
  Array.from({ length: sessions * 2 }, (_, i) => {
    const session = Math.floor(i / 2)
    return {
      ts: START + second * 1000 + (i % 997),
      stream: 'arena-1',
      session: `s.${second}-${session}`,
      ...(p !== undefined && { p }),
      retrans: session % 2 === 0 ? 0 : lossMean * 200,
      segs_out: 100,
      rtt_ms: 20 + i,
    }
  }),
)

test('[S2] [S5] [S6] a rule with a bound opens and closes once the sample proves it', async (t) => {
  const path = join(await temporaryFolder(t), 'rows.ndjson')
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))

  const { steps, windows } = await replayed(path, config)

  const told = (alert: string) =>
    steps
      .filter((step) => step.alert === alert)
      .map(({ at, step }) => `${(at - START) / 1000} ${step}`)
  assert.deepEqual(told('Guessed'), ['1 firing', '3 resolved', '5 firing', '6 resolved'])
  assert.deepEqual(told('Proven'), ['2 firing', '4 resolved', '5 firing', '6 resolved'])
  assert.deepEqual(told('Possible'), ['1 firing', '4 resolved', '5 firing', '6 resolved'])
  assert.deepEqual(
    windows.map(({ stderr }) => stderr !== undefined),
    SECONDS.map(({ p }) => p !== undefined),
  )
})

test('[S5] [Z18] windows state the errors that a computation from the rows gives', async (t) => {
  const path = join(await temporaryFolder(t), 'rows.ndjson')
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))

  const { windows } = await replayed(path, config, { partitions: 3, batchRows: 7 })

  for (const { start, values, stderr } of windows.slice(0, 4)) {
    const own = rows.filter(({ ts }) => ts >= start && ts < start + 1000)
    const [retransOf, segsOf] = [(row: RawRow) => Number(row['retrans']), () => 100]
    const [retrans, segs] = [scaledSum(own, retransOf), scaledSum(own, segsOf)]
    const viewers = scaledDistinct(own, 'session')
    const moves = errorOf(own, retransOf).map(
      (sum, i) => sum / segs - (retrans * errorOf(own, segsOf)[i]!) / segs ** 2,
    )
    assert.deepEqual([values['retrans'], values['viewers']], [retrans, viewers.value])
    assert.deepEqual(digits(stderr), {
      errors: 0,
      ...digits({
        loss: stderrOf(moves),
        retrans: stderrOf(errorOf(own, retransOf)),
        segs: stderrOf(errorOf(own, segsOf)),
        viewers: viewers.stderr,
      }),
    })
  }
})

/** The same integers give the same roots but for the order in which squares are added. */
const digits = (numbers: Readonly<Record<string, number>> = {}): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [name, Number(value.toPrecision(12))]),
  )
