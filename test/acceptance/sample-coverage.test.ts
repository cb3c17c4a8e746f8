import assert from 'node:assert/strict'
import test from 'node:test'
import { prng, type Prng } from '../../src/std/prng.ts'
import { Pipeline, type Row } from '../rig/pipeline.ts'
import { configOf } from '../rig/replay-run.ts'

const START = 1_700_000_000_000
const TRIALS = 2000
const SESSIONS = 600
const RATE = 0.1
/** The window that has all rows of a trial; halves of them are in its neighbours. */
const JUDGED_MS = 4000

const MEASURES = ['rows', 'bytes', 'viewers', 'bytes_a_row'] as const

/**
 * What the sample says is compared with the truth by rules: one fires where the whole interval lies
 * above it, the other where it lies below. The truth comes as a row that is no sample.
 */
const rulesOf = (name: string): string => `
      - { alert: ${name}_above, when: ${name}_off > 0, bound: lower, gate: true_viewers > 0 }
      - { alert: ${name}_below, when: ${name}_off < 0, bound: upper, gate: true_viewers > 0 }`

const { monitors } = configOf({
  text: `
version: 1
site: here
monitors:
  - id: m
    group_by: [stream]
    window: { size: ${JUDGED_MS}ms, hop: 2s, lateness: 0s }
    aggregates:
      rows: { count: bytes }
      bytes: { sum: bytes }
      viewers: { distinct: session }
      true_rows: { sum: true_rows, resolution: 1 }
      true_bytes: { sum: true_bytes, resolution: 1 }
      true_viewers: { sum: true_viewers, resolution: 1 }
    values:
      rows_off: rows - true_rows
      bytes_off: bytes - true_bytes
      viewers_off: viewers - true_viewers
      bytes_a_row_off: bytes / rows - true_bytes / true_rows
    rules:${MEASURES.map(rulesOf).join('')}
`,
})

/** Sessions of one to four rows, some of them large; those of the sample, and the truth. */
function trialOf(rng: Prng, stream: string): readonly Row[] {
  const taken: Row[] = []
  const truth = { true_rows: 0, true_bytes: 0, true_viewers: SESSIONS }
  for (let i = 0; i < SESSIONS; i++) {
    const isTaken = rng.next() < RATE
    const session = `s.${rng.below(2 ** 32).toString(36)}${i}`
    const size = -50_000 * Math.log(1 - rng.next())
    for (let left = 1 + rng.below(4); left > 0; left--) {
      const bytes = Math.floor(size * (0.5 + rng.next()))
      truth.true_rows++
      truth.true_bytes += bytes
      if (isTaken) taken.push({ ts: tsOf(rng), stream, session, p: RATE, bytes })
    }
  }
  return [...taken, { ts: START + JUDGED_MS - 1, stream, ...truth }]
}

const tsOf = (rng: Prng): number => START + rng.below(JUDGED_MS)

test('[S5] [S6] through panes 95 % intervals hold the truth in 93 to 97 % of windows', () => {
  const rng = prng(1)
  const pipeline = new Pipeline(monitors, { partitions: 2 })

  for (let trial = 0; trial < TRIALS; trial++) {
    pipeline.push(trial % 2, trialOf(rng, `stream-${trial}`))
  }
  pipeline.beat(START + 60_000)

  const judged = pipeline.steps.filter(({ at }) => at === START + JUDGED_MS)
  const missed = (alert: string) => judged.filter((step) => step.alert === alert).length
  for (const name of MEASURES) {
    const [above, below] = [missed(`${name}_above`), missed(`${name}_below`)]
    const held = 1 - (above + below) / TRIALS
    assert.ok(held >= 0.93 && held <= 0.97, `${name}: ${held}`)
    assert.ok(above > 0 && below > 0, `${name}: ${above} above, ${below} below`)
  }
})
