import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogGap } from '../../log/log.ts'
import { LogGaps } from './log-gaps.ts'

const AT = 1_795_383_150_000

/** Gaps, what was logged of them, and what was counted. */
function watched() {
  const said: object[] = []
  const counted: [string, number][] = []
  const warn = (facts: object): void => void said.push(facts)
  const logger = { info: () => undefined, error: () => undefined, warn }
  const gaps = new LogGaps(logger, ({ topic, reader, reason }, rows) => {
    counted.push([`${topic} ${reader} ${reason}`, rows])
  })
  return { gaps, said, counted }
}

const expired = (changes: Partial<LogGap> = {}): LogGap => ({
  topic: 'readings',
  partition: 3,
  reason: 'expired',
  from: 10,
  to: 30,
  ...changes,
})

test('[D8] a gap is logged with its offsets and its time, counted, and shown without alarm', () => {
  const { gaps, said, counted } = watched()

  gaps.met('aggregate', expired({ fromMs: AT, toMs: AT + 60_000 }))

  assert.deepEqual(said, [
    {
      reader: 'aggregate',
      topic: 'readings',
      partition: 3,
      reason: 'expired',
      from: 10,
      to: 30,
      rows: 20,
      from_at: '2026-11-22T21:32:30.000Z',
      to_at: '2026-11-22T21:33:30.000Z',
    },
  ])
  assert.deepEqual(counted, [['readings aggregate expired', 20]])
  const name = 'aggregate has a gap in readings/3'
  assert.deepEqual(gaps.checks(), [{ name, isOk: true, detail: '20 rows expired, 10 to 29' }])
})

test('[D8] a reader that begins again where it did tells only what is new of its gap', () => {
  const { gaps, counted } = watched()

  for (const to of [30, 30, 34]) gaps.met('aggregate', expired({ to }))
  gaps.met('evaluate', expired())
  gaps.met('aggregate', expired({ from: 40, to: 41 }))

  const rows = counted.map(([, count]) => count)
  assert.deepEqual(rows, [20, 4, 20, 1])
})

test('[D8] an event time that is no instant hides nothing of the gap', () => {
  const { gaps, counted } = watched()

  gaps.met('aggregate', expired({ fromMs: Number.MAX_SAFE_INTEGER }))

  assert.equal(counted.length, 1)
})

test('[D5] [D8] so many gaps are shown, the newest first; all are counted', () => {
  const { gaps, counted } = watched()

  for (let partition = 0; partition < 50; partition++) gaps.met('r', expired({ partition }))

  assert.equal(counted.length, 50)
  assert.equal(gaps.list.length, 20)
  assert.equal(gaps.list[0]?.gap.partition, 49)
})
